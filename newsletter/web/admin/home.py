"""
The first page of staff: who they are, and what they may do.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, StaffPages


class StaffHome:
    """
    The first page of one App's staff.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
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
        Show who is logged in, with their role and lists.
        """
        logged_in = staff_request.logged_in
        lists = logged_in.member.lists
        return self.pages.page(
            staff_request.request,
            "home.html",
            logged_in=logged_in,
            lists=None if lists is None else sorted(lists),
            has_second_factor=logged_in.member.has_second_factor,
        )

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Redirect to the same page with a slash.
        """
        return self.pages.redirect(HOME)
