"""
The pages behind the links that confirm a new address and an erasure: one button each.

GET and HEAD change nothing, and neither does a POST without the field that only the page has.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.readers import own_requests
from newsletter.actions.readers.own_requests import ClosedLink, OpenRequest
from newsletter.app import App
from newsletter.mail.links import request_purpose
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.bad_links import BadLinks
from newsletter.web.public.page_values import (
    Form,
    FormError,
    HiddenField,
    LinkProblem,
    MessagePage,
)
from newsletter.web.public.settings_values import ErasePage, NewAddressPage
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.requests.model import RequestKind
from subscribers.unsubscribe_view import masked

ANSWER = HiddenField(name="answer", value="yes")
SURE = "sure"


class OwnRequestPages:
    """
    The pages of one App.
    """

    def __init__(self, app: App, templates: PageTemplates, *, writes: WritePool) -> None:
        self.app = app
        self.templates = templates
        self.writes = writes
        self.bad_links = BadLinks(app, templates)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/p/address/{token}", self.address, methods=["GET", "POST"]),
            Route("/p/erase/{token}", self.erase, methods=["GET", "POST"]),
        ]

    async def address(self, request: Request) -> Response:
        """
        Show the button that moves everything to the new address; if it was pressed, do that.
        """
        if request.method == "POST":
            typed = parse_form(await request.body())
            return await self.writes.run(self._address, request, typed)
        return await run_in_threadpool(self._address, request, TypedForm())

    async def erase(self, request: Request) -> Response:
        """
        Show the button that deletes everything; if it was pressed, do that.
        """
        if request.method == "POST":
            typed = parse_form(await request.body())
            return await self.writes.run(self._erase, request, typed)
        return await run_in_threadpool(self._erase, request, TypedForm())

    def _address(self, request: Request, typed: TypedForm) -> Response:
        found = self._find(request, RequestKind.ADDRESS)
        if isinstance(found, ClosedLink):
            if found.is_done:
                return self._message(request, "address_changed")
            return self._closed(request, found)
        if typed.one(ANSWER.name) == ANSWER.value:
            is_theirs = own_requests.confirm_address(self.app, found.request.id)
            word = "address_changed" if is_theirs else "address_taken"
            return self._message(request, word, language=found.request.language)
        page = NewAddressPage(
            old_address=masked(found.address.email),
            new_address=found.new_address.email,
            form=Form(action=request.url.path, hidden=(ANSWER,)),
        )
        language = self.templates.language(request, reader=found.request.language)
        return self.templates.page("readers/new-address.html", language=language, page=page)

    def _erase(self, request: Request, typed: TypedForm) -> Response:
        found = self._find(request, RequestKind.ERASURE)
        if isinstance(found, ClosedLink):
            return self._closed(request, found)
        is_pressed = typed.one(ANSWER.name) == ANSWER.value
        if is_pressed and typed.one(SURE):
            own_requests.confirm_erasure(self.app, found.request.id)
            return self._message(request, "erased", language=found.request.language)
        errors = (FormError(name=SURE, word="erase_sure_error"),) if is_pressed else ()
        page = ErasePage(
            masked_address=masked(found.address.email),
            form=Form(action=request.url.path, hidden=(ANSWER,), errors=errors),
        )
        language = self.templates.language(request, reader=found.request.language)
        status_code = 422 if errors else 200
        return self.templates.page("readers/erase.html", status_code, language=language, page=page)

    def _find(self, request: Request, kind: RequestKind) -> OpenRequest | ClosedLink:
        number, _ = self.app.links.read(request_purpose(kind), request.path_params["token"])
        return own_requests.find_request(self.app, kind, number)

    def _closed(self, request: Request, found: ClosedLink) -> Response:
        reason = LinkProblem.USED if found.is_done else LinkProblem.EXPIRED
        return self.bad_links.page(request, LinkProblem.GONE if found.is_gone else reason)

    def _message(self, request: Request, word: str, *, language: str | None = None) -> Response:
        page = MessagePage(word=word, link_url="/", link_word="all_newsletters")
        shown = self.templates.language(request, reader=language)
        return self.templates.page("readers/message.html", language=shown, page=page)
