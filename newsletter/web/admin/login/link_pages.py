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
from newsletter.web.admin.field_errors import invalid_email, invalid_name
from newsletter.web.admin.login.login_pages import SECOND
from newsletter.web.admin.new_password import read_new_password
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, FieldError, StaffPages
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

    def show_invitation(self, staff_request: StaffRequest) -> Response:
        """
        Ask for a name and a password.
        """
        return self._invitation(staff_request, StaffLinkKind.INVITATION)

    def accept_invitation(self, staff_request: StaffRequest) -> Response:
        """
        Accept the invitation and log in.
        """
        return self._accept(staff_request, StaffLinkKind.INVITATION)

    def show_reset(self, staff_request: StaffRequest) -> Response:
        """
        Ask for a new password.
        """
        return self._invitation(staff_request, StaffLinkKind.RESET)

    def reset(self, staff_request: StaffRequest) -> Response:
        """
        Change the password and log in.
        """
        return self._accept(staff_request, StaffLinkKind.RESET)

    def _invitation(
        self, staff_request: StaffRequest, kind: StaffLinkKind, *errors: FieldError
    ) -> Response:
        works, member = staff_links.find_link(
            self.app, kind, staff_request.request.path_params["token"]
        )
        if not works or member is None:
            return self._over(staff_request)
        name = staff_request.typed.one("name") or member.name
        return self.pages.page(
            staff_request.request,
            "login/link.html",
            errors=errors,
            typed={"name": name, "email": member.email},
            kind=kind.value,
        )

    def _accept(self, staff_request: StaffRequest, kind: StaffLinkKind) -> Response:
        request, token = staff_request.request, staff_request.request.path_params["token"]
        works, member = staff_links.find_link(self.app, kind, token)
        if not works or member is None:
            return self._over(staff_request)
        errors: list[FieldError] = []
        password = read_new_password(staff_request, errors, own_words=self._own_words(member.email))
        name = _read_name(staff_request, errors)
        if errors:
            return self._invitation(staff_request, kind, *errors)
        began = staff_links.accept(
            self.app,
            kind,
            token,
            password,
            name=name,
            timezone=staff_request.typed.one("timezone"),
            browser=self.pages.browser(request),
        )
        return self._enter(staff_request, began)

    def _enter(self, staff_request: StaffRequest, began: StartedSession | None) -> Response:
        if began is None:
            return self._over(staff_request)
        path = HOME if began.is_open else SECOND
        return self.pages.enter(began.cookie, path, known_browser=began.known_browser)

    def _over(self, staff_request: StaffRequest) -> Response:
        _ = staff_request.words.gettext
        return self.pages.message(
            staff_request.request,
            _("This link no longer works"),
            _(
                "It was already used, was replaced by a newer one, or has expired. Ask for a new "
                "one."
            ),
            410,
        )

    def _own_words(self, email: str) -> list[str]:
        return [email, self.app.site.name]

    def show_ask(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the address to send a link to.
        """
        return self.pages.page(staff_request.request, "login/reset.html")

    def ask(self, staff_request: StaffRequest) -> Response:
        """
        Answer, and send the link afterwards if there is somebody to send it to, so that neither the
        answer nor its time shows whether there is.
        """
        request, email = staff_request.request, staff_request.typed.one("email")
        try:
            address = parse_address(email)
        except InvalidAddress:
            error = invalid_email(staff_request)
            return self.pages.page(
                request, "login/reset.html", errors=[error], typed={"email": email}
            )
        _ = staff_request.words.gettext
        response = self.pages.message(
            request,
            _("Check your inbox"),
            _(
                "If this address belongs to a member of staff, an email with a link is on its "
                "way. The link works for 30 minutes."
            ),
        )
        response.background = BackgroundTask(
            self.staff_routes.writes.run,
            staff_links.ask_reset,
            self.app,
            address,
            network=self.pages.network(request),
            browser=self.pages.browser(request),
        )
        return response

    def show_setup(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the address, name and password of the first owner.
        """
        return self._setup(staff_request)

    def set_up(self, staff_request: StaffRequest) -> Response:
        """
        Make the first owner and log in.
        """
        request, typed = staff_request.request, staff_request.typed
        errors: list[FieldError] = []
        address = _read_address(staff_request, errors)
        name = _read_name(staff_request, errors)
        own_words = self._own_words(typed.one("email"))
        password = read_new_password(staff_request, errors, own_words=own_words)
        if errors or address is None:
            return self._setup(staff_request, *errors)
        try:
            began = staff_links.make_owner(
                self.app,
                request.path_params["token"],
                address,
                password,
                name=name,
                language=staff_request.words.language,
                timezone=typed.one("timezone"),
                browser=self.pages.browser(request),
            )
        except Refused:
            began = None
        return self._enter(staff_request, began)

    def _setup(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        token = staff_request.request.path_params["token"]
        works, _ = staff_links.find_link(self.app, StaffLinkKind.SETUP, token)
        if not works:
            return self._over(staff_request)
        typed = {name: staff_request.typed.one(name) for name in ("name", "email")}
        return self.pages.page(
            staff_request.request, "login/link.html", errors=errors, typed=typed, kind="setup"
        )


def _read_name(staff_request: StaffRequest, errors: list[FieldError]) -> str:
    try:
        return person_name(staff_request.typed.one("name"))
    except InvalidText:
        errors.append(invalid_name(staff_request))
        return ""


def _read_address(staff_request: StaffRequest, errors: list[FieldError]) -> Address | None:
    try:
        return parse_address(staff_request.typed.one("email"))
    except InvalidAddress:
        errors.append(invalid_email(staff_request))
        return None
