"""
The epoch of an installation: a short random name that changes when the database is restored or
copied. It is part of the names of mails and calls, and of the links that name a number, so that
nothing that was sent before is taken for what is sent now.

A new epoch also leaves a gap in the numbers of issues, batches, deliveries, people, subscriptions
and readers' requests, above all that the lost database may have given.
"""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from newsletter.store.tables import batch, delivery, epoch, issue
from subscribers.database.columns import insert_into
from subscribers.database.request_tables import reader_request
from subscribers.database.tables import subscriber, subscription

# The numbers continue from the seconds since START times these. No installation gives numbers
# faster than that, so whatever a restored database has forgotten is below. Most factors are small,
# because the return path of a mail has space for 17 digits. An import is faster, and the numbers of
# people and subscriptions are the only ones that are used without an epoch.
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_PER_SECOND = {
    issue: 1 / 60,
    batch: 25,
    delivery: 25,
    reader_request: 25,
    subscriber: 100_000,
    subscription: 100_000,
}

# The epoch, or nothing if there is none yet, in a statement that reads more.
KNOWN_EPOCH = sa.select(epoch.c.name).scalar_subquery()


def current_epoch(connection: sa.Connection) -> str:
    """
    Return the epoch of the installation. The first call begins the first one.
    """
    found = sa.select(epoch.c.name)
    name = connection.execute(found).scalar_one_or_none()
    if name is None:
        first = insert_into(connection, epoch).values(id=1, name=_new_name())
        connection.execute(first.on_conflict_do_nothing())
        name = connection.execute(found).scalar_one()
    return str(name)


def known_epoch(connection: sa.Connection) -> str:
    """
    Return the epoch of the installation without beginning one: empty if there is none yet.
    """
    return str(connection.execute(sa.select(epoch.c.name)).scalar_one_or_none() or "")


def begin_epoch(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Begin a new epoch, and continue all numbers above those that were given until *now*.
    """
    name = _new_name()
    insert = insert_into(connection, epoch).values(id=1, name=name)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"name": name}))
    elapsed_s = max((now - START).total_seconds(), 0)
    for table, per_second in _PER_SECOND.items():
        continue_above(connection, table, int(elapsed_s * per_second))


def highest_number(connection: sa.Connection, table: sa.Table) -> int:
    """
    Return the highest number that a table of an SQLite database ever gave to a row.
    """
    counted = "SELECT seq FROM sqlite_sequence WHERE name = :name"
    given = connection.execute(sa.text(counted), {"name": table.name}).scalar_one_or_none()
    (key,) = table.primary_key.columns
    highest = connection.execute(sa.select(sa.func.max(key))).scalar_one()
    return max(given or 0, highest or 0)


def _new_name() -> str:
    return secrets.token_hex(2)


def continue_above(connection: sa.Connection, table: sa.Table, number: int) -> None:
    """
    Number the next row of a table above *number*, and above all that it has given.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_SET_SEQUENCE, {"name": table.name, "number": max(number, 1)})
        return
    values = {"name": table.name, "number": max(number, highest_number(connection, table))}
    forgotten = sa.text("DELETE FROM sqlite_sequence WHERE name = :name")
    connection.execute(forgotten, {"name": table.name})
    connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), values)


_SET_SEQUENCE = sa.text(
    "SELECT setval(own, greatest(coalesce(pg_sequence_last_value(own), 1), :number)) "
    "FROM (SELECT pg_get_serial_sequence(:name, 'id')::regclass AS own) AS found"
)
