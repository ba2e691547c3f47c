"""
Begin a draft: choose its lists, and briefs from the inbox.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.guard.requires import require_permission
from newsletter.actions.issues.drafts import content as drafts
from newsletter.actions.issues.drafts.content import DraftChoices
from newsletter.actions.issues.issues import IssueTexts, create_draft
from newsletter.model.access import Permission
from newsletter.model.issue import AudienceRule
from newsletter.web.admin.briefs.picks import Picks
from newsletter.web.admin.issues.drafts.draft_form import numbers_in
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import FieldError, StaffPages

NEW = "/admin/issues/new"


class NewIssuePage:
    """
    The page on which the drafts of one App begin.
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
            self.staff_routes.page(
                NEW, needs=Needs.SESSION, show=self.show, submit=self.create, back=NEW
            )
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the lists and the briefs that wait, with those of the query ticked.
        """
        picked = numbers_in(staff_request.request.query_params.getlist("brief"))
        return self._page(staff_request, self._choices(staff_request), picked)

    def create(self, staff_request: StaffRequest) -> Response:
        """
        Begin a draft with the briefs that were picked. If there is a choice of lists, ask for them.
        """
        choices, typed = self._choices(staff_request), staff_request.typed
        picked = numbers_in(typed.many("brief"))
        lists = _chosen(staff_request, choices)
        if typed.one("do") == "find":
            return self._page(staff_request, choices, picked)
        if not lists:
            _ = staff_request.words.gettext
            error = FieldError(name="lists", text=_("Choose at least one list."))
            return self._page(staff_request, choices, picked, *([error] if typed.one("do") else []))
        number = create_draft(
            self.app,
            AudienceRule(lists=tuple(dict.fromkeys(lists))),
            briefs=picked,
            texts=IssueTexts(),
            by=staff_request.actor,
        )
        return self.pages.redirect(f"/admin/issues/{number}")

    def _choices(self, staff_request: StaffRequest) -> DraftChoices:
        require_permission(staff_request.actor, Permission.ISSUES_WRITE)
        return drafts.choices(self.app, by=staff_request.actor)

    def _page(
        self,
        staff_request: StaffRequest,
        choices: DraftChoices,
        picked: Sequence[int],
        *errors: FieldError,
    ) -> Response:
        asked, typed = staff_request.request.query_params, staff_request.typed
        picks = Picks.load(
            self.app,
            choices.lists,
            find=typed.one("find") or asked.get("find", ""),
            lists=_chosen(staff_request, choices),
            ticked=picked,
            by=staff_request.actor,
        )
        return self.pages.page(
            staff_request.request,
            "issues/new.html",
            section="issues",
            action=NEW,
            logged_in=staff_request.logged_in,
            errors=errors,
            choices=choices,
            lists=typed.many("list"),
            picks=picks,
        )


def _chosen(staff_request: StaffRequest, choices: DraftChoices) -> Sequence[str]:
    """
    Return the lists that were ticked; the only one if there is no other.
    """
    chosen = staff_request.typed.many("list")
    return chosen or [each.slug for each in choices.lists if len(choices.lists) == 1]
