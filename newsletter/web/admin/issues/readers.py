"""
The readers of an issue by name, with what became of their email, and who was left out.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.issues import issue_pages, issue_status, reported_readers
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.model.issue import EDITABLE
from newsletter.store.delivery.status.recipients import RecipientStatus
from newsletter.web.admin.issues.left_out import reason_in_words
from newsletter.web.admin.path_numbers import is_number, number_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

READERS = "/admin/issues/{number}/readers"
LEFT_OUT = "/admin/issues/{number}/left-out"
ON_A_PAGE = 100
_UNCERTAIN = "/admin/issues/{number}/uncertain"
_MOST_UNCERTAIN = 5
# What the page of an issue counts of what was reported.
_REPORTED = (EventKind.BOUNCED_HARD, EventKind.COMPLAINED)


class IssueReadersPage:
    """
    The pages of one App that name the readers of an issue, and who was left out.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(READERS, needs=Needs.SESSION, show=self.show),
            page(LEFT_OUT, needs=Needs.SESSION, show=self.show_left_out),
            page(_UNCERTAIN, needs=Needs.SESSION, show=self.show_uncertain),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show a page of the readers in one state, of those who bounced or complained, or of all.
        """
        number, after = number_in(staff_request.request), _begin(staff_request)
        asked = staff_request.request.query_params.get("state", "")
        shown = asked if asked in (*DeliveryState, *_REPORTED) else ""
        found = self._readers(staff_request, number, shown, after)
        older = ""
        if len(found) == ON_A_PAGE:
            older = _older(READERS, number, found[-1].delivery_id, state=shown)
        return self.pages.page(
            staff_request.request,
            "issues/readers.html",
            section="issues",
            logged_in=staff_request.logged_in,
            number=number,
            state=shown,
            readers=found,
            reasons=[reason_in_words(each.reason, staff_request.words) for each in found],
            is_first_page=not after,
            older=older,
        )

    def _readers(
        self, staff_request: StaffRequest, number: int, shown: str, after: int
    ) -> list[RecipientStatus]:
        by = staff_request.actor
        if shown in _REPORTED:
            kind = EventKind(shown)
            return reported_readers.page(
                self.app, number, kind, after=after, limit=ON_A_PAGE, by=by
            )
        only = DeliveryState(shown) if shown else None
        return issue_status.recipients_page(
            self.app, number, after=after, limit=ON_A_PAGE, only=only, by=by
        )

    def show_left_out(self, staff_request: StaffRequest) -> Response:
        """
        Show a page of the people who were left out.
        """
        number, after = number_in(staff_request.request), _begin(staff_request)
        issue = issue_pages.content(self.app, number, by=staff_request.actor).issue
        found = issue_status.left_out_page(
            self.app, number, after=after, limit=ON_A_PAGE, by=staff_request.actor
        )
        older = ""
        if len(found) == ON_A_PAGE:
            older = _older(LEFT_OUT, number, found[-1].subscriber_id)
        return self.pages.page(
            staff_request.request,
            "issues/left-out.html",
            section="issues",
            logged_in=staff_request.logged_in,
            number=number,
            issue=issue,
            is_draft=issue.state in EDITABLE,
            people=found,
            reasons=[reason_in_words(each.reason, staff_request.words) for each in found],
            is_first_page=not after,
            older=older,
        )

    def show_uncertain(self, staff_request: StaffRequest) -> Response:
        """
        Name the first uncertain readers, as a part of the page on which somebody decides.
        """
        number = number_in(staff_request.request)
        found = issue_status.recipients_page(
            self.app,
            number,
            after=0,
            limit=_MOST_UNCERTAIN + 1,
            only=DeliveryState.UNCERTAIN,
            by=staff_request.actor,
        )
        return self.pages.fragment(
            staff_request.request,
            "issues/parts/uncertain.html",
            logged_in=staff_request.logged_in,
            number=number,
            readers=found[:_MOST_UNCERTAIN],
            has_more=len(found) > _MOST_UNCERTAIN,
        )


def _begin(staff_request: StaffRequest) -> int:
    """
    Return behind which number the page begins. How many people the pages before it had is not asked
    for: an address that somebody types could keep the reading of many out of the audit trail.
    """
    after = staff_request.request.query_params.get("after", "")
    return int(after) if is_number(after) else 0


def _older(path: str, number: int, last: int, **asked: str) -> str:
    """
    Return the address of the page behind the one whose last number is *last*.
    """
    return f"{path.format(number=number)}?{urlencode({**asked, 'after': last})}"
