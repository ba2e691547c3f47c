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

_ISSUE = sa.bindparam("issue", type_=sa.Integer)
_PEOPLE = sa.func.count().label("people")
# Built once: building them takes longer than executing them. Batches from before their size was
# written have none.
BATCH_SIZE = sa.func.coalesce(
    batch.c.size, sa.select(sa.func.count()).select_from(delivery).where(IN_BATCH).scalar_subquery()
)
_BY_BATCH = (
    # PostgreSQL adds whole numbers up to a decimal one.
    sa.select(BATCH_STATE, sa.cast(sa.func.sum(BATCH_SIZE), sa.BigInteger))
    .where(batch.c.issue_id == _ISSUE)
    .group_by(BATCH_STATE)
)
_OWN_STATES = (
    sa.select(delivery.c.state, BATCH_STATE, _PEOPLE)
    .select_from(delivery)
    .outerjoin(batch, IN_BATCH)
    .where(delivery.c.issue_id == _ISSUE, delivery.c.state.is_not(None))
    .group_by(delivery.c.state, BATCH_STATE)
)
_REPLACED = (
    sa.select(SHOWN_STATE, _PEOPLE)
    .select_from(delivery)
    .outerjoin(batch, IN_BATCH)
    .where(delivery.c.id.in_(select_replaced(_ISSUE)))
    .group_by(SHOWN_STATE)
)
_EXCLUDED = (
    sa.select(exclusion.c.reason, _PEOPLE)
    .where(exclusion.c.issue_id == _ISSUE)
    .group_by(exclusion.c.reason)
)
_REASONS = (
    sa.select(delivery.c.reason, delivery.c.settled_by, _PEOPLE)
    .where(
        delivery.c.issue_id == _ISSUE,
        delivery.c.state.is_not(None),
        delivery.c.id.not_in(select_replaced(_ISSUE)),
        (delivery.c.reason != "") | delivery.c.settled_by.is_not(None),
    )
    .group_by(delivery.c.reason, delivery.c.settled_by)
)
_TAKEN_BY = (
    sa.select(batch.c.provider, _PEOPLE)
    .select_from(delivery)
    .join(batch, IN_BATCH)
    .where(
        delivery.c.issue_id == _ISSUE,
        batch.c.provider.is_not(None),
        SHOWN_STATE == DeliveryState.ACCEPTED,
    )
    .group_by(batch.c.provider)
    .order_by(batch.c.provider)
)


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
    which = {"issue": issue_id}
    for state, number in connection.execute(_BY_BATCH, which):
        people[DeliveryState(state)] += number
    for own_state, state, number in connection.execute(_OWN_STATES, which):
        people[DeliveryState(own_state)] += number
        people[DeliveryState(state)] -= number
    for state, number in connection.execute(_REPLACED, which):
        people[DeliveryState(state)] -= number
    by_state = dict(+people)
    left_out = connection.execute(_EXCLUDED, which).all()
    return Counts(
        audience=sum(by_state.values()),
        by_state=by_state,
        excluded={row.reason: row.people for row in left_out},
    )


def reasons(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the deliveries of an issue by the reason they were rejected or skipped for.
    """
    rows = connection.execute(_REASONS, {"issue": issue_id})
    return {delivery_reason(row.settled_by, row.reason): row.people for row in rows}


def taken_by(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the recipients of an issue that each provider accepted, by provider name.
    """
    rows = connection.execute(_TAKEN_BY, {"issue": issue_id})
    return {row.provider: row.people for row in rows}
