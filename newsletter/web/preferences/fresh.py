"""
What a reader can do only with a fresh link: see their data, change their address, be erased.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.actions.readers import own_requests
from newsletter.app import App
from newsletter.web.client_address import client_of
from newsletter.web.limits.gate import SignupGate, StrangersRequest
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preferences.own_data import data_sections
from newsletter.web.preferences.visits import ShownForm, Visit, Visits
from newsletter.web.public.page_values import CheckInboxPage, Form, FormError, Inbox
from newsletter.web.public.questions import EMAIL, read_address
from newsletter.web.public.settings_values import DataPage
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.requests.model import LIVES, RequestKind
from subscribers.validation.address import parse_address


class FreshPages:
    """
    The pages of one App that a fresh link leads to.
    """

    def __init__(
        self, app: App, templates: PageTemplates, gate: SignupGate, *, writes: WritePool
    ) -> None:
        self.app = app
        self.templates = templates
        self.gate = gate
        self.writes = writes
        self.visits = Visits(app, templates)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/p/find/{token}/data", self.data),
            Route("/p/find/{token}/data.json", self.data),
            Route("/p/find/{token}/address", self.address, methods=["POST"]),
            Route("/p/find/{token}/erase", self.erase, methods=["POST"]),
        ]

    async def data(self, request: Request) -> Response:
        """
        Show everything that is stored about the reader, as a page or as a file.
        """
        return await run_in_threadpool(self._data, request)

    async def address(self, request: Request) -> Response:
        """
        Ask at another address whether it should be the reader's.
        """
        typed = parse_form(await request.body())
        return await self.writes.run(self._address, request, typed)

    async def erase(self, request: Request) -> Response:
        """
        Send the link by which the reader can be erased.
        """
        return await self.writes.run(self._erase, request)

    def _data(self, request: Request) -> Response:
        visit = self.visits.by_fresh_link(request)
        if isinstance(visit, Response):
            return visit
        data = own_requests.own_data(self.app, parse_address(visit.address))
        if request.url.path.endswith(".json"):
            headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
            return JSONResponse(data, headers=headers)
        page = DataPage(
            address=visit.address,
            sections=data_sections(data, visit.found, visit.language),
            json_url=f"{visit.path}/data.json",
            back_url=visit.path,
        )
        return self.templates.page("readers/data.html", language=visit.language, page=page)

    def _address(self, request: Request, typed: TypedForm) -> Response:
        visit = self.visits.by_fresh_link(request)
        if isinstance(visit, Response):
            return visit
        errors: list[FormError] = []
        text = typed.one(EMAIL)
        new = read_address(text, errors)
        if new is None:
            wrong = Form(action=f"{visit.path}/address", errors=tuple(errors))
            form = ShownForm(address_form=wrong, new_address=text)
            return self.visits.page(visit, form, status_code=422)
        asked = StrangersRequest(
            email_key=new.key,
            client=client_of(request),
            warnings=() if self.gate.is_slow else self.gate.warnings(new.key),
            purpose="address",
        )
        own_requests.ask_for_address(
            self.app,
            visit.found.person.id,
            new,
            language=visit.language,
            admit=lambda connection: self.gate.admit(connection, asked),
        )
        return self._check_inbox(visit, Inbox.ADDRESS)

    def _erase(self, request: Request) -> Response:
        visit = self.visits.by_fresh_link(request)
        if isinstance(visit, Response):
            return visit
        asked = StrangersRequest(
            email_key=parse_address(visit.address).key, client=client_of(request), purpose="erasure"
        )
        own_requests.ask_for_erasure(
            self.app,
            visit.found.person.id,
            language=visit.language,
            admit=lambda connection: self.gate.admit(connection, asked),
        )
        return self._check_inbox(visit, Inbox.ERASURE)

    def _check_inbox(self, visit: Visit, kind: Inbox) -> Response:
        sender = self.app.publishing.default_sender
        page = CheckInboxPage(
            kind=kind,
            sender_name=sender.name,
            sender_address=sender.address,
            days=LIVES[RequestKind.ERASURE].days,
        )
        return self.templates.page("readers/check-inbox.html", language=visit.language, page=page)
