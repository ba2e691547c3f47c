"""
The pages on which staff set up a second factor: an authenticator app, recovery codes, passkeys.
"""

from __future__ import annotations

import io

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from newsletter.access.totp import new_totp_secret, totp_url
from newsletter.actions.access import account, passkeys
from newsletter.web.admin.account.account_pages import ACCOUNT
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.field_errors import invalid_name, wrong_code
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages
from subscribers.errors import InvalidText

_MOST_DIGITS = 18


class FactorPages:
    """
    The pages of one App about second factors.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, needs = self.staff_routes.page, Needs.ELEVATED
        return [
            page(f"{ACCOUNT}/totp", needs=needs, show=self.show_totp, submit=self.add_totp),
            page(f"{ACCOUNT}/totp/remove", needs=needs, submit=self.remove_totp),
            page(f"{ACCOUNT}/codes", needs=needs, show=self.show_codes, submit=self.new_codes),
            page(
                f"{ACCOUNT}/passkeys",
                needs=needs,
                show=self.show_passkeys,
                submit=self.add_passkey,
            ),
            page(f"{ACCOUNT}/passkeys/remove", needs=needs, submit=self.remove_passkey),
        ]

    def show_totp(self, staff_request: StaffRequest) -> Response:
        """
        Show the QR code of a new authenticator app.
        """
        return self._totp(staff_request, new_totp_secret())

    def add_totp(self, staff_request: StaffRequest) -> Response:
        """
        Add the app if the code that it shows is right.
        """
        logged_in = staff_request.logged_in
        # The form brings the secret back, encrypted for this session.
        encrypted = staff_request.typed.one("encrypted")
        secret = self.app.text_cipher.decrypt(encrypted, self._purpose(staff_request))
        if secret is None:
            return self.staff_routes.refuse_form(staff_request.request, logged_in)
        codes = account.add_totp(self.app, logged_in, secret, staff_request.typed.one("code"))
        if codes is None:
            return self._totp(staff_request, secret, wrong_code(staff_request))
        return self._codes(staff_request, codes) if codes else self._totp_done(staff_request)

    def remove_totp(self, staff_request: StaffRequest) -> Response:
        """
        Remove the authenticator app.
        """
        account.remove_totp(self.app, staff_request.logged_in)
        return self._totp_done(staff_request)

    def _totp(self, staff_request: StaffRequest, secret: str, *errors: FieldError) -> Response:
        logged_in = staff_request.logged_in
        url = totp_url(secret, address=logged_in.member.email, site=self.app.site.name)
        return self.pages.page(
            staff_request.request,
            "account/totp.html",
            logged_in=logged_in,
            errors=errors,
            qr_code=_qr_code(url),
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            encrypted=self.app.text_cipher.encrypt(secret, self._purpose(staff_request)),
            has_totp=logged_in.member.totp_secret is not None,
        )

    def _purpose(self, staff_request: StaffRequest) -> str:
        return f"new totp\0{self.pages.cookies.value(staff_request.request, Cookie.SESSION)}"

    def show_codes(self, staff_request: StaffRequest) -> Response:
        """
        Say how many recovery codes are left, and offer new ones.
        """
        return self._codes(staff_request, [])

    def new_codes(self, staff_request: StaffRequest) -> Response:
        """
        Make new recovery codes, and show them this once.
        """
        return self._codes(staff_request, account.new_codes(self.app, staff_request.logged_in))

    def _codes(self, staff_request: StaffRequest, codes: list[str]) -> Response:
        logged_in = staff_request.logged_in
        return self.pages.page(
            staff_request.request,
            "account/codes.html",
            action=f"{ACCOUNT}/codes",
            logged_in=logged_in,
            codes=codes,
            count=account.count_codes(self.app, logged_in),
        )

    def show_passkeys(self, staff_request: StaffRequest) -> Response:
        """
        Show the passkeys, and a form to add one.
        """
        return self._passkeys(staff_request)

    def add_passkey(self, staff_request: StaffRequest) -> Response:
        """
        Add the passkey that the browser has made.
        """
        typed, logged_in = staff_request.typed, staff_request.logged_in
        try:
            added = passkeys.add(
                self.app, logged_in, typed.one("credential"), name=typed.one("name")
            )
        except InvalidText:
            return self._passkeys(staff_request, invalid_name(staff_request))
        if not added:
            _ = staff_request.words.gettext
            text = _("The passkey was not added. Try again, or use another device.")
            return self._passkeys(staff_request, FieldError(name="name", text=text))
        if account.count_codes(self.app, logged_in) == 0:
            return self._codes(staff_request, account.new_codes(self.app, logged_in))
        return self._passkeys_done(staff_request)

    def remove_passkey(self, staff_request: StaffRequest) -> Response:
        """
        Remove a passkey.
        """
        number = staff_request.typed.one("passkey")
        if number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS:
            passkeys.remove(self.app, staff_request.logged_in, int(number))
        return self._passkeys_done(staff_request)

    def _passkeys(self, staff_request: StaffRequest, *errors: FieldError) -> Response:
        logged_in = staff_request.logged_in
        return self.pages.page(
            staff_request.request,
            "account/passkeys.html",
            logged_in=logged_in,
            errors=errors,
            typed={"name": staff_request.typed.one("name")},
            passkeys=[
                {"id": each.id, "name": each.name, "created_at": each.created_at}
                for each in passkeys.show_all(self.app, logged_in)
            ],
            passkey_options=passkeys.ask_to_add(self.app, logged_in),
        )

    def _totp_done(self, staff_request: StaffRequest) -> Response:
        text = staff_request.words.gettext("Your authenticator app is up to date.")
        return self.pages.done(staff_request.request, ACCOUNT, text)

    def _passkeys_done(self, staff_request: StaffRequest) -> Response:
        text = staff_request.words.gettext("Your passkeys are up to date.")
        return self.pages.done(staff_request.request, ACCOUNT, text)


def _qr_code(url: str) -> Markup:
    """
    Return a QR code as an SVG element.
    """
    import segno

    out = io.BytesIO()
    segno.make(url, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, dark="#000", light="#fff"
    )
    return Markup(out.getvalue().decode())  # noqa: S704 (the library's, of modules alone)
