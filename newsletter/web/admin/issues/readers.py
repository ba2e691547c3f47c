"""
The readers of an issue by name, with what became of their email.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_status
from newsletter.model.delivery import DeliveryState
from newsletter.web.admin.issues.left_out import reason_in_words
from newsletter.web.admin.path_numbers import is_number, number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

READERS = "/admin/issues/{number}/readers"
ON_A_PAGE = 100


class IssueReadersPage:
    """
    The page of an issue's readers of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [self.staff_routes.page(READERS, needs=Needs.SESSION, show=self.show)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a page of the readers in one state, or of all.
        """
        number, asked = number_in(staff_request.request), staff_request.request.query_params
        state = next((each for each in DeliveryState if each == asked.get("state")), None)
        after, seen = (
            int(asked.get(name, "")) if is_number(asked.get(name, "")) else 0
            for name in ("after", "seen")
        )
        found = issue_status.recipients_page(
            self.app,
            number,
            after=after,
            seen=seen,
            limit=ON_A_PAGE,
            only=state,
            by=staff_request.actor,
        )
        shown = state.value if state else ""
        older = ""
        if len(found) == ON_A_PAGE:
            last = {"after": found[-1].delivery_id, "seen": seen + len(found)}
            query = urlencode({"state": shown, **last})
            older = f"{READERS.format(number=number)}?{query}"
        return self.pages.page(
            staff_request.request,
            "issues/readers.html",
            section="issues",
            logged_in=staff_request.logged_in,
            number=number,
            state=shown,
            readers=found,
            reasons=[reason_in_words(each.reason, staff_request.words) for each in found],
            seen=seen,
            older=older,
        )
