"""
Render the pages of the newsroom: with the words of the member's language, the frame, and the token
that each form sends back.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.access.sessions import LoggedIn
from newsletter.app import App
from newsletter.model.staff import Browser
from newsletter.web.admin.cookies import Cookie, StaffCookies
from newsletter.web.admin.form_guard import FormGuard
from newsletter.web.admin.frame.environment import AdminTemplates
from newsletter.web.admin.frame.masthead import load_frame, zone_of
from newsletter.web.admin.frame.notices import (
    NextLink,
    PageNotice,
    Undo,
    pack_notice,
    unpack_notice,
)
from newsletter.web.admin.frame.page_policy import PAGE_HEADERS
from newsletter.web.admin.frame.words import Catalogues, StaffWords
from newsletter.web.admin.help.guides import guide_for
from newsletter.web.admin.refusals import RefusalKind, kind_of, line_of
from newsletter.web.client_address import client_of, is_private
from newsletter.web.limits.signup_limits import network_of
from newsletter.web.page.language import choose_language
from newsletter.web.page.static_files import StaticFiles

HOME = "/admin/"
LOGIN = "/admin/login"


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """
    What is wrong in the field *name* of a form, in the language of the page.
    """

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class StaffForm:
    """
    A form: where it is sent, what is wrong with it, and what was typed, by the name of the field.
    """

    action: str
    errors: tuple[FieldError, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


class StaffPages:
    """
    Renders the pages for staff of one App.
    """

    def __init__(self, app: App, files: StaticFiles) -> None:
        self.app = app
        self.files = files
        self.catalogues = Catalogues(app.settings.template_folders)
        self.templates = AdminTemplates(self.catalogues, files)
        self.cookies = StaffCookies(app.site.base_url)
        self.guard = FormGuard(app.links.keys)

    @property
    def languages(self) -> tuple[str, ...]:
        """
        Return the languages that there are words in.
        """
        return self.catalogues.languages

    def page(
        self,
        request: Request,
        name: str,
        *,
        section: str = "",
        action: str = "",
        logged_in: LoggedIn | None = None,
        errors: Sequence[FieldError] = (),
        typed: dict[str, str] | None = None,
        status_code: int | None = None,
        **values: Any,
    ) -> Response:
        """
        Render the page *name* ("login/login.html") with a form that is sent to *action*. With
        *errors* its status is 422, unless *status_code* is another. *logged_in* is whose page it
        is, *section* the entry of the navigation that it belongs to.
        """
        words = self.words(request, logged_in)
        is_open = bool(logged_in and logged_in.session.is_open)
        notice = self._notice(request)
        shown = {
            "layout": "admin/frame.html" if is_open else "admin/logged-out.html",
            "frame": load_frame(self.app, logged_in, words) if logged_in and is_open else None,
            "section": section,
            "notice": notice,
            "guide": guide_for(request.url.path),
            **values,
        }
        form = StaffForm(
            action=action or request.url.path, errors=tuple(errors), values=typed or {}
        )
        response = self.fragment(
            request,
            name,
            logged_in=logged_in,
            status_code=status_code or (422 if errors else 200),
            form=form,
            **shown,
        )
        if notice is not None:
            self.cookies.delete(response, Cookie.NOTICE)
        return response

    def fragment(
        self,
        request: Request,
        name: str,
        *,
        logged_in: LoggedIn | None,
        status_code: int = 200,
        form: StaffForm | None = None,
        **values: Any,
    ) -> Response:
        """
        Render a part of a page, without the frame, to be put into the page that is shown.
        """
        cookie = self.form_cookie(request) or secrets.token_urlsafe(32)
        words = self.words(request, logged_in)
        oidc = self.app.settings.login.oidc
        html = self.templates.render(
            name,
            language=words.language,
            form=form or StaffForm(action=request.url.path),
            form_token=self.guard.token(cookie),
            member=logged_in.member if logged_in else None,
            has_oidc=oidc is not None,
            oidc_label=oidc.label if oidc else "",
            site_name=self.app.site.name,
            zone=words.zone,
            **values,
        )
        response = HTMLResponse(html, status_code, headers=PAGE_HEADERS)
        if not self.form_cookie(request):
            self.cookies.put(response, Cookie.FORM, cookie)
        return response

    def form_cookie(self, request: Request) -> str:
        """
        Return the cookie that the tokens of forms belong to: that of the session, if there is one.
        """
        session = self.cookies.value(request, Cookie.SESSION)
        return session or self.cookies.value(request, Cookie.FORM)

    def words(self, request: Request, logged_in: LoggedIn | None = None) -> StaffWords:
        """
        Return the words of a page, in the member's own language, else that of the browser.
        """
        member = logged_in.member if logged_in else None
        own, site = member.language if member else None, self.app.site.language
        language = choose_language(request, self.languages, [site, *self.languages], reader=own)
        return self.catalogues.words(language).in_zone(zone_of(member))

    def message(
        self,
        request: Request,
        title: str,
        text: str,
        status_code: int = 200,
        *,
        logged_in: LoggedIn | None = None,
    ) -> Response:
        """
        Return a page that says one thing.
        """
        return self.page(
            request,
            "message.html",
            logged_in=logged_in,
            status_code=status_code,
            title=title,
            text=text,
        )

    def not_found(self, request: Request, logged_in: LoggedIn | None) -> Response:
        """
        Return the page that says that there is none at this address.
        """
        return self.page(request, "not-found.html", logged_in=logged_in, status_code=404)

    def refusal(self, request: Request, error: Exception, logged_in: LoggedIn | None) -> Response:
        """
        Return the page that says why an action refused what was asked for.
        """
        kind = kind_of(error)
        if kind is RefusalKind.UNKNOWN:
            return self.not_found(request, logged_in)
        _ = self.words(request, logged_in).gettext
        texts = {
            RefusalKind.FORBIDDEN: _(
                "Your account does not allow this. Ask an owner of this site."
            ),
            RefusalKind.UNAVAILABLE: _("The database cannot be used now. Try again in a minute."),
            RefusalKind.REFUSED: line_of(error, self.words(request, logged_in)),
        }
        title = _("This was not done")
        return self.message(request, title, texts[kind], kind.value, logged_in=logged_in)

    def redirect(self, path: str, **query: str) -> Response:
        """
        Send the browser to another page for staff.
        """
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=303)

    def done(
        self,
        request: Request,
        path: str,
        text: str,
        *,
        kind: str = "good",
        undo: Undo | None = None,
        then: NextLink | None = None,
    ) -> Response:
        """
        Send the browser to the page at *path*, which says *text* once, with the form that takes it
        back, and the link to what comes *then*. Its *kind* is "good", "warn" or "bad".
        """
        response = self.redirect(path)
        if request.headers.get("hx-request"):
            # htmx would put the page into a part of this one.
            response = Response(status_code=204, headers={"HX-Redirect": path})
        notice = PageNotice(text=text, kind=kind, undo=undo, then=then)
        self._put_notice(response, self.form_cookie(request), notice)
        return response

    def enter(
        self,
        cookie: str,
        path: str,
        *,
        known_browser: str = "",
        notice: PageNotice | None = None,
    ) -> Response:
        """
        Send the browser to *path* with the cookie of its new session, with one that holds
        *known_browser*, if there is any, and with the *notice* that the page shows.
        """
        response = self.redirect(path)
        if notice is not None:
            self._put_notice(response, cookie, notice)
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

    def _put_notice(self, response: Response, session: str, notice: PageNotice) -> None:
        packed = pack_notice(self.app.links.keys, session, notice)
        self.cookies.put(response, Cookie.NOTICE, packed)

    def _notice(self, request: Request) -> PageNotice | None:
        value = self.cookies.value(request, Cookie.NOTICE)
        if not value:
            return None
        return unpack_notice(self.app.links.keys, self.form_cookie(request), value)
