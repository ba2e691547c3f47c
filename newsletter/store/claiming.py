"""
The ledger's first move: a batch becomes one owner's, and nobody else's. `batches` has the others.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueState
from newsletter.store.batches import BATCH_COLUMNS, BatchRow
from newsletter.store.schema import batch, issue
from newsletter.store.second import CARRIER
from newsletter.store.stops import NOTHING_STOPS
from subscribers.columns import UtcDateTime


def claim_batch(
    connection: sa.Connection,
    *,
    owner: str,
    now: dt.datetime,
    lease: dt.timedelta,
    issue_id: int | None = None,
    batch_id: int | None = None,
    resting: Sequence[str] = (),
) -> BatchRow | None:
    """
    The next batch of a sending issue, or the one numbered *batch_id*, now claimed by *owner*; None
    when there is none that may go, and while everything is stopped. It is claimed for whoever
    carries its issue now, its provider or its second one; what goes to those that are *resting* is
    left alone.
    """
    told = {"claimer": owner, "at": now, "until": now + lease}
    named = {"of_issue": issue_id, "of_batch": batch_id, "resting": list(resting) or None}
    only = {name: value for name, value in named.items() if value is not None}
    for state in (BatchState.PENDING, BatchState.WAITING):
        claim = _claim(state, tuple(only))
        row = connection.execute(claim, {**told, **only}).one_or_none()
        if row is not None:
            return BatchRow(**row._mapping)
    return None


# Put together once: SQLAlchemy takes longer for that than SQLite takes to run it.
@functools.cache
def _claim(state: BatchState, only: tuple[str, ...]) -> Any:
    """
    Claims a batch in *state*. Its values are `claimer`, `at`, `until`, and those named in *only*:
    `of_issue`, `of_batch` and `resting` narrow the choice.
    """
    now = sa.bindparam("at", type_=UtcDateTime)
    candidate = (
        sa.select(batch.c.id)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            batch.c.state == state,
            batch.c.not_after.is_(None) | (batch.c.not_after > now),
            issue.c.state == IssueState.SENDING,
            NOTHING_STOPS,
        )
        .order_by(batch.c.issue_id, batch.c.no)
        .limit(1)
        .with_for_update(skip_locked=True, of=batch)
    )
    if state is BatchState.WAITING:
        candidate = candidate.where(batch.c.not_before <= now)
    narrowed = {
        "of_issue": batch.c.issue_id == sa.bindparam("of_issue"),
        "of_batch": batch.c.id == sa.bindparam("of_batch"),
        "resting": CARRIER.not_in(sa.bindparam("resting", expanding=True)),
    }
    candidate = candidate.where(*(narrowed[name] for name in only))
    return (
        sa.update(batch)
        .where(batch.c.id == candidate.scalar_subquery())
        .values(
            state=BatchState.CLAIMED,
            owner=sa.bindparam("claimer"),
            provider=sa.select(CARRIER).where(issue.c.id == batch.c.issue_id).scalar_subquery(),
            epoch=batch.c.epoch + 1,
            lease_until=sa.bindparam("until"),
        )
        .returning(*BATCH_COLUMNS)
    )
