"""
The pages for unsubscribing: the one-click unsubscribe, and what can be done on the page afterwards.

GET and HEAD never change anything for a reader, because mail scanners open every link. The POST
follows RFC 8058: it needs no cookie and no login, responds with 200 instead of a redirect, and can
be repeated with the same result. Whatever its body is, it ends the subscription, unless it has the
fields of a form that only the page after that shows.
"""

from __future__ import annotations

import datetime as dt

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.actions.readers import unsubscribe
from newsletter.app import App
from newsletter.issues.settings.public_lists import PublicList
from newsletter.mail.links import TEST_TOKEN, UNSUBSCRIBE
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import masthead_of
from newsletter.web.public.errors import ErrorPages
from newsletter.web.public.page_values import Form, HiddenField, MessagePage
from newsletter.web.public.settings_values import UnsubscribedPage, UnsubscribePage
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.errors import BadToken, UnknownSubscriber
from subscribers.preferences.leave import REASONS
from subscribers.unsubscribe_view import UnsubscribeView

# For links that were signed here, but whose subscription was lost in a restore.
LOST_SUBSCRIPTION = "lost_subscription"
# The fields that decide what a POST is: of the form to leave, to undo it, and to say why.
FROM, ALL = "from", "all"
UNDO, ABOUT = "undo", "about"
WHY = HiddenField(name=ABOUT, value="why")
# Only the form of the page has it: a one-click unsubscribe may not be redirected.
SHOWN = HiddenField(name="shown", value="yes")


class UnsubscribePages:
    """
    The unsubscribe pages of one App.
    """

    def __init__(
        self, app: App, templates: PageTemplates, errors: ErrorPages, *, writes: WritePool
    ) -> None:
        self.app = app
        self.templates = templates
        self.errors = errors
        self.writes = writes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/u/{token}", self.unsubscribe, methods=["GET", "POST"])]

    async def unsubscribe(self, request: Request) -> Response:
        """
        Show a page with an unsubscribe button; on POST, end the subscription, or undo that, or take
        the reason.
        """
        if request.method == "POST":
            typed = parse_form(await request.body())
            return await self.writes.run(self._page, request, typed)
        return await run_in_threadpool(self._page, request, None)

    def _page(self, request: Request, typed: TypedForm | None) -> Response:
        token = request.path_params["token"]
        if token == TEST_TOKEN:
            return self._test(request)
        number = self.app.links.keys.read(UNSUBSCRIBE, token)
        try:
            return (
                self._show(request, number) if typed is None else self._do(request, number, typed)
            )
        except UnknownSubscriber:
            return self.errors.lost(LOST_SUBSCRIPTION, request)

    def _do(self, request: Request, number: int, typed: TypedForm) -> Response:
        if typed.one(UNDO):
            left_at = self._undo_time(number, typed.one(UNDO))
            if left_at is not None and unsubscribe.undo(self.app, number, left_at=left_at):
                return self._returned(request, number)
            return self._show(request, number)
        if typed.one(ABOUT) == WHY.value:
            said = unsubscribe.give_reason(
                self.app, number, typed.one("reason"), typed.one("words")
            )
            return self._show(request, number, is_answered=said)
        everything = typed.one(FROM) == ALL
        unsubscribe.unsubscribe(self.app, number, everything=everything)
        if typed.one(SHOWN.name) == SHOWN.value:
            _, newsletter = unsubscribe.find_page(self.app, number)
            if newsletter.left_url:
                return RedirectResponse(newsletter.left_url, 303)
        return self._show(request, number, is_all=everything)

    def _show(
        self, request: Request, number: int, *, is_all: bool = False, is_answered: bool = False
    ) -> Response:
        view, newsletter = unsubscribe.find_page(self.app, number)
        if not view.is_ended:
            asked = UnsubscribePage(
                name=view.list_name,
                language=view.language,
                masked_address=view.masked_address,
                form=Form(hidden=(SHOWN,) if newsletter.left_url else ()),
                has_others=view.has_others,
                settings_url=self.app.links.preferences(view.subscriber_id),
            )
            return self._render("readers/unsubscribe.html", request, view, newsletter, asked)
        until = unsubscribe.undo_until(self.app, number)
        undo = HiddenField(name=UNDO, value=self._undo_token(number, view.ended_at))
        left = UnsubscribedPage(
            name=view.list_name,
            language=view.language,
            masked_address=view.masked_address,
            is_all=is_all,
            undo_form=Form(hidden=(undo,)) if until else None,
            undo_until=until,
            reason_form=None if is_answered else Form(hidden=(WHY,)),
            reasons=REASONS,
            is_answered=is_answered,
        )
        return self._render("readers/unsubscribed.html", request, view, newsletter, left)

    def _returned(self, request: Request, number: int) -> Response:
        view, newsletter = unsubscribe.find_page(self.app, number)
        page = MessagePage(
            word="returned",
            name=view.list_name,
            name_language=view.language,
            link_url=self.app.links.preferences(view.subscriber_id),
            link_word="settings",
        )
        return self._render("readers/message.html", request, view, newsletter, page)

    def _render(
        self,
        name: str,
        request: Request,
        view: UnsubscribeView,
        newsletter: PublicList,
        page: object,
    ) -> Response:
        offered = [view.language, self.app.site.language]
        language = self.templates.language(request, offered, reader=view.reader_language)
        return self.templates.page(
            name,
            language=language,
            brand=newsletter.brand,
            masthead=masthead_of(newsletter),
            lands_on=newsletter.left_url,
            page=page,
        )

    def _test(self, request: Request) -> Response:
        language = self.templates.language(request)
        page = MessagePage(word="unsubscribe_test")
        return self.templates.page("readers/message.html", language=language, page=page)

    def _undo_token(self, number: int, left_at: dt.datetime) -> str:
        """
        Return the proof that the page was shown to somebody who left at that time.
        """
        second = int(left_at.timestamp())
        return f"{second}.{self.app.links.keys.sign(_undo_purpose(second), number)}"

    def _undo_time(self, number: int, token: str) -> dt.datetime | None:
        """
        Return the second in which the reader left, as `_undo_token` signed it; None for a token
        that it did not make.
        """
        second, _, signed = token.partition(".")
        if not second.isdecimal() or not second.isascii() or len(second) > 11:
            return None
        try:
            is_theirs = self.app.links.keys.read(_undo_purpose(int(second)), signed) == number
        except BadToken:
            return None
        return dt.datetime.fromtimestamp(int(second), dt.UTC) if is_theirs else None


def _undo_purpose(second: int) -> str:
    return f"undo\0{second}"
