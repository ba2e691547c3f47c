"""
Say on the page of a draft who else has it open.
"""

from __future__ import annotations

import babel.lists
from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import draft_visitors
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


class VisitorsPart:
    """
    The part of a draft's page that names the others. The page asks for it every 20 seconds.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this part.
        """
        path = "/admin/issues/{number}/visitors"
        writes = self.staff_routes.writes
        return [self.staff_routes.page(path, needs=Needs.POLL, show=self.show, reads=writes)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Record that the member has the page open, and show who else has.
        """
        number = number_in(staff_request.request)
        others = draft_visitors.visit(self.app, number, by=staff_request.actor)
        names = babel.lists.format_list(others, locale=staff_request.words.locale)
        if staff_request.request.query_params.get("shown") == names:
            # htmx then leaves the page as it is, and a screen reader says nothing again.
            return Response(status_code=204)
        return self.pages.fragment(
            staff_request.request,
            "issues/parts/visitors.html",
            logged_in=staff_request.logged_in,
            names=names,
            count=len(others),
        )
