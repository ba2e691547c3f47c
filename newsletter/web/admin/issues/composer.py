"""
The composer: the page on which a draft is written, checked and sent.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.routes import StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


class ComposerPages:
    """
    The composer of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of the composer, except that of a draft's own page.
        """
        return []

    def show(self, staff_request: StaffRequest, number: int) -> Response:
        """
        Show a draft.
        """
        return self.pages.not_found(staff_request.request, staff_request.logged_in)
