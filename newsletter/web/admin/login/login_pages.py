"""
The pages by which staff log in and out, and prove again who they are.
"""

from __future__ import annotations

import datetime as dt
import math

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import login, passkeys
from newsletter.actions.access.login import LoginDelay, StartedSession
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.routes import CONFIRM, Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, LOGIN, SCRIPT_POLICY, StaffPages
from newsletter.web.public.page_values import FormError
from newsletter.web.write_pool import WritePool

SECOND = "/admin/login/second"
ELEVATED_PATHS = (
    "/admin/account/password",
    "/admin/account/totp",
    "/admin/account/codes",
    "/admin/account/passkeys",
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

    def show(self, asked: StaffRequest) -> Response:
        """
        Show the form, or send a member who is logged in to the home page.
        """
        return self.pages.redirect(HOME) if asked.visit else self._form(asked)

    def log_in(self, asked: StaffRequest) -> Response:
        """
        Check address and password.
        """
        request, typed = asked.request, asked.typed
        result = login.log_in(
            self.app,
            typed.one("email"),
            typed.one("password"),
            network=self.pages.network(request),
            browser=self.pages.browser(request),
        )
        if isinstance(result, LoginDelay):
            return self._delayed(asked, result.wait)
        if result is None:
            return self._form(asked, FormError(name="email", word="login_wrong"))
        return self.pages.enter(result.cookie, HOME if result.is_open else SECOND)

    def _form(self, asked: StaffRequest, *errors: FormError) -> Response:
        email = {"email": asked.typed.one("email")}
        return self.pages.page(asked.request, "login.html", errors=errors, typed=email)

    def show_second(self, asked: StaffRequest) -> Response:
        """
        Ask for the second factor.
        """
        return self._second(asked)

    def give_second(self, asked: StaffRequest) -> Response:
        """
        Check a code, or the answer of a passkey.
        """
        result = self._check_second(asked)
        if isinstance(result, LoginDelay):
            return self._delayed(asked, result.wait)
        if result is None:
            name = "recovery" if asked.typed.one("recovery") else "code"
            word = "passkey_wrong" if asked.typed.one("credential") else "code_wrong"
            return self._second(asked, FormError(name=name, word=word))
        return self.pages.enter(result.cookie, HOME)

    def _check_second(self, asked: StaffRequest) -> StartedSession | LoginDelay | None:
        typed, visit = asked.typed, asked.member_visit
        network = self.pages.network(asked.request)
        browser = self.pages.browser(asked.request)
        if credential := typed.one("credential"):
            return passkeys.answer(self.app, visit, credential, browser=browser)
        code = typed.one("code") or typed.one("recovery")
        return login.give_code(self.app, visit, code, network=network, browser=browser)

    def _second(self, asked: StaffRequest, *errors: FormError) -> Response:
        visit = asked.member_visit
        return self.pages.page(
            asked.request,
            "second.html",
            visit=visit,
            errors=errors,
            policy=SCRIPT_POLICY,
            has_totp=visit.member.totp_secret is not None,
            passkey_options=passkeys.ask(self.app, visit),
        )

    def log_out(self, asked: StaffRequest) -> Response:
        """
        End the session.
        """
        cookies = self.pages.cookies
        login.log_out(self.app, cookies.value(asked.request, Cookie.SESSION))
        response = self.pages.redirect(LOGIN)
        cookies.delete(response, Cookie.SESSION)
        return response

    def show_confirm(self, asked: StaffRequest) -> Response:
        """
        Ask once more for the password, or the passkey.
        """
        return self._confirm(asked)

    def confirm(self, asked: StaffRequest) -> Response:
        """
        Check it, and go on to the page that asked for it.
        """
        result = self._check_again(asked)
        if isinstance(result, LoginDelay):
            return self._delayed(asked, result.wait)
        if result is None:
            word = "passkey_wrong" if asked.typed.one("credential") else "password_wrong"
            return self._confirm(asked, FormError(name="password", word=word))
        return self.pages.enter(result.cookie, _next_path(asked))

    def _check_again(self, asked: StaffRequest) -> StartedSession | LoginDelay | None:
        typed, visit = asked.typed, asked.member_visit
        network = self.pages.network(asked.request)
        browser = self.pages.browser(asked.request)
        if credential := typed.one("credential"):
            return passkeys.answer(self.app, visit, credential, browser=browser)
        return login.confirm_password(
            self.app, visit, typed.one("password"), network=network, browser=browser
        )

    def _confirm(self, asked: StaffRequest, *errors: FormError) -> Response:
        visit = asked.member_visit
        return self.pages.page(
            asked.request,
            "confirm.html",
            visit=visit,
            errors=errors,
            policy=SCRIPT_POLICY,
            next_path=_next_path(asked),
            has_password=visit.member.password_hash is not None,
            passkey_options=passkeys.ask(self.app, visit),
        )

    def _delayed(self, asked: StaffRequest, wait: dt.timedelta) -> Response:
        seconds = math.ceil(wait.total_seconds())
        response = self.pages.page(
            asked.request, "delayed.html", status_code=429, minutes=math.ceil(seconds / 60)
        )
        response.headers["Retry-After"] = str(seconds)
        return response


def _next_path(asked: StaffRequest) -> str:
    """
    Return the page to go on to, which is always one of ours.
    """
    wanted = asked.typed.one("next") or asked.request.query_params.get("next", "")
    return wanted if wanted in ELEVATED_PATHS else HOME
