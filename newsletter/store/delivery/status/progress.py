"""
Count the deliveries of several issues in one statement: by state, how many were settled lately, and
what those that wait are waiting for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, HoldReason
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.counts import BATCH_SIZE
from newsletter.store.delivery.status.shown import (
    BATCH_STATE,
    IN_BATCH,
    NOT_YET,
    SHOWN_STATE,
    Issues,
    any_of,
    select_replaced,
)
from newsletter.store.tables import batch, delivery, issue


@dataclass(frozen=True, kw_only=True)
class IssueProgress:
    """
    The recipients of an issue by state, and how many were settled lately. If some are `waiting`, it
    is at least until `waits_until`, and because of `hold` or for `reason`.
    """

    by_state: dict[DeliveryState, int] = field(default_factory=dict)
    settled_lately: int = 0
    waiting: int = 0
    waits_until: dt.datetime | None = None
    hold: HoldReason | None = None
    reason: str = ""

    @property
    def audience(self) -> int:
        return sum(self.by_state.values())

    def count(self, state: DeliveryState) -> int:
        """
        Return how many recipients are in the state.
        """
        return self.by_state.get(state, 0)


NO_PROGRESS = IssueProgress()


def progress_of(
    connection: sa.Connection, issues: Issues, *, lately: dt.datetime
) -> dict[int, IssueProgress]:
    """
    Count the deliveries of *issues*, and those settled since *lately*; an issue that is not frozen
    is left out. Who was sent an issue again counts once, with the latest state.
    """
    rows = connection.execute(
        sa.union_all(_by_batch(issues, lately), _by_own_state(issues), _replaced(issues))
    )
    found: dict[int, IssueProgress] = {}
    for row in rows:
        found[row.issue_id] = _with_row(found.get(row.issue_id, NO_PROGRESS), row)
    return found


def count_pending(connection: sa.Connection) -> int:
    """
    Count the recipients who are pending in everything that is being sent, notices too.
    """
    is_pending = (issue.c.state == IssueState.SENDING) & batch.c.state.in_(NOT_YET)
    # Joined, so that SQLite begins with the few issues that are being sent.
    sending = issue.join(batch, batch.c.issue_id == issue.c.id)
    whole = sa.select(sa.func.sum(BATCH_SIZE)).select_from(sending).where(is_pending)
    apart = (
        sa.select(sa.func.count())
        .select_from(sending.join(delivery, IN_BATCH))
        .where(is_pending, delivery.c.state.is_not(None))
    )
    row = connection.execute(sa.select(whole.scalar_subquery(), apart.scalar_subquery())).one()
    return int(row[0] or 0) - int(row[1])


def _by_batch(issues: Issues, lately: dt.datetime) -> sa.Select[Any]:
    is_waiting = batch.c.state == BatchState.WAITING
    return (
        sa.select(
            batch.c.issue_id,
            BATCH_STATE.label("state"),
            sa.literal_column("NULL").label("before"),
            _whole(sa.func.sum(BATCH_SIZE)).label("people"),
            _whole(sa.func.sum(sa.case((batch.c.settled_at >= lately, BATCH_SIZE), else_=0))).label(
                "settled_lately"
            ),
            _whole(sa.func.sum(sa.case((is_waiting, BATCH_SIZE), else_=0))).label("waiting"),
            sa.func.min(sa.case((is_waiting, batch.c.not_before))).label("until"),
            sa.func.min(sa.case((is_waiting, batch.c.hold))).label("hold"),
            sa.func.min(sa.case((is_waiting & batch.c.hold.is_(None), batch.c.reason))).label(
                "reason"
            ),
        )
        .where(batch.c.issue_id.in_(issues))
        .group_by(batch.c.issue_id, BATCH_STATE)
    )


def _by_own_state(issues: Issues) -> sa.Select[Any]:
    """
    Select the deliveries with a state of their own, and the state of their batch, in which they
    were counted `before`.
    """
    return (
        sa.select(
            delivery.c.issue_id, delivery.c.state, BATCH_STATE, sa.func.count(), *_nothing_else()
        )
        .select_from(delivery)
        .outerjoin(batch, IN_BATCH)
        .where(delivery.c.issue_id.in_(any_of(issues)), delivery.c.state.is_not(None))
        .group_by(delivery.c.issue_id, delivery.c.state, BATCH_STATE)
    )


def _replaced(issues: Issues) -> sa.Select[Any]:
    """
    Select the deliveries that are not the latest to their reader, to be subtracted.
    """
    return (
        sa.select(
            delivery.c.issue_id,
            sa.literal_column("NULL"),
            SHOWN_STATE,
            sa.func.count(),
            *_nothing_else(),
        )
        .select_from(delivery)
        .outerjoin(batch, IN_BATCH)
        .where(delivery.c.id.in_(select_replaced(issues)))
        .group_by(delivery.c.issue_id, SHOWN_STATE)
    )


def _whole(number: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    # PostgreSQL adds whole numbers up to a decimal one.
    return sa.cast(number, sa.BigInteger)


def _nothing_else() -> list[sa.ColumnElement[Any]]:
    return [sa.literal_column("0"), sa.literal_column("0"), *[sa.literal_column("NULL")] * 3]


def _with_row(known: IssueProgress, row: Any) -> IssueProgress:
    by_state = dict(known.by_state)
    for state, people in ((row.state, row.people), (row.before, -row.people)):
        if state is not None:
            by_state[DeliveryState(state)] = by_state.get(DeliveryState(state), 0) + people
    return IssueProgress(
        by_state=by_state,
        settled_lately=known.settled_lately + row.settled_lately,
        waiting=known.waiting + row.waiting,
        waits_until=min(filter(None, (known.waits_until, row.until)), default=None),
        hold=known.hold or (HoldReason(row.hold) if row.hold else None),
        reason=known.reason or row.reason or "",
    )
