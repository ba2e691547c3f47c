"""
The page where a reader asks for a link to their settings, by mail. Everybody gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.readers import own_requests
from newsletter.app import App
from newsletter.web.client_address import client_of
from newsletter.web.limits.gate import SignupGate, StrangersRequest
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.bad_links import FIND_PATH
from newsletter.web.public.page_values import CheckInboxPage, FindPage, Form, FormError, Inbox
from newsletter.web.public.questions import EMAIL, read_address
from newsletter.web.typed_form import parse_form
from newsletter.web.write_pool import WritePool
from subscribers.requests.model import LIVES, RequestKind
from subscribers.validation.address import Address

DAYS = LIVES[RequestKind.FIND].days


class FindPages:
    """
    The form of one App that asks for a link.
    """

    def __init__(
        self, app: App, templates: PageTemplates, gate: SignupGate, *, writes: WritePool
    ) -> None:
        self.app = app
        self.templates = templates
        self.gate = gate
        self.writes = writes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route(FIND_PATH, self.find, methods=["GET", "POST"])]

    async def find(self, request: Request) -> Response:
        """
        Show the form; on POST, answer, and send the link afterwards if there is somebody to send it
        to. So the time of the answer tells nothing.
        """
        if request.method != "POST":
            return await run_in_threadpool(self._form, request)
        typed = parse_form(await request.body())
        email, errors = typed.one(EMAIL), list[FormError]()
        address = read_address(email, errors)
        if address is None:
            return await run_in_threadpool(self._form, request, email, errors)
        response = await run_in_threadpool(self._check_inbox, request)
        response.background = BackgroundTask(self.writes.run, self._send, request, address)
        return response

    def _send(self, request: Request, address: Address) -> None:
        # The domain does not matter: every reader has a right to the link.
        asked = StrangersRequest(email_key=address.key, client=client_of(request), purpose="find")
        own_requests.find(
            self.app,
            address,
            language=self._language(request),
            admit=lambda connection: self.gate.admit(connection, asked),
        )

    def _form(
        self, request: Request, email: str = "", errors: Sequence[FormError] = ()
    ) -> Response:
        form = Form(action=FIND_PATH, errors=tuple(errors))
        page = FindPage(form=form, email=email, days=DAYS)
        return self.templates.page(
            "readers/find.html", 422 if errors else 200, language=self._language(request), page=page
        )

    def _check_inbox(self, request: Request) -> Response:
        sender = self.app.publishing.default_sender
        page = CheckInboxPage(
            kind=Inbox.FIND,
            sender_name=sender.name,
            sender_address=sender.address,
            days=DAYS,
            again_url=FIND_PATH,
        )
        language = self._language(request)
        return self.templates.page("readers/check-inbox.html", language=language, page=page)

    def _language(self, request: Request) -> str:
        offered = [self.app.site.language, *self.templates.languages]
        return self.templates.language(request, offered)
