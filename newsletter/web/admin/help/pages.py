"""
The page that says what each room is for and which keys there are, and the documentation below it.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.admin.help.documentation import HELP, documentation
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

INDEX = "guides/index"


class HelpPage:
    """
    The help of one App's newsroom.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(HELP, needs=Needs.SESSION, show=self.show),
            page(f"{HELP}/{{name:path}}", needs=Needs.SESSION, show=self.show_document),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the help.
        """
        return self.pages.page(
            staff_request.request,
            "help/help.html",
            logged_in=staff_request.logged_in,
            guides=documentation().find(INDEX),
        )

    def show_document(self, staff_request: StaffRequest) -> Response:
        """
        Show a page of the documentation.
        """
        request, logged_in = staff_request.request, staff_request.logged_in
        found = documentation().find(str(request.path_params["name"]))
        if found is None:
            return self.pages.not_found(request, logged_in)
        return self.pages.page(
            request, "help/document.html", logged_in=logged_in, document=found, index=INDEX
        )
