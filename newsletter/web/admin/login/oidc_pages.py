"""
The pages that lead to an OpenID Connect provider and back.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.actions.access import single_sign_on
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, StaffPages
from newsletter.web.write_pool import WritePool

# The provider may be slow, so few threads wait for it.
THREADS, MOST_WAITING = 4, 50


class OidcPages:
    """
    The log-in of one App at its OpenID Connect provider, if it has one.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.asking = WritePool(THREADS, MOST_WAITING)

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page, asking = self.staff_routes.page, self.asking
        return [
            page("/admin/login/oidc", needs=Needs.NOBODY, show=self.begin, reads=asking),
            page("/admin/login/oidc/callback", needs=Needs.NOBODY, show=self.finish, reads=asking),
        ]

    def begin(self, staff_request: StaffRequest) -> Response:
        """
        Send the browser to the provider. The cookie binds the way back to this browser.
        """
        if self.app.settings.login.oidc is None:
            return self._failed(staff_request, 404)
        began = single_sign_on.begin(self.app, again="again" in staff_request.request.query_params)
        if began is None:
            return self._failed(staff_request, 502)
        url, cookie = began
        response = RedirectResponse(url, status_code=303)
        self.pages.cookies.put(response, Cookie.OIDC, cookie)
        return response

    def finish(self, staff_request: StaffRequest) -> Response:
        """
        Log in the person who comes back. A page leads on, because the browser does not send the new
        session's cookie with a request that began on another site.
        """
        request, cookies = staff_request.request, self.pages.cookies
        if self.app.settings.login.oidc is None:
            return self._failed(staff_request, 404)
        cookie = cookies.value(request, Cookie.OIDC)
        browser = self.pages.browser(request)
        began = single_sign_on.finish(self.app, request.query_params, cookie, browser=browser)
        if began is None:
            response = self._failed(staff_request, 403)
        else:
            response = self.pages.page(request, "login/continue.html", path=HOME)
            cookies.put(response, Cookie.SESSION, began.cookie)
        cookies.delete(response, Cookie.OIDC)
        return response

    def _failed(self, staff_request: StaffRequest, status_code: int) -> Response:
        _ = staff_request.words.gettext
        return self.pages.message(
            staff_request.request,
            _("This log-in did not work"),
            _("Try again. If it happens again, ask an owner of this site: the log says why."),
            status_code,
        )
