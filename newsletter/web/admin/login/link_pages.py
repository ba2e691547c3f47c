"""
The pages behind the links sent to staff: an invitation, a new password, the first owner.

A GET changes nothing, because scanners open every link of an email.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import staff_links
from newsletter.actions.access.login import StartedSession
from newsletter.errors import Refused
from newsletter.model.staff import StaffLinkKind
from newsletter.web.admin.login.login_pages import SECOND
from newsletter.web.admin.new_password import read_new_password
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, StaffPages
from newsletter.web.public.page_values import FormError
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import person_name

ASK_RESET = "/admin/reset"


class StaffLinkPages:
    """
    The pages of one App behind links for staff.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, hashing: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.hashing = hashing

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, hashing = self.staff_routes.page, self.hashing
        return [
            page(
                "/admin/invitation/{token}",
                needs=Needs.NOBODY,
                show=self.show_invitation,
                submit=self.accept_invitation,
                writes=hashing,
            ),
            page(ASK_RESET, needs=Needs.NOBODY, show=self.show_ask, submit=self.ask),
            page(
                "/admin/reset/{token}",
                needs=Needs.NOBODY,
                show=self.show_reset,
                submit=self.reset,
                writes=hashing,
            ),
            page(
                "/admin/setup/{token}",
                needs=Needs.NOBODY,
                show=self.show_setup,
                submit=self.set_up,
                writes=hashing,
            ),
        ]

    def show_invitation(self, asked: StaffRequest) -> Response:
        """
        Ask for a name and a password.
        """
        return self._invitation(asked, StaffLinkKind.INVITATION)

    def accept_invitation(self, asked: StaffRequest) -> Response:
        """
        Accept the invitation and log in.
        """
        return self._accept(asked, StaffLinkKind.INVITATION)

    def show_reset(self, asked: StaffRequest) -> Response:
        """
        Ask for a new password.
        """
        return self._invitation(asked, StaffLinkKind.RESET)

    def reset(self, asked: StaffRequest) -> Response:
        """
        Change the password and log in.
        """
        return self._accept(asked, StaffLinkKind.RESET)

    def _invitation(self, asked: StaffRequest, kind: StaffLinkKind, *errors: FormError) -> Response:
        works, member = staff_links.find_link(self.app, kind, asked.request.path_params["token"])
        if not works or member is None:
            return self.pages.message(asked.request, "link_over", 410)
        name = asked.typed.one("name") or member.name
        return self.pages.page(
            asked.request,
            "link.html",
            errors=errors,
            typed={"name": name, "email": member.email},
            kind=kind.value,
        )

    def _accept(self, asked: StaffRequest, kind: StaffLinkKind) -> Response:
        request, token = asked.request, asked.request.path_params["token"]
        works, member = staff_links.find_link(self.app, kind, token)
        if not works or member is None:
            return self.pages.message(request, "link_over", 410)
        errors: list[FormError] = []
        password = read_new_password(asked.typed, errors, own_words=self._own_words(member.email))
        name = _read_name(asked, errors)
        if errors:
            return self._invitation(asked, kind, *errors)
        began = staff_links.accept(
            self.app, kind, token, password, name=name, browser=self.pages.browser(request)
        )
        return self._enter(asked, began)

    def _enter(self, asked: StaffRequest, began: StartedSession | None) -> Response:
        if began is None:
            return self.pages.message(asked.request, "link_over", 410)
        return self.pages.enter(began.cookie, HOME if began.is_open else SECOND)

    def _own_words(self, email: str) -> list[str]:
        return [email, self.app.site.name]

    def show_ask(self, asked: StaffRequest) -> Response:
        """
        Ask for the address to send a link to.
        """
        return self.pages.page(asked.request, "reset.html")

    def ask(self, asked: StaffRequest) -> Response:
        """
        Answer, and send the link afterwards if there is somebody to send it to, so that neither the
        answer nor its time shows whether there is.
        """
        request, email = asked.request, asked.typed.one("email")
        try:
            address = parse_address(email)
        except InvalidAddress:
            error = FormError(name="email", word="email_invalid")
            return self.pages.page(request, "reset.html", errors=[error], typed={"email": email})
        response = self.pages.message(request, "reset_sent")
        network = self.pages.network(request)
        response.background = BackgroundTask(
            self.staff_routes.writes.run, staff_links.ask_reset, self.app, address, network=network
        )
        return response

    def show_setup(self, asked: StaffRequest) -> Response:
        """
        Ask for the address, name and password of the first owner.
        """
        return self._setup(asked)

    def set_up(self, asked: StaffRequest) -> Response:
        """
        Make the first owner and log in.
        """
        request, typed = asked.request, asked.typed
        errors: list[FormError] = []
        address = _read_address(asked, errors)
        name = _read_name(asked, errors)
        own_words = self._own_words(typed.one("email"))
        password = read_new_password(typed, errors, own_words=own_words)
        if errors or address is None:
            return self._setup(asked, *errors)
        try:
            began = staff_links.make_owner(
                self.app,
                request.path_params["token"],
                address,
                password,
                name=name,
                language=self.pages.language(request),
                browser=self.pages.browser(request),
            )
        except Refused:
            began = None
        return self._enter(asked, began)

    def _setup(self, asked: StaffRequest, *errors: FormError) -> Response:
        token = asked.request.path_params["token"]
        works, _ = staff_links.find_link(self.app, StaffLinkKind.SETUP, token)
        if not works:
            return self.pages.message(asked.request, "link_over", 410)
        typed = {name: asked.typed.one(name) for name in ("name", "email")}
        return self.pages.page(asked.request, "link.html", errors=errors, typed=typed, kind="setup")


def _read_name(asked: StaffRequest, errors: list[FormError]) -> str:
    try:
        return person_name(asked.typed.one("name"))
    except InvalidText:
        errors.append(FormError(name="name", word="name_invalid"))
        return ""


def _read_address(asked: StaffRequest, errors: list[FormError]) -> Address | None:
    try:
        return parse_address(asked.typed.one("email"))
    except InvalidAddress:
        errors.append(FormError(name="email", word="email_invalid"))
        return None
