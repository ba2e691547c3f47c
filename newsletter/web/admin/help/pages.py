"""
The page that says what each room is for, and which keys there are.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


class HelpPage:
    """
    The help of one App's newsroom.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page("/admin/help", needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the help.
        """
        return self.pages.page(
            staff_request.request, "help/help.html", logged_in=staff_request.logged_in
        )
