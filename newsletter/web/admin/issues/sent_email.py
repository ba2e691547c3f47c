"""
The email that an issue was sent with, for the frame on its page.
"""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.actions.issues import previews
from newsletter.web.admin.issues.drafts.preview_pages import framed_headers, in_scheme
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.page.templates import MAIL_POLICY


class SentEmailPage:
    """
    The emails that the issues of one App were sent with.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of an email.
        """
        path = "/admin/issues/{number}/email"
        return [self.staff_routes.page(path, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the email that was sent, as a sample reader got it.
        """
        number = number_in(staff_request.request)
        message = previews.sent_email(self.app, number, by=staff_request.actor)
        html = in_scheme(message.html, "light")
        return HTMLResponse(html, headers=framed_headers(MAIL_POLICY))
