"""
The ledger's moves: a batch's intent is written, its result kept (`claiming` comes before).

Every move is one guarded UPDATE: it names the state, owner and epoch it expects, and whoever
comes second changes nothing. At most six statements a batch, from claim to settled.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BATCH_MOVES, BatchState, DeliveryState
from newsletter.model.issue import IssueState
from newsletter.store.flow_control.kill_switch import NOT_STOPPED
from newsletter.store.issues.issues import mark_briefs_used
from newsletter.store.queue.jobs import enqueue, forget_jobs
from newsletter.store.tables import batch, issue

_ITS_ISSUE_SENDS = sa.exists().where(
    issue.c.id == batch.c.issue_id, issue.c.state == IssueState.SENDING
)
_OPEN = (BatchState.PENDING, BatchState.CLAIMED, BatchState.WAITING)


@dataclass(frozen=True, kw_only=True)
class ClaimedBatch:
    """
    A batch as its owner holds it. `epoch` fences: a move by an older epoch changes nothing.
    `provider` is whom it was claimed for, and so whom it was handed to, if it was. No call begins
    from `not_after` on, when the quiet hours of its readers begin.
    """

    id: int
    issue_id: int
    no: int
    epoch: int
    tries: int
    provider: str
    owner: str | None
    key: str | None = None
    body_hash: str | None = None
    handed_at: dt.datetime | None = None
    not_after: dt.datetime | None = None


BATCH_COLUMNS = (
    batch.c.id,
    batch.c.issue_id,
    batch.c.no,
    batch.c.epoch,
    batch.c.tries,
    batch.c.provider,
    batch.c.owner,
    batch.c.key,
    batch.c.body_hash,
    batch.c.handed_at,
    batch.c.not_after,
)


def write_intent(
    connection: sa.Connection, held: ClaimedBatch, *, key: str, body_hash: str, now: dt.datetime
) -> bool:
    """
    Whether the batch is HANDING now, its key and body hash written: still ours, its issue still
    sending, and nothing stopped.
    """
    return _move(
        connection,
        held,
        BatchState.SUBMITTING,
        also=(_ITS_ISSUE_SENDS, NOT_STOPPED),
        key=key,
        body_hash=body_hash,
        handed_at=now,
        tries=held.tries + 1,
    )


def release_claim(connection: sa.Connection, held: ClaimedBatch) -> bool:
    """
    Gives a claimed batch back: nothing of it left.
    """
    released = _move(connection, held, BatchState.PENDING, owner=None, lease_until=None)
    return _enqueue_if(connection, held, released)


def settle(
    connection: sa.Connection,
    held: ClaimedBatch,
    *,
    outcome: DeliveryState,
    now: dt.datetime,
    reason: str = "",
) -> bool:
    """
    Whether the batch is SETTLED now: its deliveries are *outcome* but for those that say
    otherwise themselves.
    """
    return _move(
        connection,
        held,
        BatchState.SETTLED,
        outcome=outcome,
        reason=reason,
        hold=None,
        settled_at=now,
        lease_until=None,
    )


def schedule_retry(
    connection: sa.Connection,
    held: ClaimedBatch,
    *,
    not_before: dt.datetime,
    reason: str,
    is_try: bool = True,
) -> bool:
    """
    Puts a batch off of which nothing was taken. What was no try (no call was made, or it only
    came too fast) makes no later wait longer.
    """
    waits = _move(
        connection,
        held,
        BatchState.WAITING,
        not_before=not_before,
        reason=reason,
        hold=None,
        owner=None,
        lease_until=None,
        tries=held.tries + is_try,
    )
    return _enqueue_if(connection, held, waits)


def release_interrupted(connection: sa.Connection, held: ClaimedBatch, *, now: dt.datetime) -> None:
    """
    Release a batch whose intent met a database error, whether it was written or not: no call was
    made.
    """
    if not release_claim(connection, held):
        schedule_retry(
            connection,
            held,
            not_before=now,
            reason="the database broke before the call",
            is_try=False,
        )


def _enqueue_if(connection: sa.Connection, held: ClaimedBatch, is_open: bool) -> bool:
    if is_open:
        enqueue([held.id], connection)
    return is_open


def mark_uncertain(
    connection: sa.Connection, held: ClaimedBatch, *, not_before: dt.datetime, reason: str
) -> bool:
    """
    Whether the batch is UNCERTAIN now, to be looked at from *not_before* on.
    """
    return _move(
        connection,
        held,
        BatchState.UNCERTAIN,
        not_before=not_before,
        reason=reason,
        hold=None,
        lease_until=None,
    )


def _move(
    connection: sa.Connection,
    held: ClaimedBatch,
    to: BatchState,
    *,
    also: tuple[sa.ColumnElement[bool], ...] = (),
    **values: Any,
) -> bool:
    told = {f"new_{name}": value for name, value in values.items()}
    told |= {"held_id": held.id, "held_epoch": held.epoch}
    return connection.execute(_moving(to, also, tuple(values)), told).rowcount == 1


# Put together once: SQLAlchemy takes longer for that than SQLite takes to run it.
@functools.cache
def _moving(
    to: BatchState, also: tuple[sa.ColumnElement[bool], ...], names: tuple[str, ...]
) -> sa.Update:
    """
    Moves the batch `held_id` of epoch `held_epoch`; `new_NAME` is the value of each of *names*.
    """
    start = [state for state, ends in BATCH_MOVES.items() if to in ends]
    return (
        sa.update(batch)
        .where(
            batch.c.id == sa.bindparam("held_id"),
            batch.c.epoch == sa.bindparam("held_epoch"),
            batch.c.state.in_(start),
            *also,
        )
        .values(state=to, **{name: sa.bindparam(f"new_{name}") for name in names})
    )


def cancel_open(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> int:
    """
    How many batches were cancelled: all of the issue's of which no hand-over has begun.
    """
    cancelled = connection.execute(
        sa.update(batch)
        .where(batch.c.issue_id == issue_id, batch.c.state.in_(_OPEN))
        .values(
            state=BatchState.SETTLED,
            outcome=DeliveryState.CANCELLED,
            epoch=batch.c.epoch + 1,
            settled_at=now,
        )
    )
    forget_jobs(connection, issue_id)
    return int(cancelled.rowcount)


# Looked for state by state: by the issue alone, each batch of a long one would read through all
# those before it, and for several states at once SQLite may choose to.
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
    )
    .values(state=IssueState.SUBMITTED, submitted_at=sa.bindparam("at"))
)


def finish_issue(connection: sa.Connection, issue_id: int, *, now: dt.datetime) -> bool:
    """
    Whether the issue is submitted now, its briefs used: it was sending and every batch is settled.
    """
    finished = connection.execute(_FINISH, {"of_issue": issue_id, "at": now})
    if finished.rowcount == 0:
        return False
    mark_briefs_used(connection, issue_id)
    forget_jobs(connection, issue_id)
    return True


def submit_finished_issues(connection: sa.Connection, *, now: dt.datetime) -> list[int]:
    """
    The issues that are submitted now, for their batches are all settled: the last of them may have
    settled while the issue was paused, or two at once. What came back to a cancelled issue from a
    call in flight is cancelled too.
    """
    reopened = (
        sa.select(batch.c.issue_id)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(batch.c.state.in_(_OPEN), issue.c.state == IssueState.CANCELLED)
        .distinct()
    )
    for issue_id in connection.execute(reopened).scalars().all():
        cancel_open(connection, issue_id, now=now)
    sending = sa.select(issue.c.id).where(issue.c.state == IssueState.SENDING)
    found = connection.execute(sending).scalars().all()
    return [issue_id for issue_id in found if finish_issue(connection, issue_id, now=now)]
