"""
The figures of outgoing webhooks for monitoring.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.outgoing import PauseCause
from newsletter.store.tables import outgoing_delivery, outgoing_event, outgoing_webhook

_d = outgoing_delivery
_w = outgoing_webhook


@dataclass(frozen=True, kw_only=True)
class WebhookFigures:
    """
    How many events wait for a webhook, when the oldest of them happened, and whether it works.
    """

    name: str
    waiting: int
    oldest_at: dt.datetime | None
    failing_since: dt.datetime | None
    pause_cause: PauseCause | None


def webhook_figures(connection: sa.Connection) -> list[WebhookFigures]:
    """
    Return the figures of every outgoing webhook, by name. All events that wait are read, from an
    index.
    """
    waiting = (
        sa.select(
            _d.c.webhook_id,
            sa.func.count().label("events"),
            sa.func.min(_d.c.event_id).label("oldest_id"),
        )
        .where(_d.c.next_at.is_not(None))
        .group_by(_d.c.webhook_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            _w.c.name,
            _w.c.failing_since,
            _w.c.pause_cause,
            waiting.c.events,
            outgoing_event.c.at.label("oldest_at"),
        )
        .outerjoin(waiting, waiting.c.webhook_id == _w.c.id)
        .outerjoin(outgoing_event, outgoing_event.c.id == waiting.c.oldest_id)
        .order_by(_w.c.name)
    )
    return [
        WebhookFigures(
            name=row.name,
            waiting=row.events or 0,
            oldest_at=row.oldest_at,
            failing_since=row.failing_since,
            pause_cause=PauseCause(row.pause_cause) if row.pause_cause else None,
        )
        for row in rows
    ]
