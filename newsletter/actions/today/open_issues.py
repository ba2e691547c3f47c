"""
The action that shows the issues that concern staff now: drafts, those that are being sent, and
those that were sent lately.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import IssueState
from newsletter.store.access.audit import list_entries
from newsletter.store.delivery.status.progress import IssueProgress, progress_of
from newsletter.store.operations.today import open_issues
from newsletter.store.operations.today.open_issues import OpenIssue

# Issues are shown by number, the newest first: of more than these, only the newest.
MOST = 100
# Of many, those called off last.
_MOST_CALLED_OFF = 10
# The rate of sending is that of the last minute.
LATELY = dt.timedelta(minutes=1)
LIVE = (IssueState.FREEZING, IssueState.SENDING, IssueState.PAUSED)


@dataclass(frozen=True, kw_only=True)
class IssuesNow:
    """
    The issues within reach, newest first, and the progress of those that were frozen.
    """

    issues: Sequence[OpenIssue]
    progress: Mapping[int, IssueProgress]

    def in_states(self, *states: IssueState) -> list[OpenIssue]:
        """
        Return those in one of *states*.
        """
        return [each for each in self.issues if each.issue.state in states]


@requires(Permission.ISSUES_READ, "today.issues", about=shared(ObjectKind.ISSUE))
def load(app: App, *, sent_since: dt.datetime | None = None, by: Actor) -> IssuesNow:
    """
    Return the issues within reach that are open, or were submitted since *sent_since*.
    """
    now = app.clock()
    with app.database.read() as connection:
        found = open_issues.open_issues(connection, sent_since=sent_since or now, most=MOST)
        known = [each for each in found if by.sees_all(each.issue.audience.lists)]
        frozen = [
            each.issue.id
            for each in known
            if each.issue.state in LIVE or each.submitted_at is not None
        ]
        progress = progress_of(connection, frozen, lately=now - LATELY) if frozen else {}
        return IssuesNow(issues=known, progress=progress)


@dataclass(frozen=True, kw_only=True)
class CalledOff:
    """
    An issue that somebody cancelled before anybody got it. The issue has the reason.
    """

    issue: OpenIssue
    at: dt.datetime
    actor: str


@requires(Permission.ISSUES_READ, "today.called_off", about=shared(ObjectKind.ISSUE))
def called_off(app: App, *, since: dt.datetime, by: Actor) -> list[CalledOff]:
    """
    Return the issues within reach that were cancelled after *since*, before they were frozen, the
    last one first.
    """
    with app.database.read() as connection:
        wanted = {"action": "issue.cancel", "since": since}
        entries = list_entries(connection, wanted, before=None, limit=_MOST_CALLED_OFF)
        numbers = [int(each.object_id) for each in entries if each.object_id]
        found = open_issues.issues_numbered(connection, numbers) if numbers else []
    known = {
        each.issue.id: each
        for each in found
        if each.frozen_at is None
        and each.issue.state is IssueState.CANCELLED
        and by.sees_all(each.issue.audience.lists)
    }
    return [
        CalledOff(issue=known[int(each.object_id)], at=each.at, actor=each.actor)
        for each in entries
        if each.object_id and int(each.object_id) in known
    ]
