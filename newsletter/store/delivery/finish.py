"""
End an issue: submitted when its last batch is settled, or cancelled.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import IssueState
from newsletter.store.content.sent_briefs import mark_briefs_used
from newsletter.store.outgoing.issue_events import add_submitted_events
from newsletter.store.queue.jobs import forget_jobs
from newsletter.store.tables import batch, issue, standing_notice
from subscribers.database.columns import UtcDateTime

_OPEN = (BatchState.PENDING, BatchState.CLAIMED, BatchState.WAITING)
# The issue is a notice that people can still be added to.
STANDS = sa.exists().where(standing_notice.c.issue_id == issue.c.id)

_IS_RESENDING = sa.and_(
    issue.c.state.in_([IssueState.SENDING, IssueState.PAUSED]), issue.c.submitted_at.is_not(None)
)


def cancel_open(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> int:
    """
    Cancel the batches of an issue that were not submitted yet, and return how many.
    """
    cancelled = connection.execute(
        sa.update(batch)
        .where(batch.c.issue_id == issue_id, batch.c.state.in_(_OPEN))
        .values(
            state=BatchState.SETTLED,
            outcome=DeliveryState.CANCELLED,
            hold=None,
            epoch=batch.c.epoch + 1,
            settled_at=now,
        )
    )
    forget_jobs(connection, issue_id)
    return int(cancelled.rowcount)


def is_resending(connection: sa.Connection, issue_id: int) -> bool:
    """
    Return whether the issue is being sent again to named people, after its own sending has ended.
    """
    found = sa.select(issue.c.id).where(issue.c.id == issue_id, _IS_RESENDING)
    return connection.scalar(found) is not None


def end_resending(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> bool:
    """
    End the sending of an issue again to named people, if that is why it is being sent, and return
    whether it is: what was not submitted yet is cancelled, and the issue stays submitted.
    """
    resumed = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, _IS_RESENDING)
        .values(state=IssueState.SENDING, pause_reason=None, auto_paused_at=None)
    )
    if resumed.rowcount == 0:
        return False
    cancel_open(connection, issue_id, now=now)
    finish_issue(connection, issue_id, now=now)
    return True


# One query for each state. A query by issue alone would read all earlier batches of a long issue
# each time, and SQLite may do the same for several states at once.
_UNSETTLED = [
    sa.exists().where(batch.c.issue_id == sa.bindparam("of_issue"), batch.c.state == state)
    for state in BatchState
    if state is not BatchState.SETTLED
]
_FINISH = (
    sa.update(issue)
    .where(
        issue.c.id == sa.bindparam("of_issue"),
        issue.c.state == IssueState.SENDING,
        *(~some for some in _UNSETTLED),
        ~STANDS,
    )
    # One that was sent again to somebody keeps the time of the first send.
    .values(
        state=IssueState.SUBMITTED,
        submitted_at=sa.func.coalesce(issue.c.submitted_at, sa.bindparam("at", type_=UtcDateTime)),
    )
    .returning(issue.c.submitted_at)
)


def finish_issue(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> bool:
    """
    Mark a sending issue as submitted if every batch is settled, and its briefs as used. Return
    whether it is submitted now. A standing notice keeps sending.
    """
    finished = connection.execute(_FINISH, {"of_issue": issue_id, "at": now}).first()
    if finished is None:
        return False
    if finished.submitted_at == now:
        add_submitted_events(connection, issue_id, now=now)
    mark_briefs_used(connection, issue_id)
    forget_jobs(connection, issue_id)
    return True


def submit_finished_issues(connection: sa.Connection, *, now: dt.datetime) -> list[int]:
    """
    Mark issues as submitted if every batch is settled, and return them. This is needed if the last
    batch was settled while the issue was paused, or the last two at the same time. Also cancel
    batches of a cancelled issue that a call in flight made pending again.
    """
    reopened = (
        sa.select(batch.c.issue_id)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(batch.c.state.in_(_OPEN), issue.c.state == IssueState.CANCELLED)
        .distinct()
    )
    for issue_id in connection.execute(reopened).scalars().all():
        cancel_open(connection, issue_id, now=now)
    return [
        issue_id
        for issue_id in unfinished_issues(connection)
        if finish_issue(connection, issue_id, now=now)
    ]


def unfinished_issues(connection: sa.Connection) -> list[int]:
    """
    Return the issues that are sending until everybody has them, by number: not the standing
    notices.
    """
    sending = sa.select(issue.c.id).where(issue.c.state == IssueState.SENDING, ~STANDS)
    return [int(number) for number in connection.scalars(sending.order_by(issue.c.id))]
