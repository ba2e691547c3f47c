"""
The list of issues, newest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_pages
from newsletter.actions.issues.issue_pages import IssueLine
from newsletter.model.access import Permission
from newsletter.model.issue import IssueState
from newsletter.store.issues.listing import IssueFilter
from newsletter.web.admin.path_numbers import is_number
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

ISSUES = "/admin/issues"
ON_A_PAGE = 25
_S = IssueState
# The choices of the filter, and the states that each shows.
SHOWN_STATES: Mapping[str, frozenset[IssueState]] = {
    "drafts": frozenset({_S.DRAFT, _S.APPROVED}),
    "scheduled": frozenset({_S.SCHEDULED}),
    "going-out": frozenset({_S.FREEZING, _S.SENDING, _S.PAUSED}),
    "sent": frozenset({_S.SUBMITTED}),
    "not-sent": frozenset({_S.MISSED, _S.CANCELLED}),
}


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
        Show the issues that were asked for.
        """
        actor = staff_request.actor
        asked = staff_request.request.query_params
        shown, slug, before = (asked.get(name, "") for name in ("show", "list", "before"))
        slugs = issue_pages.lists_within_reach(self.app, by=actor)
        which = IssueFilter(
            states=SHOWN_STATES.get(shown, frozenset()),
            list_slug=slug if slug in slugs else "",
            before=int(before) if is_number(before) else None,
        )
        found = issue_pages.rows(self.app, which, limit=ON_A_PAGE + 1, by=actor)
        issues = found[:ON_A_PAGE]
        return self.pages.page(
            staff_request.request,
            "issues/issues.html",
            section="issues",
            logged_in=staff_request.logged_in,
            issues=issues,
            moving=_count(issues, _S.FREEZING, _S.SENDING),
            paused=_count(issues, _S.PAUSED),
            slugs=slugs,
            shown=shown if shown in SHOWN_STATES else "",
            chosen_list=which.list_slug,
            is_first_page=which.before is None,
            older=_older(issues, shown, slug) if len(found) > ON_A_PAGE else "",
            actor_key=actor.key,
            can_approve=Permission.ISSUES_APPROVE in actor.permissions,
            can_write=Permission.ISSUES_WRITE in actor.permissions,
        )


def _count(issues: list[IssueLine], *states: IssueState) -> int:
    return sum(each.issue.state in states for each in issues)


def _older(issues: list[IssueLine], shown: str, slug: str) -> str:
    """
    Return the address of the page behind these issues.
    """
    asked = {"show": shown, "list": slug, "before": issues[-1].issue.id}
    return f"{ISSUES}?{urlencode({name: value for name, value in asked.items() if value})}"
