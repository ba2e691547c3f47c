"""
Keep a log of the attempts to send events to webhooks, and delete it and the events after 30 days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from newsletter.model.outgoing import LoggedAttempt, OutgoingKind, SendResult
from newsletter.store.tables import outgoing_attempt, outgoing_event
from subscribers.database.bulk_insert import insert_many

_a = outgoing_attempt
_e = outgoing_event
RETENTION = dt.timedelta(days=30)
# Rows deleted in one transaction.
AT_ONCE = 1000
_COLUMNS = ("webhook_id", "event_id", "kind", "at", "status", "duration_ms", "error")
# `newsletter webhook test` sends no event.
TEST = "test"


def log_attempts(
    connection: sa.Connection,
    webhook_id: int,
    attempts: Iterable[tuple[int | None, OutgoingKind | None, SendResult]],
) -> None:
    """
    Log attempts, each with the number and kind of its event: None for a test.
    """
    rows = [
        (
            webhook_id,
            event_id,
            TEST if kind is None else kind.value,
            result.at,
            result.status,
            result.duration_ms,
            result.error,
        )
        for event_id, kind, result in attempts
    ]
    insert_many(connection, _a, _COLUMNS, rows)


def list_attempts(
    connection: sa.Connection, webhook_id: int, *, before: int | None = None, limit: int
) -> list[LoggedAttempt]:
    """
    Return the last attempts to send to a webhook, the newest first; with *before*, those that were
    made before the one of that number.
    """
    found = (
        sa.select(_a, _e.c.key)
        .outerjoin(_e, _e.c.id == _a.c.event_id)
        .where(_a.c.webhook_id == webhook_id)
        .order_by(_a.c.at.desc(), _a.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        that = sa.select(_a.c.at).where(_a.c.id == before).scalar_subquery()
        found = found.where(sa.or_(_a.c.at < that, sa.and_(_a.c.at == that, _a.c.id < before)))
    rows = connection.execute(found)
    return [
        LoggedAttempt(
            id=row.id,
            at=row.at,
            event_id=row.event_id,
            event_key=row.key or "",
            kind=row.kind,
            status=row.status,
            duration_ms=row.duration_ms,
            error=row.error,
        )
        for row in rows
    ]


def purge_some(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Delete some of the events and attempts that are older than 30 days, even those that still wait,
    and return how many. Nothing is left to delete once that is 0.
    """
    deleted = 0
    for table in (_e, _a):
        old = sa.select(table.c.id).where(table.c.at < now - RETENTION).order_by(table.c.at)
        some = table.c.id.in_(old.limit(AT_ONCE))
        deleted += int(connection.execute(sa.delete(table).where(some)).rowcount)
    return deleted
