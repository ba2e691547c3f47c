"""
Add briefs that were picked to a draft that is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.content import inbox
from newsletter.actions.guard.requires import require_permission
from newsletter.actions.issues import issue_pages
from newsletter.actions.issues.drafts import content as drafts
from newsletter.actions.issues.drafts.content import DraftChanged
from newsletter.issues.selection import shown, template_for
from newsletter.model.access import Permission
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import EDITABLE
from newsletter.store.issues.listing import IssueFilter
from newsletter.web.admin.briefs.inbox_query import INBOX
from newsletter.web.admin.path_numbers import number_or_none, numbers_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

ADD = f"{INBOX}/add-to-draft"
_MOST_DRAFTS = 30


class AddToDraftPages:
    """
    The page of one App's newsroom on which the draft is chosen.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the route of this page.
        """
        return [
            self.staff_routes.page(ADD, needs=Needs.SESSION, show=self.show, submit=self.add),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the drafts that are open.
        """
        require_permission(staff_request.actor, Permission.ISSUES_WRITE)
        numbers = numbers_in(staff_request.request.query_params.getlist("brief"))
        return self._page(staff_request, numbers) if numbers else self._needs_some(staff_request)

    def add(self, staff_request: StaffRequest) -> Response:
        """
        Add the briefs to the draft that was chosen; without one, ask which.
        """
        require_permission(staff_request.actor, Permission.ISSUES_WRITE)
        numbers = numbers_in(staff_request.typed.many("brief"))
        issue = number_or_none(staff_request.typed.one("issue"))
        if not numbers:
            return self._needs_some(staff_request)
        if issue is None:
            return self.pages.redirect(f"{ADD}?{urlencode([('brief', n) for n in numbers])}")
        try:
            added = self._added(staff_request, issue, numbers)
        except DraftChanged:
            _ = staff_request.words.gettext
            text = _("Somebody saved that draft at the same moment. Add the briefs again.")
            return self._page(staff_request, numbers, FieldError(name="issue", text=text))
        text = staff_request.words.ngettext(
            "%(n)s brief is added.", "%(n)s briefs are added.", added, n=added
        )
        if not added:
            text = staff_request.words.gettext("The draft has these briefs already.")
        kind = "good" if added else "warn"
        path = f"/admin/issues/{issue}#order"
        return self.pages.done(staff_request.request, path, text, kind=kind)

    def _added(self, staff_request: StaffRequest, issue: int, numbers: Sequence[int]) -> int:
        """
        Put the briefs that the draft does not have at its end, and return how many they are.
        """
        by = staff_request.actor
        stored = issue_pages.content(self.app, issue, by=by)
        kept = DraftContent.of(stored.issue, stored.briefs)
        before = [each for each, _ in kept.briefs]
        order = list(dict.fromkeys((*before, *numbers)))
        usual = dict(shown(order)) | dict(kept.briefs)
        is_usual = kept.template == template_for(None, len(before))
        wanted = replace(
            kept,
            briefs=tuple((each, usual[each]) for each in order),
            template=template_for(None if is_usual else kept.template, len(order)),
        )
        drafts.save_draft(self.app, issue, wanted, audience=None, seen=kept.version, by=by)
        return len(order) - len(before)

    def _needs_some(self, staff_request: StaffRequest) -> Response:
        text = staff_request.words.gettext("Nothing was changed: pick briefs first.")
        return self.pages.done(staff_request.request, INBOX, text, kind="warn")

    def _page(
        self, staff_request: StaffRequest, numbers: Sequence[int], *errors: FieldError
    ) -> Response:
        by = staff_request.actor
        picked = inbox.briefs_picked(self.app, numbers, by=by)
        open_ones = IssueFilter(states=EDITABLE)
        lists = drafts.lists_to_name(self.app, by=by)
        return self.pages.page(
            staff_request.request,
            "briefs/add-to-draft.html",
            section="briefs",
            action=ADD,
            logged_in=staff_request.logged_in,
            errors=errors,
            picked=picked,
            drafts=issue_pages.rows(self.app, open_ones, limit=_MOST_DRAFTS, by=by),
            names={each.slug: each.name for each in lists},
        )
