"""
Show an issue that is being sent, or was: where its readers are, how fast it goes, what happened,
and what can be done about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from newsletter.actions.issues import issue_status
from newsletter.actions.issues.issue_status import SendingProgress
from newsletter.model.access import Permission
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.reputation import MOST_BOUNCES, MOST_COMPLAINTS
from newsletter.web.admin.issues.left_out import left_out_in_words
from newsletter.web.admin.issues.sending_view import view_of
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError, StaffPages

_CANCELLABLE = frozenset({IssueState.FREEZING, IssueState.SENDING, IssueState.PAUSED})


class SendingPage:
    """
    The page of an issue that can no longer be edited.
    """

    def __init__(self, pages: StaffPages) -> None:
        self.pages = pages
        self.app = pages.app

    def show(
        self,
        staff_request: StaffRequest,
        found: SendingProgress,
        *,
        errors: Sequence[FieldError] = (),
    ) -> Response:
        """
        Show the page, with what is wrong in one of its forms.
        """
        typed = {name: values[0] for name, values in staff_request.typed.values.items()}
        return self.pages.page(
            staff_request.request,
            "issues/sending.html",
            section="issues",
            logged_in=staff_request.logged_in,
            errors=errors,
            typed=typed,
            is_renewed=False,
            **self._values(staff_request, found),
        )

    def show_progress(self, staff_request: StaffRequest, number: int) -> Response:
        """
        Show the parts of the page that change while the issue goes out. If its state changed, the
        browser is told to load the whole page, which has other forms then.
        """
        found = issue_status.progress(self.app, number, by=staff_request.actor)
        response = self.pages.fragment(
            staff_request.request,
            "issues/parts/progress.html",
            logged_in=staff_request.logged_in,
            is_renewed=True,
            **self._values(staff_request, found),
        )
        if found.sent.issue.state.value != staff_request.request.query_params.get("state", ""):
            response.headers["HX-Refresh"] = "true"
        return response

    def _values(self, staff_request: StaffRequest, found: SendingProgress) -> dict[str, Any]:
        now, actor, issue = self.app.clock(), staff_request.actor, found.sent.issue
        view = view_of(found, now=now)
        can_send = Permission.ISSUES_SEND in actor.permissions
        is_issue = issue.kind is IssueKind.ISSUE
        is_submitted = issue.state is IssueState.SUBMITTED
        return {
            "issue": issue,
            "found": found,
            "sent": found.sent,
            "view": view,
            "now": now,
            "reasons": left_out_in_words(found.reasons, staff_request.words),
            "left_out": left_out_in_words(found.counts.excluded, staff_request.words),
            "pending": found.counts.by_state.get(DeliveryState.PENDING, 0),
            "uncertain": found.counts.by_state.get(DeliveryState.UNCERTAIN, 0),
            "is_over": issue.state not in _CANCELLABLE,
            "is_resent": found.sent.submitted_at is not None and issue.state in _CANCELLABLE,
            "providers": [(name, name) for name in self._other_providers(issue.provider)],
            "most_bounces": MOST_BOUNCES,
            "most_complaints": MOST_COMPLAINTS,
            "may": {
                "pause": can_send and issue.state is IssueState.SENDING,
                "resume": can_send and issue.state is IssueState.PAUSED,
                "cancel": can_send and issue.state in _CANCELLABLE,
                "resolve": can_send,
                "correct": can_send and is_issue and is_submitted,
                "resend": can_send
                and is_issue
                and is_submitted
                and Permission.PEOPLE_READ in actor.permissions,
                "duplicate": is_issue and Permission.ISSUES_WRITE in actor.permissions,
                "see_people": Permission.PEOPLE_READ in actor.permissions,
            },
        }

    def _other_providers(self, first: str) -> list[str]:
        """
        Return the providers that are set up beside the one an issue began with.
        """
        return sorted(set(self.app.settings.provider) - {first})
