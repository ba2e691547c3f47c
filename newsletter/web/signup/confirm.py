"""
The page behind the link of a confirmation: one button, which confirms.

A scanner may open the link, and post to it. So neither confirms: only the form of the page has the
field that does, unless every list of the request confirms on opening. Then a browser that shows the
page to a person is enough; HEAD, a look ahead and a program that names itself are not. Nobody can
tell a scanner that drives a whole browser from a person, which is the risk that such a list takes.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.actions.readers.signup import Confirmation, confirm, find_confirmation
from newsletter.app import App
from newsletter.mail.links import request_purpose
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import card_of, masthead_of
from newsletter.web.public.page_values import (
    BadLinkPage,
    ConfirmedPage,
    ConfirmPage,
    Form,
    HiddenField,
    LinkProblem,
    MessagePage,
)
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.errors import BadToken
from subscribers.requests.model import RequestKind
from subscribers.signup.model import ConfirmState

ANSWER = HiddenField(name="confirm", value="yes")
_PURPOSE = request_purpose(RequestKind.JOIN)


class ConfirmPages:
    """
    The confirmation page of one App.
    """

    def __init__(self, app: App, templates: PageTemplates, *, writes: WritePool) -> None:
        self.app = app
        self.templates = templates
        self.writes = writes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/c/{token}", self.confirm, methods=["GET", "POST"])]

    async def confirm(self, request: Request) -> Response:
        """
        Show the button; if it was pressed, confirm.
        """
        typed = parse_form(await request.body()) if request.method == "POST" else TypedForm()
        try:
            number, _ = self.app.links.read(_PURPOSE, request.path_params["token"])
        except BadToken:
            return self._bad_link(request, LinkProblem.DAMAGED, 404)
        found = await run_in_threadpool(find_confirmation, self.app, number)
        if found is None:
            return self._bad_link(request, LinkProblem.EXPIRED, 410)
        if found.is_done:
            return self._done(request, found)
        if typed.one(ANSWER.name) == ANSWER.value or _confirms_on_open(request, found):
            return await self.writes.run(self._confirm, request, number, found)
        return self._button(request, found)

    def _confirm(self, request: Request, number: int, found: Confirmation) -> Response:
        done = confirm(self.app, number)
        if done.state is ConfirmState.HELD:
            page = MessagePage(word="confirm_held")
            return self._page("readers/message.html", request, found, page, status_code=409)
        now = find_confirmation(self.app, number)
        if now is None:
            return self._bad_link(request, LinkProblem.EXPIRED, 410)
        if address := landing_page(found):
            return RedirectResponse(address, 303)
        return self._done(request, replace(now, is_on=found.is_on))

    def _button(self, request: Request, found: Confirmation) -> Response:
        page = ConfirmPage(
            newsletters=tuple(card_of(each) for each in found.newsletters),
            masked_address=found.masked_address,
            form=Form(action=request.url.path, hidden=(ANSWER,)),
            is_on=found.is_on,
        )
        return self._page("readers/confirm.html", request, found, page)

    def _done(self, request: Request, found: Confirmation) -> Response:
        """
        Show what the person gets now. Somebody who has left since has to ask again.
        """
        if not found.newsletters:
            return self._bad_link(request, LinkProblem.USED, 410)
        page = ConfirmedPage(
            newsletters=tuple(card_of(each) for each in found.newsletters),
            sender_address=found.sender_address,
            settings_url=self.app.links.preferences(found.subscriber_id),
            is_on=found.is_on,
        )
        return self._page("readers/confirmed.html", request, found, page)

    def _bad_link(self, request: Request, reason: LinkProblem, status_code: int) -> Response:
        language = self.templates.language(request)
        page = BadLinkPage(reason=reason, join_url="/")
        return self.templates.page(
            "readers/bad-link.html", status_code, language=language, page=page
        )

    def _page(
        self,
        name: str,
        request: Request,
        found: Confirmation,
        page: object,
        *,
        status_code: int = 200,
    ) -> Response:
        own = found.newsletters[0] if len(found.newsletters) == 1 else None
        offered = [own.language] if own else []
        language = self.templates.language(request, offered, reader=found.language)
        return self.templates.page(
            name,
            status_code,
            language=language,
            brand=own.brand if own else None,
            masthead=masthead_of(own) if own else None,
            lands_on=landing_page(found),
            page=page,
        )


def landing_page(found: Confirmation) -> str:
    """
    Return the address of the page that somebody who signed up lands on; empty if it is ours.
    """
    is_theirs = len(found.newsletters) == 1 and not found.is_asked
    return found.newsletters[0].confirmed_url if is_theirs else ""


def _confirms_on_open(request: Request, found: Confirmation) -> bool:
    """
    Return True if opening the page is enough: the person signed up, every list of the request wants
    it so, and a browser says that it shows the page to a person (Fetch Metadata, W3C).
    """
    if request.method != "GET" or not found.newsletters or found.is_asked:
        return False
    headers = request.headers
    is_shown = (
        headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    )
    looks_ahead = "prefetch" in headers.get("sec-purpose", "") + headers.get("purpose", "")
    return is_shown and not looks_ahead and all(each.confirms_on_open for each in found.newsletters)
