"""
Delete suppressions, and record it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.suppression.history import unknown_list

_p = tables.subscriber
_x = tables.suppression


def release(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    *,
    by: Origin,
    now: dt.datetime,
    why: str = "",
) -> list[str]:
    """
    Delete the suppressions for which *which* is true, record it with *why* in the history, and
    return their keys.
    """
    lists = tables.mailing_list
    deleted = _x.delete().where(which).returning(_x.c.email_key, _x.c.scope, _x.c.reason)
    rows = connection.execute(deleted).all()
    if not rows:
        return []
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
            detail={
                "reason": row.reason,
                **({"why": why} if why else {}),
                **unknown_list(row.scope, list_ids),
            },
        )
        for row in rows
    ]
    record_all(connection, records, by=by, at=now)
    return keys
