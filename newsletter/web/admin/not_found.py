"""
What staff see at an address below `/admin/` that has no page.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


class NotFoundPage:
    """
    The page of one App's staff for an address without a page.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of every address and method that no other route has, so that it must come
        last. It asks for a log-in as the others do: who is not logged in does not learn which pages
        exist.
        """
        return [
            self.staff_routes.page(
                "/admin/{path:path}",
                needs=Needs.SESSION,
                show=self.show,
                submit=self.show,
                every_method=True,
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Say that there is no such page.
        """
        return self.pages.not_found(staff_request.request, staff_request.logged_in)
