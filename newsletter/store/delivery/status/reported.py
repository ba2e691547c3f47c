"""
Load the readers of an issue about whose email one kind of event was reported, such as a hard
bounce.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.store.delivery.status.recipients import RecipientStatus
from newsletter.store.delivery.status.shown import IN_BATCH, SHOWN_STATE
from newsletter.store.tables import batch, delivery, outcome


def reported_recipients(
    connection: sa.Connection, issue_id: int, kind: EventKind, *, after: int, most: int
) -> list[RecipientStatus]:
    """
    Return at most *most* recipients of an issue with an event of this kind, behind the delivery
    numbered *after*. `reason` is what the receiving server said of a bounce.
    """
    rows = connection.execute(
        sa.select(
            delivery.c.id,
            delivery.c.subscriber_id,
            delivery.c.email,
            delivery.c.occasion,
            SHOWN_STATE.label("state"),
            outcome.c.bounce,
            outcome.c.detail,
        )
        .select_from(outcome)
        .join(delivery, delivery.c.id == outcome.c.delivery_id)
        .outerjoin(batch, IN_BATCH)
        .where(
            outcome.c.issue_id == issue_id,
            outcome.c[f"{kind}_at"].is_not(None),
            outcome.c.delivery_id > after,
        )
        .order_by(outcome.c.delivery_id)
        .limit(most)
    )
    return [
        RecipientStatus(
            delivery_id=row.id,
            subscriber_id=row.subscriber_id,
            email=row.email,
            state=DeliveryState(row.state),
            reason=row.detail if row.bounce == kind else "",
            occasion=row.occasion,
        )
        for row in rows
    ]
