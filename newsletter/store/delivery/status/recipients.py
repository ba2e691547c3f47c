"""
Load the states and reasons of the recipients of an issue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.reason_words import batch_reason, delivery_reason
from newsletter.store.delivery.status.shown import (
    IN_BATCH,
    SHOWN_STATE,
    any_issue,
    select_replaced,
    wall_of,
)
from newsletter.store.delivery.status.state_pages import page_in_state, place_of
from newsletter.store.tables import batch, delivery, exclusion
from subscribers.database.tables import subscriber


@dataclass(frozen=True, kw_only=True)
class RecipientStatus:
    """
    The state of one recipient, with the numbers of the delivery and the person. `email` is None for
    somebody who was erased; `reason` is empty where there is none. `occasion` is how often they
    were sent it before.
    """

    delivery_id: int
    subscriber_id: int | None
    email: str | None
    state: DeliveryState
    reason: str
    occasion: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "address": self.email,
            "state": self.state,
            "reason": self.reason,
            "occasion": self.occasion,
        }


def recipient_statuses(
    connection: sa.Connection,
    issue_id: int,
    *,
    only: DeliveryState | None,
    after: int = 0,
    most: int | None = None,
) -> list[RecipientStatus]:
    """
    Return the state of each recipient of an issue, batch by batch in the order of the freeze, or of
    those in one state; at most *most*, behind the delivery numbered *after*. Of a recipient who was
    sent it again, it is the latest.
    """
    behind = place_of(connection, after)
    shown = SHOWN_STATE.label("state")
    query = (
        sa.select(
            delivery.c.id,
            delivery.c.subscriber_id,
            delivery.c.email,
            delivery.c.state.label("own_state"),
            delivery.c.reason,
            delivery.c.settled_by,
            delivery.c.occasion,
            shown,
            batch.c.reason.label("batch_reason"),
            batch.c.hold,
            wall_of(issue_id).label("wall"),
        )
        .select_from(delivery)
        .outerjoin(batch, IN_BATCH)
        .order_by(delivery.c.batch_no, delivery.c.id)
        .limit(most)
    )
    if only is not None and most is not None:
        page = page_in_state(connection, issue_id, only, behind=behind, most=most)
        query = query.where(delivery.c.id.in_(page))
    else:
        is_latest = delivery.c.id.not_in(select_replaced(issue_id))
        query = query.where(delivery.c.issue_id == any_issue(issue_id), is_latest, behind.is_behind)
        if only is not None:
            query = query.where(SHOWN_STATE.in_([only]))
    return [
        RecipientStatus(
            delivery_id=row.id,
            subscriber_id=row.subscriber_id,
            email=row.email,
            state=DeliveryState(row.state),
            # A delivery without its own state has the reason of its batch.
            reason=batch_reason(row.hold, row.batch_reason, wall=row.wall)
            if row.own_state is None
            else delivery_reason(row.settled_by, row.reason),
            occasion=row.occasion,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, kw_only=True)
class LeftOutPerson:
    """
    Somebody who was left out of an issue when it was frozen. `email` is None if they were erased.
    """

    subscriber_id: int
    email: str | None
    reason: str


def left_out_people(
    connection: sa.Connection, issue_id: int, *, after: int = 0, most: int
) -> list[LeftOutPerson]:
    """
    Return at most *most* of the people who were left out of an issue, behind the one numbered
    *after*.
    """
    # Joined first, PostgreSQL would walk through everybody in the order of their numbers.
    chosen = (
        sa.select(exclusion.c.subscriber_id, exclusion.c.reason)
        .where(exclusion.c.issue_id == issue_id, exclusion.c.subscriber_id > after)
        .order_by(exclusion.c.subscriber_id)
        .limit(most)
        .subquery()
    )
    rows = connection.execute(
        sa.select(chosen.c.subscriber_id, subscriber.c.email, chosen.c.reason)
        .join(subscriber, subscriber.c.id == chosen.c.subscriber_id)
        .order_by(chosen.c.subscriber_id)
    )
    return [LeftOutPerson(**row._mapping) for row in rows]
