"""
Count the deliveries of an issue: by state, by reason, and by provider.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.reason_words import delivery_reason
from newsletter.store.delivery.status.shown import (
    BATCH_STATE,
    IN_BATCH,
    SHOWN_STATE,
    select_replaced,
)
from newsletter.store.tables import batch, delivery, exclusion


@dataclass(frozen=True, kw_only=True)
class Counts:
    """
    An issue's audience by state. The six states always add up to `audience`.
    """

    audience: int
    by_state: dict[DeliveryState, int]
    excluded: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """
        Return the status in the shape of `issue status --json`.
        """
        states = {state.value: self.by_state.get(state, 0) for state in DeliveryState}
        return {"audience": self.audience, **states, "excluded": self.excluded}


def count_deliveries(connection: sa.Connection, issue_id: int) -> Counts:
    """
    Count the deliveries of an issue by state; all zero before the freeze. Who was sent it again
    counts once, with the latest state.
    """
    people: Counter[DeliveryState] = Counter()
    for state, number in connection.execute(_count_by_batch(issue_id)):
        people[DeliveryState(state)] += number
    for own_state, state, number in connection.execute(_count_own_states(issue_id)):
        people[DeliveryState(own_state)] += number
        people[DeliveryState(state)] -= number
    for state, number in connection.execute(_count_replaced(issue_id)):
        people[DeliveryState(state)] -= number
    by_state = dict(+people)
    left_out = connection.execute(
        sa.select(exclusion.c.reason, sa.func.count().label("people"))
        .where(exclusion.c.issue_id == issue_id)
        .group_by(exclusion.c.reason)
    ).all()
    return Counts(
        audience=sum(by_state.values()),
        by_state=by_state,
        excluded={row.reason: row.people for row in left_out},
    )


def _count_by_batch(issue_id: int) -> sa.Select[Any]:
    """
    Select the number of deliveries by the state of their batch.
    """
    # Batches from before their size was written have none.
    counted = sa.select(sa.func.count()).select_from(delivery).where(IN_BATCH).scalar_subquery()
    size = sa.func.coalesce(batch.c.size, counted)
    return (
        # PostgreSQL adds whole numbers up to a decimal one.
        sa.select(BATCH_STATE, sa.cast(sa.func.sum(size), sa.BigInteger))
        .where(batch.c.issue_id == issue_id)
        .group_by(BATCH_STATE)
    )


def _count_own_states(issue_id: int) -> sa.Select[Any]:
    """
    Select the number of deliveries with a state of their own, by that and the state of their batch.
    """
    return (
        sa.select(delivery.c.state, BATCH_STATE, sa.func.count())
        .select_from(delivery)
        .outerjoin(batch, IN_BATCH)
        .where(delivery.c.issue_id == issue_id, delivery.c.state.is_not(None))
        .group_by(delivery.c.state, BATCH_STATE)
    )


def _count_replaced(issue_id: int) -> sa.Select[Any, Any]:
    return (
        sa.select(SHOWN_STATE, sa.func.count())
        .select_from(delivery)
        .outerjoin(batch, IN_BATCH)
        .where(delivery.c.id.in_(select_replaced(issue_id)))
        .group_by(SHOWN_STATE)
    )


def reasons(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the deliveries of an issue by the reason they were rejected or skipped for.
    """
    rows = connection.execute(
        sa.select(delivery.c.reason, delivery.c.settled_by, sa.func.count().label("people"))
        .where(
            delivery.c.issue_id == issue_id,
            delivery.c.state.is_not(None),
            delivery.c.id.not_in(select_replaced(issue_id)),
            (delivery.c.reason != "") | delivery.c.settled_by.is_not(None),
        )
        .group_by(delivery.c.reason, delivery.c.settled_by)
    )
    return {delivery_reason(row.settled_by, row.reason): row.people for row in rows}


def taken_by(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the recipients of an issue that each provider accepted, by provider name.
    """
    rows = connection.execute(
        sa.select(batch.c.provider, sa.func.count().label("people"))
        .select_from(delivery)
        .join(batch, IN_BATCH)
        .where(
            delivery.c.issue_id == issue_id,
            batch.c.provider.is_not(None),
            SHOWN_STATE == DeliveryState.ACCEPTED,
        )
        .group_by(batch.c.provider)
        .order_by(batch.c.provider)
    )
    return {row.provider: row.people for row in rows}
