"""
The pages on which staff see and change their own account: name, language, password, sessions.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import account
from newsletter.web.admin.new_password import read_new_password
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.public.page_values import FormError
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidText

ACCOUNT = "/admin/account"


class AccountPages:
    """
    The account pages of one App.
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
        page = self.staff_routes.page
        return [
            page(ACCOUNT, needs=Needs.SESSION, show=self.show, submit=self.save),
            page(f"{ACCOUNT}/sessions", needs=Needs.SESSION, submit=self.end_sessions),
            page(
                f"{ACCOUNT}/password",
                needs=Needs.ELEVATED,
                show=self.show_password,
                submit=self.change_password,
                writes=self.hashing,
            ),
        ]

    def show(self, asked: StaffRequest) -> Response:
        """
        Show the account.
        """
        return self._account(asked)

    def save(self, asked: StaffRequest) -> Response:
        """
        Change name and language.
        """
        name, language = asked.typed.one("name"), asked.typed.one("language")
        if language not in self.pages.languages:
            return self._account(asked, FormError(name="language", word="language_invalid"))
        try:
            account.edit(self.app, asked.member_visit, name=name, language=language)
        except InvalidText:
            return self._account(asked, FormError(name="name", word="name_invalid"))
        return self.pages.redirect(ACCOUNT, saved="account")

    def end_sessions(self, asked: StaffRequest) -> Response:
        """
        End the session that was chosen, or all but this one.
        """
        number = asked.typed.one("session")
        if number == "others":
            account.end_other_sessions(self.app, asked.member_visit)
        elif number.isascii() and number.isdigit() and len(number) < 19:
            account.end_session(self.app, asked.member_visit, int(number))
        return self.pages.redirect(ACCOUNT, saved="sessions")

    def _account(self, asked: StaffRequest, *errors: FormError) -> Response:
        visit = asked.member_visit
        member = visit.member
        typed = {
            "name": asked.typed.one("name") or member.name,
            "language": asked.typed.one("language") or member.language,
        }
        return self.pages.page(
            asked.request,
            "account/account.html",
            action=ACCOUNT,
            visit=visit,
            errors=errors,
            typed=typed,
            saved=_saved(asked),
            offered=self.pages.languages,
            has_password=member.password_hash is not None,
            has_totp=member.totp_secret is not None,
            codes=account.count_codes(self.app, visit),
            sessions=[
                {
                    "id": each.id,
                    "user_agent": each.user_agent,
                    "from_address": each.from_address,
                    "last_seen_at": each.last_seen_at,
                    "is_this": each.id == visit.session.id,
                }
                for each in account.own_sessions(self.app, visit)
            ],
        )

    def show_password(self, asked: StaffRequest) -> Response:
        """
        Ask for a new password.
        """
        return self._password(asked)

    def change_password(self, asked: StaffRequest) -> Response:
        """
        Change the password, end all sessions, and begin a new one here.
        """
        visit = asked.member_visit
        errors: list[FormError] = []
        own_words = [visit.member.email, visit.member.name, self.app.site.name]
        password = read_new_password(asked.typed, errors, own_words=own_words)
        if errors:
            return self._password(asked, *errors)
        browser = self.pages.browser(asked.request)
        cookie = account.change_password(self.app, visit, password, browser=browser)
        return self.pages.enter(cookie, ACCOUNT, saved="password")

    def _password(self, asked: StaffRequest, *errors: FormError) -> Response:
        return self.pages.page(
            asked.request, "account/password.html", visit=asked.member_visit, errors=errors
        )


def _saved(asked: StaffRequest) -> str:
    """
    Return what was changed before the page was shown; empty if nothing was.
    """
    saved = asked.request.query_params.get("saved", "")
    return saved if saved in ("account", "password", "sessions", "totp", "passkeys") else ""
