"""
The action that shows the issues that concern staff now: drafts, those that are being sent, and
those that were sent lately.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.progress import IssueProgress, progress_of
from newsletter.store.operations.today import open_issues
from newsletter.store.operations.today.open_issues import OpenIssue

# Issues are shown by number, the newest first: of more than these, only the newest.
MOST = 100
# The rate of sending is that of the last minute.
LATELY = dt.timedelta(minutes=1)
LIVE = (IssueState.FREEZING, IssueState.SENDING, IssueState.PAUSED)


@dataclass(frozen=True, kw_only=True)
class IssuesNow:
    """
    The issues within reach, newest first, and the progress of those that were frozen. `called_off`
    are those that somebody cancelled before anybody got them. `changers` are those who changed an
    issue last that a second person has to approve and none has, by its number; nobody looked for
    them yet.
    """

    issues: Sequence[OpenIssue]
    progress: Mapping[int, IssueProgress]
    called_off: Sequence[OpenIssue] = ()
    changers: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def in_states(self, *states: IssueState) -> list[OpenIssue]:
        """
        Return those in one of *states*.
        """
        return [each for each in self.issues if each.issue.state in states]


@requires(Permission.ISSUES_READ, "today.issues", about=shared(ObjectKind.ISSUE))
def load(app: App, *, sent_since: dt.datetime | None = None, by: Actor) -> IssuesNow:
    """
    Return the issues within reach that are open, or were submitted or called off since
    *sent_since*.
    """
    now = app.clock()
    with app.database.read() as connection:
        found = open_issues.open_issues(connection, sent_since=sent_since or now, most=MOST)
        seen = [each for each in found if by.sees_all(each.issue.audience.lists)]
        known = [each for each in seen if each.issue.state is not IssueState.CANCELLED]
        frozen = [
            each.issue.id
            for each in known
            if each.issue.state in LIVE or each.submitted_at is not None
        ]
        progress = progress_of(connection, frozen, lately=now - LATELY) if frozen else {}
        called_off = [each for each in seen if each.called_off_at and each not in known]
        return IssuesNow(issues=known, progress=progress, called_off=called_off)
