"""
The page of one issue: the composer while it is a draft, afterwards how it is sent.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_status
from newsletter.web.admin.issues.drafts.composer import ComposerPages
from newsletter.web.admin.issues.sending_page import SendingPage
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

ISSUE = "/admin/issues/{number}"


class IssuePage:
    """
    The page of an issue of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes, *, composer: ComposerPages) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.composer = composer
        self.sending = SendingPage(pages)

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        return [
            page(ISSUE, needs=Needs.SESSION, show=self.show),
            page(f"{ISSUE}/progress", needs=Needs.POLL, show=self.show_progress),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show an issue.
        """
        number = number_in(staff_request.request)
        found = issue_status.progress(self.app, number, by=staff_request.actor)
        if found.draft is not None:
            return self.composer.show(staff_request, found.draft)
        return self.sending.show(staff_request, found)

    def show_progress(self, staff_request: StaffRequest) -> Response:
        """
        Show the parts of the page that change while the issue goes out.
        """
        return self.sending.show_progress(staff_request, number_in(staff_request.request))
