"""
Render pages for staff: with the words of `words/admin`, and the token that each form sends back.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.access.sessions import LoggedIn
from newsletter.app import App
from newsletter.mail.templating.translations import (
    ADMIN_WORDS,
    Translations,
    languages_of,
    read_translations,
)
from newsletter.model.staff import Browser
from newsletter.web.admin.cookies import Cookie, StaffCookies
from newsletter.web.admin.form_guard import FormGuard
from newsletter.web.client_address import client_of, is_private
from newsletter.web.limits.signup_limits import network_of
from newsletter.web.page_language import choose_language
from newsletter.web.page_templates import PageTemplates
from newsletter.web.public.page_values import FormError

_MOST_LANGUAGES = 32
HOME = "/admin/"
LOGIN = "/admin/login"
# What a page that can ask for a passkey adds to its content security policy.
SCRIPT_POLICY = "script-src 'self'"


@dataclass(frozen=True, kw_only=True)
class StaffForm:
    """
    A form: where it is sent, what is wrong with it, and what was typed, by the name of the field.
    """

    action: str
    token: str
    errors: tuple[FormError, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


class StaffPages:
    """
    Renders the pages for staff of one App. *script* is the path of the script that asks for
    passkeys.
    """

    def __init__(self, app: App, templates: PageTemplates, *, script: str) -> None:
        self.app = app
        self.script = script
        self.templates = templates
        self.cookies = StaffCookies(app.site.base_url)
        self.guard = FormGuard(app.links.keys)
        self.languages = languages_of(app.settings.template_folders, ADMIN_WORDS)
        self.words = functools.lru_cache(_MOST_LANGUAGES)(self._read_words)

    def page(
        self,
        request: Request,
        name: str,
        *,
        action: str = "",
        logged_in: LoggedIn | None = None,
        errors: Sequence[FormError] = (),
        typed: dict[str, str] | None = None,
        status_code: int | None = None,
        policy: str = "",
        **values: Any,
    ) -> Response:
        """
        Render the page *name* ("login.html") with a form that is sent to *action*. With *errors*
        its status is 422, unless *status_code* is another. *logged_in* is whose page it is.
        """
        cookie = self.form_cookie(request) or secrets.token_urlsafe(32)
        language = self.language(request, logged_in)
        oidc = self.app.settings.login.oidc
        form = StaffForm(
            action=action or request.url.path,
            token=self.guard.token(cookie),
            errors=tuple(errors),
            values={"email": "", "name": "", "language": "", **(typed or {})},
        )
        response = self.templates.page(
            f"staff/{name}",
            status_code or (422 if errors else 200),
            language=language,
            policy=policy,
            text=dict(self.words(language).table),
            form=form,
            member=_shown_member(logged_in),
            has_oidc=oidc is not None,
            oidc_label=oidc.label if oidc else "",
            is_logged_in=bool(logged_in and logged_in.session.is_open),
            script=self.script,
            **values,
        )
        if not self.form_cookie(request):
            self.cookies.put(response, Cookie.FORM, cookie)
        return response

    def form_cookie(self, request: Request) -> str:
        """
        Return the cookie that the tokens of forms belong to: that of the session, if there is one.
        """
        session = self.cookies.value(request, Cookie.SESSION)
        return session or self.cookies.value(request, Cookie.FORM)

    def language(self, request: Request, logged_in: LoggedIn | None = None) -> str:
        """
        Return the language of a page: the member's own, else that of the browser.
        """
        own = logged_in.member.language if logged_in else None
        offered = [self.app.site.language, *self.languages]
        return choose_language(request, self.languages, offered, reader=own)

    def message(self, request: Request, word: str, status_code: int = 200) -> Response:
        """
        Return a page that says one thing: the entries *word* with `_title` and `_text`.
        """
        return self.page(request, "message.html", status_code=status_code, word=word)

    def redirect(self, path: str, **query: str) -> Response:
        """
        Send the browser to another page for staff.
        """
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)

    def enter(self, cookie: str, path: str, *, known_browser: str = "", **query: str) -> Response:
        """
        Send the browser to *path* with the cookie of its new session, and with one that holds
        *known_browser*, if there is any.
        """
        response = self.redirect(path, **query)
        self.cookies.put(response, Cookie.SESSION, cookie)
        self.cookies.delete(response, Cookie.FORM)
        if known_browser:
            self.cookies.put(response, Cookie.KNOWN, known_browser)
        return response

    def browser(self, request: Request) -> Browser:
        """
        Return what a session shows of the browser it is in.
        """
        return Browser(
            user_agent=request.headers.get("user-agent", ""),
            from_address=client_of(request),
            known=self.cookies.value(request, Cookie.KNOWN),
        )

    def network(self, request: Request) -> str:
        """
        Return the network that the attempts of this request are counted for; empty behind a proxy
        that is not in the settings, where everybody would share its network.
        """
        address = client_of(request)
        if not self.app.settings.web.proxies and is_private(address):
            return ""
        return network_of(address)[1]

    def _read_words(self, language: str) -> Translations:
        return read_translations(self.app.settings.template_folders, language, ADMIN_WORDS)


def _shown_member(logged_in: LoggedIn | None) -> dict[str, object] | None:
    """
    Return what templates may know of a member: no hash and no secret.
    """
    if logged_in is None:
        return None
    member = logged_in.member
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role.value,
        "passkeys": member.passkeys,
    }
