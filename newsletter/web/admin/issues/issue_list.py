"""
The list of issues, newest first.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_pages
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

ISSUES = "/admin/issues"
_ON_A_PAGE = 50


class IssueListPage:
    """
    The list of issues of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page(ISSUES, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the newest issues.
        """
        found = issue_pages.page(self.app, before=None, limit=_ON_A_PAGE, by=staff_request.actor)
        return self.pages.page(
            staff_request.request,
            "issues/issues.html",
            section="issues",
            logged_in=staff_request.logged_in,
            issues=found,
        )
