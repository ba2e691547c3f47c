"""
The pages by which staff log in and out, and prove again who they are.
"""

from __future__ import annotations

import datetime as dt
import math
import re

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import login, passkeys, staff_links
from newsletter.actions.access.login import LoginDelay, StartedSession
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.field_errors import wrong_code, wrong_passkey
from newsletter.web.admin.routes import CONFIRM, Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, LOGIN, FieldError, StaffPages
from newsletter.web.write_pool import WritePool

SECOND = "/admin/login/second"
# The pages that ask for the password again. A form below one of them leads back to it.
_ELEVATED = re.compile(
    r"/admin/(?:account/(?:password|totp|codes|passkeys)|staff/(?:invite|[0-9]{1,18})|tokens/new"
    r"|webhooks/(?:new|[0-9]{1,18}))"
)


class LoginPages:
    """
    The log-in of one App. *hashing* has as many threads as passwords may be hashed at once.
    """

    def __init__(
        self,
        pages: StaffPages,
        routes: StaffRoutes,
        *,
        hashing: WritePool,
    ) -> None:
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
            page(LOGIN, needs=Needs.NOBODY, show=self.show, submit=self.log_in, writes=hashing),
            page(SECOND, needs=Needs.PASSWORD, show=self.show_second, submit=self.give_second),
            page("/admin/logout", needs=Needs.NOBODY, submit=self.log_out),
            page(
                CONFIRM,
                needs=Needs.SESSION,
                show=self.show_confirm,
                submit=self.confirm,
                writes=hashing,
            ),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the form, or send a member who is logged in to the home page.
        """
        if staff_request.logged_in_or_none:
            return self.pages.redirect(HOME)
        return self._form(staff_request)

    def log_in(self, staff_request: StaffRequest) -> Response:
        """
        Check address and password.
        """
        request, typed = staff_request.request, staff_request.typed
        result = login.log_in(
            self.app,
            typed.one("email"),
            typed.one("password"),
            network=self.pages.network(request),
            browser=self.pages.browser(request),
        )
        if isinstance(result, LoginDelay):
            return self._delayed(staff_request, result.wait)
        if result is None:
            text = staff_request.words.gettext("The address or the password is wrong.")
            return self._form(staff_request, FieldError(name="email", text=text))
        path = HOME if result.is_open else SECOND
        return self.pages.enter(result.cookie, path, known_browser=result.known_browser)

    def _form(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        email = {"email": staff_request.typed.one("email")}
        first = None if staff_links.has_owner(self.app) else staff_links.FIRST_OWNER
        return self.pages.page(
            staff_request.request, "login/login.html", errors=errors, typed=email, first_owner=first
        )

    def show_second(self, staff_request: StaffRequest) -> Response:
        """
        Ask for the second factor.
        """
        return self._second(staff_request)

    def give_second(self, staff_request: StaffRequest) -> Response:
        """
        Check a code, or the answer of a passkey.
        """
        result = self._check_second(staff_request)
        if isinstance(result, LoginDelay):
            return self._delayed(staff_request, result.wait)
        if result is None:
            return self._second(staff_request, _wrong_factor(staff_request))
        return self.pages.enter(result.cookie, HOME, known_browser=result.known_browser)

    def _check_second(self, staff_request: StaffRequest) -> StartedSession | LoginDelay | None:
        typed, logged_in = staff_request.typed, staff_request.logged_in
        network = self.pages.network(staff_request.request)
        browser = self.pages.browser(staff_request.request)
        if credential := typed.one("credential"):
            return passkeys.answer(self.app, logged_in, credential, browser=browser)
        code = typed.one("code") or typed.one("recovery")
        return login.give_code(self.app, logged_in, code, network=network, browser=browser)

    def _second(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        logged_in = staff_request.logged_in
        return self.pages.page(
            staff_request.request,
            "login/second.html",
            logged_in=logged_in,
            errors=errors,
            has_totp=logged_in.member.totp_secret is not None,
            passkey_options=passkeys.ask(self.app, logged_in),
        )

    def log_out(self, staff_request: StaffRequest) -> Response:
        """
        End the session.
        """
        cookies = self.pages.cookies
        login.log_out(self.app, cookies.value(staff_request.request, Cookie.SESSION))
        response = self.pages.redirect(LOGIN)
        cookies.delete(response, Cookie.SESSION)
        return response

    def show_confirm(self, staff_request: StaffRequest) -> Response:
        """
        Ask once more for the password, or the passkey.
        """
        return self._confirm(staff_request)

    def confirm(self, staff_request: StaffRequest) -> Response:
        """
        Check it, and go on to the page that asked for it.
        """
        result = self._check_again(staff_request)
        if isinstance(result, LoginDelay):
            return self._delayed(staff_request, result.wait)
        if result is None:
            _ = staff_request.words.gettext
            text = _("This password is wrong.")
            if staff_request.typed.one("credential"):
                text = wrong_passkey(staff_request)
            return self._confirm(staff_request, FieldError(name="password", text=text))
        path = _next_path(staff_request)
        return self.pages.enter(result.cookie, path, known_browser=result.known_browser)

    def _check_again(self, staff_request: StaffRequest) -> StartedSession | LoginDelay | None:
        typed, logged_in = staff_request.typed, staff_request.logged_in
        network = self.pages.network(staff_request.request)
        browser = self.pages.browser(staff_request.request)
        if credential := typed.one("credential"):
            return passkeys.answer(self.app, logged_in, credential, browser=browser)
        return login.confirm_password(
            self.app, logged_in, typed.one("password"), network=network, browser=browser
        )

    def _confirm(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        logged_in = staff_request.logged_in
        return self.pages.page(
            staff_request.request,
            "login/confirm.html",
            logged_in=logged_in,
            errors=errors,
            next_path=_next_path(staff_request),
            has_password=logged_in.member.password_hash is not None,
            passkey_options=passkeys.ask(self.app, logged_in),
        )

    def _delayed(self, staff_request: StaffRequest, wait: dt.timedelta) -> Response:
        seconds = math.ceil(wait.total_seconds())
        response = self.pages.page(
            staff_request.request,
            "login/delayed.html",
            status_code=429,
            minutes=math.ceil(seconds / 60),
        )
        response.headers["Retry-After"] = str(seconds)
        return response


def _wrong_factor(staff_request: StaffRequest) -> FieldError:
    _, typed = staff_request.words.gettext, staff_request.typed
    if typed.one("credential"):
        return FieldError(name="code", text=wrong_passkey(staff_request))
    if typed.one("recovery"):
        text = _("This recovery code is wrong, or was used before.")
        return FieldError(name="recovery", text=text)
    return wrong_code(staff_request)


def _next_path(staff_request: StaffRequest) -> str:
    """
    Return the page to go on to, which is always one of ours.
    """
    wanted = staff_request.typed.one("next") or staff_request.request.query_params.get("next", "")
    found = _ELEVATED.match(wanted)
    return found[0] if found else HOME
