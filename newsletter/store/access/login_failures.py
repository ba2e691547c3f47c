"""
Count failed attempts to log in, for all processes together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.tables import login_failure
from subscribers.database.columns import insert_into

_x = login_failure
# Only attempts to log in take this lock of PostgreSQL; the number means nothing.
_LOCK = 4_711_018


@dataclass(frozen=True, kw_only=True)
class FailureCount:
    """
    How often attempts under one key have failed, when the last one was made, and when the next one
    may be.
    """

    count: int
    last_at: dt.datetime
    next_at: dt.datetime


def lock_attempts(connection: sa.Connection) -> None:
    """
    Let no other process count until this transaction ends. On SQLite, writing is enough for that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def load_failures(connection: sa.Connection, keys: Collection[str]) -> dict[str, FailureCount]:
    """
    Return what is counted under each of *keys*; those without failures are left out.
    """
    rows = connection.execute(sa.select(_x).where(_x.c.key.in_(keys)))
    found = [dict(row._mapping) for row in rows]
    return {row.pop("key"): FailureCount(**row) for row in found}


def save_failures(connection: sa.Connection, counts: Mapping[str, FailureCount]) -> None:
    """
    Store what is counted under each key, in place of what was.
    """
    for key, failures in counts.items():
        values = {
            "count": failures.count,
            "last_at": failures.last_at,
            "next_at": failures.next_at,
        }
        insert = insert_into(connection, _x).values(key=key, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=[_x.c.key], set_=values))


def delete_failures(connection: sa.Connection, keys: Collection[str]) -> None:
    """
    Forget what is counted under *keys*.
    """
    connection.execute(sa.delete(_x).where(_x.c.key.in_(keys)))


def delete_old_failures(connection: sa.Connection, *, before: dt.datetime) -> None:
    """
    Forget the failures under keys whose last one was made before that time.
    """
    connection.execute(sa.delete(_x).where(_x.c.last_at <= before))
