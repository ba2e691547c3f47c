"""
Join two briefs that were picked in the inbox: the question which of them to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import briefs
from newsletter.actions.guard.requires import require_permission
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.model.brief import BriefStatus
from newsletter.store.content.briefs import StoredBrief
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.path_numbers import number_or_none, numbers_in
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_JOIN = f"{INBOX}/join"
_TWO = 2


class JoinBriefsPages:
    """
    The page of one App's newsroom on which two briefs are joined.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        page = self.staff_routes.page
        return [page(_JOIN, needs=Needs.SESSION, show=self.show, submit=self.join)]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Ask which of two briefs to keep.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        numbers = numbers_in(staff_request.request.query_params.getlist("brief"))
        if len(numbers) != _TWO:
            return self._needs_two(staff_request)
        return self._page(staff_request, numbers)

    def join(self, staff_request: StaffRequest) -> Response:
        """
        Join the two, or ask which to keep if that was not said.
        """
        require_permission(staff_request.actor, Permission.BRIEFS_WRITE)
        numbers = numbers_in(staff_request.typed.many("brief"))
        kept = number_or_none(staff_request.typed.one("keep"))
        if len(numbers) != _TWO:
            return self._needs_two(staff_request)
        if kept not in numbers:
            return self.pages.redirect(f"{_JOIN}?{urlencode([('brief', n) for n in numbers])}")
        [other] = [number for number in numbers if number != kept]
        try:
            briefs.join(self.app, kept, other=other, by=staff_request.actor)
        except Refused as refused:
            error = FieldError(name="keep", text=line_of(refused, staff_request.words))
            return self._page(staff_request, numbers, error)
        _ = staff_request.words.gettext
        text = _("The two briefs are joined: later versions of either arrive here.")
        return self.pages.done(staff_request.request, f"{INBOX}/{kept}", text)

    def _needs_two(self, staff_request: StaffRequest) -> Response:
        text = staff_request.words.gettext("Pick exactly two briefs to join them.")
        return self.pages.done(staff_request.request, INBOX, text, kind="warn")

    def _page(
        self, staff_request: StaffRequest, numbers: list[int], *errors: FieldError
    ) -> Response:
        shown = [briefs.show(self.app, n, by=staff_request.actor) for n in numbers]
        found = [stored for stored, _ in shown]
        blocked = {
            kept.id: _why_not(kept, other, issues, staff_request.words)
            for kept, (other, issues) in zip(found, reversed(shown), strict=True)
        }
        return self.pages.page(
            staff_request.request,
            "briefs/join.html",
            section="briefs",
            action=_JOIN,
            logged_in=staff_request.logged_in,
            errors=errors,
            found=found,
            blocked=blocked,
        )


def _why_not(
    kept: StoredBrief, other: StoredBrief, issues: Sequence[tuple[int, str]], words: StaffWords
) -> str:
    """
    Say why the *other* brief, which is in these *issues*, cannot be set aside; empty if it can.
    """
    _ = words.gettext
    open_ones = [number for number, state in issues if state not in briefs.CLOSED]
    if open_ones:
        return _(
            "“%(title)s” is in issue %(n)s: take it out there first, or keep that one.",
            title=other.brief.title,
            n=open_ones[0],
        )
    if other.status is BriefStatus.USED and kept.status is not BriefStatus.USED:
        return _("“%(title)s” was sent: keep that one.", title=other.brief.title)
    return ""
