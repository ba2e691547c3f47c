"""
End suppressions: those that a person lifts, and those whose time has come.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin, OriginKind
from subscribers.history.records import record_all

_p = tables.subscriber
_x = tables.suppression
_EXPIRY = Origin(kind=OriginKind.SYSTEM, through="expiry")


def release(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    *,
    by: Origin,
    now: dt.datetime,
    why: str = "",
) -> int:
    """
    Delete the suppressions for which *which* is true, record it with *why* in the history, and
    return their number.
    """
    lists = tables.mailing_list
    deleted = _x.delete().where(which).returning(_x.c.email_key, _x.c.scope, _x.c.reason)
    rows = connection.execute(deleted).all()
    if not rows:
        return 0
    keys = [row.email_key for row in rows]
    people = sa.select(_p.c.email_key, _p.c.id).where(_p.c.email_key.in_(keys))
    numbers = {row.email_key: row.id for row in connection.execute(people)}
    slugs = {row.scope for row in rows}
    named = sa.select(lists.c.slug, lists.c.id).where(lists.c.slug.in_(slugs))
    list_ids = {row.slug: row.id for row in connection.execute(named)}
    records = [
        HistoryRecord(
            what=HistoryEvent.RELEASED,
            subscriber_id=numbers.get(row.email_key),
            email_key=row.email_key,
            list_id=list_ids.get(row.scope),
            detail={"reason": row.reason, **({"why": why} if why else {})},
        )
        for row in rows
    ]
    record_all(connection, records, by=by, at=now)
    return len(rows)


def end_expired(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Delete the suppressions that have expired, some thousand at most, and return their number.
    """
    due = sa.select(_x.c.id).where(_x.c.expires_at <= now).limit(2_000)
    if connection.execute(due.limit(1)).first() is None:
        return 0
    return release(connection, _x.c.id.in_(due), by=_EXPIRY, now=now)
