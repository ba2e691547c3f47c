"""
Today: the first page after the log-in.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, StaffPages


class TodayPages:
    """
    The first page of one App's newsroom.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        return [
            page(HOME, needs=Needs.SESSION, show=self.show),
            page("/admin", needs=Needs.SESSION, show=self.move),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show what concerns the member today.
        """
        logged_in = staff_request.logged_in
        lists = logged_in.member.lists
        return self.pages.page(
            staff_request.request,
            "today/today.html",
            section="today",
            logged_in=logged_in,
            lists=None if lists is None else sorted(lists),
        )

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Redirect to the same page with a slash.
        """
        return self.pages.redirect(HOME)
