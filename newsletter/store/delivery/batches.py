"""
Move a batch from state to state after its claim: intent, then result (`claims` has the claim).

Every move is one guarded UPDATE: it names the state and the epoch that it expects, so that a late
worker changes nothing. From claim to settled a batch costs at most six statements.
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
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, issue

_ISSUE_IS_SENDING = sa.exists().where(
    issue.c.id == batch.c.issue_id, issue.c.state == IssueState.SENDING
)


@dataclass(frozen=True, kw_only=True)
class ClaimedBatch:
    """
    A batch as its worker claimed it. A move with an older `epoch` changes nothing. The batch is
    submitted to `provider`, which it was claimed for. No call begins at `not_after` or later, when
    the quiet hours of its readers begin. `occasion` is that of all its deliveries if it belongs to
    a notice, or was sent again to named people, else None.
    """

    id: int
    issue_id: int
    no: int
    epoch: int
    attempts: int
    provider: str
    worker_id: str | None
    key: str | None = None
    request_hash: str | None = None
    call_started_at: dt.datetime | None = None
    key_is_no_proof: bool = False
    not_after: dt.datetime | None = None
    occasion: int | None = None


BATCH_COLUMNS = (
    batch.c.id,
    batch.c.issue_id,
    batch.c.no,
    batch.c.epoch,
    batch.c.attempts.label("attempts"),
    batch.c.provider,
    batch.c.worker.label("worker_id"),
    batch.c.key,
    batch.c.request_hash,
    batch.c.call_started_at,
    batch.c.key_is_no_proof,
    batch.c.not_after,
    batch.c.occasion,
)


def write_intent(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    *,
    key: str,
    request_hash: str,
    now: dt.datetime,
) -> bool:
    """
    Record that the batch is about to be submitted. Return False if the claim was lost, the issue is
    not sending, or the kill switch is on.
    """
    return _move(
        connection,
        claimed,
        BatchState.SUBMITTING,
        also=(_ISSUE_IS_SENDING, NOT_STOPPED),
        key=key,
        request_hash=request_hash,
        call_started_at=now,
        key_is_no_proof=False,
        attempts=claimed.attempts + 1,
    )


def release_claim(connection: sa.Connection, claimed: ClaimedBatch) -> bool:
    """
    Make a claimed batch pending again. Return False if the claim was lost.
    """
    released = _move(connection, claimed, BatchState.PENDING, worker=None, lease_until=None)
    return _enqueue_if(connection, claimed, released)


def settle(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    *,
    outcome: DeliveryState,
    now: dt.datetime,
    reason: str = "",
) -> bool:
    """
    Settle the batch. Its deliveries get *outcome*, except those with a state of their own. Return
    False if another worker has settled it.
    """
    return _move(
        connection,
        claimed,
        BatchState.SETTLED,
        outcome=outcome,
        reason=reason,
        hold=None,
        settled_at=now,
        lease_until=None,
    )


def schedule_retry(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    *,
    not_before: dt.datetime,
    reason: str,
    counts_as_attempt: bool = True,
) -> bool:
    """
    Defer a batch of which the provider accepted nothing. The back-off gets longer only for real
    attempts: not if no call was made, or calls only came too fast.
    """
    moved = _move(
        connection,
        claimed,
        BatchState.WAITING,
        not_before=not_before,
        reason=reason,
        hold=None,
        worker=None,
        lease_until=None,
        attempts=claimed.attempts + (1 if counts_as_attempt else 0),
    )
    return _enqueue_if(connection, claimed, moved)


def release_interrupted(
    connection: sa.Connection, claimed: ClaimedBatch, *, now: dt.datetime
) -> None:
    """
    Release a batch whose intent failed with a database error, whether it was committed or not: no
    call was made.
    """
    if not release_claim(connection, claimed):
        schedule_retry(
            connection,
            claimed,
            not_before=now,
            reason="the database failed before the call",
            counts_as_attempt=False,
        )


def _enqueue_if(connection: sa.Connection, claimed: ClaimedBatch, moved: bool) -> bool:
    if moved:
        enqueue([claimed.id], connection)
    return moved


def mark_uncertain(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    *,
    not_before: dt.datetime,
    reason: str,
    key_is_no_proof: bool = False,
) -> bool:
    """
    Mark the outcome of the batch as uncertain, to be reconciled from *not_before* on. Once
    *key_is_no_proof*, that holds for all later replays of the key.
    """
    return _move(
        connection,
        claimed,
        BatchState.UNCERTAIN,
        not_before=not_before,
        reason=reason,
        hold=None,
        lease_until=None,
        key_is_no_proof=claimed.key_is_no_proof or key_is_no_proof,
    )


def _move(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    to: BatchState,
    *,
    also: tuple[sa.ColumnElement[bool], ...] = (),
    **values: Any,
) -> bool:
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {"claimed_id": claimed.id, "claimed_epoch": claimed.epoch}
    return connection.execute(_move_statement(to, also, tuple(values)), parameters).rowcount == 1


# Built once, because building it takes SQLAlchemy longer than running it takes SQLite.
@functools.cache
def _move_statement(
    to: BatchState, also: tuple[sa.ColumnElement[bool], ...], names: tuple[str, ...]
) -> sa.Update:
    """
    Build the move of the batch `claimed_id` of epoch `claimed_epoch`; `new_NAME` is the value of
    each of *names*.
    """
    start = [state for state, ends in BATCH_MOVES.items() if to in ends]
    return (
        sa.update(batch)
        .where(
            batch.c.id == sa.bindparam("claimed_id"),
            batch.c.epoch == sa.bindparam("claimed_epoch"),
            batch.c.state.in_(start),
            *also,
        )
        .values(state=to, **{name: sa.bindparam(f"new_{name}") for name in names})
    )
