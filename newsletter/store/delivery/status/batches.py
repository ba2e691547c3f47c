"""
Sum up the batches of an issue: what is due, what waits and for what, and how fast they are settled.
No delivery is read one by one, so that this costs the same for a million readers.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.store.delivery.status.counts import BATCH_SIZE
from newsletter.store.delivery.status.shown import IN_BATCH
from newsletter.store.tables import batch, delivery
from subscribers.database.columns import UtcDateTime


@dataclass(frozen=True, kw_only=True)
class BatchGroup:
    """
    Batches of an issue in one state that wait for the same. `readers` are those of them without a
    result of their own. `is_recent`: they were settled since the time that was asked for.
    """

    state: BatchState
    hold: HoldReason | None
    reason: str
    provider: str | None
    is_recent: bool
    readers: int
    largest: int
    next_at: dt.datetime | None
    first_settled_at: dt.datetime | None
    last_settled_at: dt.datetime | None
    called_at: dt.datetime | None


def batch_groups(
    connection: sa.Connection, issue_id: int, *, since: dt.datetime
) -> list[BatchGroup]:
    """
    Return the batches of an issue in groups. Those settled after *since* are a group of their own.
    """
    rows = connection.execute(_select_groups(), {"issue": issue_id, "since": since})
    return [
        BatchGroup(
            state=BatchState(row.state),
            hold=HoldReason(row.hold) if row.hold else None,
            reason=row.shown or "",
            provider=row.provider,
            is_recent=bool(row.is_recent),
            readers=row.readers,
            largest=row.largest,
            next_at=row.next_at,
            first_settled_at=row.first_settled_at,
            last_settled_at=row.last_settled_at,
            called_at=row.called_at,
        )
        for row in rows
    ]


@functools.cache
def _select_groups() -> sa.Select[Any]:
    is_settled = batch.c.state == BatchState.SETTLED
    since = sa.bindparam("since", type_=UtcDateTime)
    is_recent = sa.case((batch.c.settled_at >= since, 1), else_=0)
    # A batch that is held keeps the reason of its last attempt.
    is_shown = batch.c.hold.is_(None) & (batch.c.state == BatchState.WAITING)
    shown = sa.case((is_shown, batch.c.reason))
    own = (
        sa.select(sa.func.count())
        .select_from(delivery)
        .where(IN_BATCH, delivery.c.state.is_not(None))
        .scalar_subquery()
    )
    left = BATCH_SIZE - sa.case((is_settled, 0), else_=own)
    groups = (batch.c.state, batch.c.hold, shown, batch.c.provider, is_recent)
    return (
        sa.select(
            batch.c.state,
            batch.c.hold,
            shown.label("shown"),
            batch.c.provider,
            is_recent.label("is_recent"),
            sa.cast(sa.func.sum(left), sa.BigInteger).label("readers"),
            sa.func.max(BATCH_SIZE).label("largest"),
            sa.func.min(batch.c.not_before).label("next_at"),
            sa.func.min(batch.c.settled_at).label("first_settled_at"),
            sa.func.max(batch.c.settled_at).label("last_settled_at"),
            sa.func.max(batch.c.call_started_at).label("called_at"),
        )
        .where(batch.c.issue_id == sa.bindparam("issue", type_=sa.Integer))
        .group_by(*groups)
        .order_by(sa.func.min(batch.c.no))
    )
