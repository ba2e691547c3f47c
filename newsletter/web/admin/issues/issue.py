"""
The page of one issue: the composer while it is a draft, afterwards how it is sent.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_pages
from newsletter.model.issue import EDITABLE
from newsletter.web.admin.issues.drafts.composer import ComposerPages
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

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page(ISSUE, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show an issue.
        """
        number = number_in(staff_request.request)
        stored = issue_pages.content(self.app, number, by=staff_request.actor)
        if stored.issue.state in EDITABLE:
            return self.composer.show(staff_request, stored)
        return self.pages.page(
            staff_request.request,
            "issues/issue.html",
            section="issues",
            logged_in=staff_request.logged_in,
            issue=stored.issue,
            subject=stored.subject,
        )
