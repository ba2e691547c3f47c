"""
Show staff the webhooks that arrived last, without their content, which has addresses.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.events.inbox import Disposition
from newsletter.store.tables import webhook_inbox


@dataclass(frozen=True, kw_only=True)
class ReceivedWebhook:
    """
    A webhook that arrived. While it waits to be processed, or to be tried again, it has no
    `disposition`.
    """

    id: int
    provider: str
    received_at: dt.datetime
    disposition: Disposition | None


def newest_webhooks(connection: sa.Connection, *, limit: int) -> list[ReceivedWebhook]:
    """
    Return the webhooks that arrived last, the newest first.
    """
    w = webhook_inbox
    rows = connection.execute(
        sa.select(w.c.id, w.c.provider, w.c.received_at, w.c.disposition)
        .order_by(w.c.received_at.desc(), w.c.id.desc())
        .limit(limit)
    )
    return [
        ReceivedWebhook(
            id=row.id,
            provider=row.provider,
            received_at=row.received_at,
            disposition=None if row.disposition is None else Disposition(row.disposition),
        )
        for row in rows
    ]
