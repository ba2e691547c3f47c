"""
The pages on which staff see and change their own account: name, language, password, sessions.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.access import account
from newsletter.web.admin.account.browser_names import browser_name
from newsletter.web.admin.field_errors import invalid_name
from newsletter.web.admin.frame.notices import PageNotice
from newsletter.web.admin.new_password import read_new_password
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from newsletter.web.preferences.timezones import timezone_regions
from newsletter.web.write_pool import WritePool
from subscribers.errors import InvalidText, UnknownTimezone

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

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the account.
        """
        return self._account(staff_request)

    def save(self, staff_request: StaffRequest) -> Response:
        """
        Change name and language.
        """
        _, typed = staff_request.words.gettext, staff_request.typed
        name, language, timezone = map(typed.one, ("name", "language", "timezone"))
        if language not in self.pages.languages:
            error = FieldError(name="language", text=_("This language is not offered."))
            return self._account(staff_request, error)
        logged_in = staff_request.logged_in
        try:
            account.edit(self.app, logged_in, name=name, language=language, timezone=timezone)
        except InvalidText:
            return self._account(staff_request, invalid_name(staff_request))
        except UnknownTimezone:
            error = FieldError(name="timezone", text=_("This time zone is not known."))
            return self._account(staff_request, error)
        return self.pages.done(staff_request.request, ACCOUNT, _("Your changes are saved."))

    def end_sessions(self, staff_request: StaffRequest) -> Response:
        """
        End the session that was chosen, or all but this one.
        """
        number = staff_request.typed.one("session")
        if number == "others":
            account.end_other_sessions(self.app, staff_request.logged_in)
        elif number.isascii() and number.isdigit() and len(number) < 19:
            account.end_session(self.app, staff_request.logged_in, int(number))
        text = staff_request.words.gettext(
            "Done. Your sessions that are still open are listed below."
        )
        return self.pages.done(staff_request.request, ACCOUNT, text)

    def _account(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        logged_in = staff_request.logged_in
        member = logged_in.member
        typed = {
            "name": staff_request.typed.one("name") or member.name,
            "language": staff_request.typed.one("language") or member.language,
            "timezone": staff_request.typed.one("timezone") or member.timezone or "",
        }
        return self.pages.page(
            staff_request.request,
            "account/account.html",
            action=ACCOUNT,
            logged_in=logged_in,
            errors=errors,
            typed=typed,
            lists=None if member.lists is None else sorted(member.lists),
            regions=timezone_regions(staff_request.words.language),
            offered=self.pages.languages,
            has_password=member.password_hash is not None,
            has_totp=member.totp_secret is not None,
            codes=account.count_codes(self.app, logged_in),
            sessions=[
                {
                    "id": each.id,
                    "browser": browser_name(each.user_agent),
                    "from_address": each.from_address,
                    "last_seen_at": each.last_seen_at,
                    "is_this": each.id == logged_in.session.id,
                }
                for each in account.own_sessions(self.app, logged_in)
            ],
        )

    def show_password(self, staff_request: StaffRequest) -> Response:
        """
        Ask for a new password.
        """
        return self._password(staff_request)

    def change_password(self, staff_request: StaffRequest) -> Response:
        """
        Change the password, end all sessions, and begin a new one here.
        """
        logged_in = staff_request.logged_in
        errors: list[FieldError] = []
        own_words = [logged_in.member.email, logged_in.member.name, self.app.site.name]
        password = read_new_password(staff_request, errors, own_words=own_words)
        if errors:
            return self._password(staff_request, *errors)
        browser = self.pages.browser(staff_request.request)
        cookie = account.change_password(self.app, logged_in, password, browser=browser)
        text = staff_request.words.gettext(
            "Your password is changed. Your other sessions have ended."
        )
        return self.pages.enter(cookie, ACCOUNT, notice=PageNotice(text=text))

    def _password(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        return self.pages.page(
            staff_request.request,
            "account/password.html",
            logged_in=staff_request.logged_in,
            errors=errors,
        )
