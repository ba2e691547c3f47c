"""
Load one issue with everything that is stored about it, and the latest issues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues.issue_delivery import timezone_of
from newsletter.app import App
from newsletter.delivery.trace import subject_of
from newsletter.issues.approval import ApprovalState, approval_state
from newsletter.issues.deadlines import lacks_approval
from newsletter.issues.rendering import shortened_in
from newsletter.issues.status import count_readers
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import EDITABLE, ChosenBrief, DeadlineAction, Issue, IssueState
from newsletter.model.mail import Shortened
from newsletter.store.issues.corrections import changed_briefs
from newsletter.store.issues.issues import chosen_briefs, load_issue
from newsletter.store.issues.listing import first_headlines, latest_issues
from newsletter.store.issues.preflight import StoredCheck, load_check
from newsletter.store.scheduling.schedules import load_schedule


@dataclass(frozen=True, kw_only=True)
class IssueDetails:
    """
    An issue with its briefs, readers, schedule and last check. `readers` are those it would go to
    while it is open, and its frozen audience afterwards; `approval` is None from the freeze on.
    `at_deadline` is what its deadline really does: it does not send what lacks an approval.
    `timezone` is that of its schedule, or else of its first list.
    """

    issue: Issue
    subject: str | None
    schedule: str | None
    readers: int
    approval: tuple[ApprovalState, str] | None
    at_deadline: DeadlineAction | None
    briefs: Sequence[ChosenBrief]
    changed_briefs: Sequence[int]
    shortened: Sequence[Shortened]
    check: StoredCheck | None
    timezone: str


@requires(Permission.ISSUES_READ, "issue.show", about=the_issue())
def issue_details(app: App, issue_id: int, *, by: Actor) -> IssueDetails:
    """
    Return one issue with everything that is known about it.

    Raises:
        NotFound: there is no such issue.
    """
    zone = timezone_of(app, issue_id, by=by)
    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        is_open = issue.state in EDITABLE
        rule = load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
        return IssueDetails(
            issue=issue,
            subject=subject_of(connection, issue),
            schedule=rule.name if rule else None,
            readers=count_readers(connection, issue, now=app.clock()),
            approval=approval_state(app.publishing, issue) if is_open else None,
            at_deadline=_at_deadline(connection, issue),
            briefs=chosen_briefs(connection, issue_id),
            changed_briefs=[sent.id for sent in changed_briefs(connection, issue_id)],
            shortened=shortened_in(app.publishing, issue_id),
            check=load_check(connection, issue_id),
            timezone=rule.timezone if rule else zone,
        )


def _at_deadline(connection: sa.Connection, issue: Issue) -> DeadlineAction | None:
    if issue.at_deadline is DeadlineAction.SEND and lacks_approval(connection, issue):
        return DeadlineAction.HOLD
    return issue.at_deadline


@dataclass(frozen=True, kw_only=True)
class ListedIssue:
    """
    An issue in a list. `subject` is the one it was sent with or that staff typed; `headline` is
    the headline of its first brief.
    """

    issue: Issue
    subject: str | None
    headline: str | None

    @classmethod
    def all_of(cls, connection: sa.Connection, found: Sequence[Issue]) -> list[ListedIssue]:
        """
        Return *found* with what a list shows of them.
        """
        headlines = first_headlines(connection, [issue.id for issue in found])
        return [
            cls(
                issue=issue, subject=subject_of(connection, issue), headline=headlines.get(issue.id)
            )
            for issue in found
        ]


@requires(Permission.ISSUES_READ, "issue.list", about=shared(ObjectKind.ISSUE))
def latest(
    app: App, *, limit: int | None, state: IssueState | None = None, by: Actor
) -> list[ListedIssue]:
    """
    Return the latest issues within reach, newest first; with *state*, only those in it.
    """
    with app.database.read() as connection:
        found = latest_issues(
            connection, most=limit, state=state, is_wanted=lambda rule: by.sees_all(rule.lists)
        )
        return ListedIssue.all_of(connection, found)
