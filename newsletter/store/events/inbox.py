"""
Webhooks as they came: kept at once, worked off later, in the order of their coming.

A webhook is kept once, by its bytes or its name. What names a delivery that is not there (a
database restored from a backup, say) is looked at again each minute for a week.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import inbox
from subscribers.database.columns import insert_into

AGAIN = dt.timedelta(minutes=1)
PATIENCE = dt.timedelta(days=7)
# As long as a doubled webhook is known as one, and one that could not be used can be looked at.
KEPT = dt.timedelta(days=35)


class Disposition(enum.StrEnum):
    """
    What became of a webhook: heard; about mails that are not ours; naming nothing we ever had; of
    a form nobody knows.
    """

    HEARD = "heard"
    FOREIGN = "foreign"
    UNMATCHED = "unmatched"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """
    A webhook as it came; `name` is what it has in common with the same one told again, where that
    is not its bytes.
    """

    provider: str
    raw: bytes
    at: dt.datetime
    name: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """
    One that waits to be worked off.
    """

    id: int
    provider: str
    received_at: dt.datetime
    raw: bytes


def keep(connection: sa.Connection, arrival: Arrival) -> bool:
    """
    Whether *arrival* is new, and kept: once by its name where it has one, else by its bytes.
    """
    # psycopg counts no rows of an insert that gives the new number back, as SQLAlchemy has it do.
    kept = (
        insert_into(connection, inbox)
        .on_conflict_do_nothing(index_elements=[inbox.c.key])
        .returning(inbox.c.id)
    )
    return connection.execute(kept, _row(arrival)).first() is not None


def keep_all(connection: sa.Connection, arrivals: Iterable[Arrival]) -> None:
    """
    Keeps those of *arrivals* that are new, as `keep` does, in one statement. Keys are taken in one
    order, so that two processes told the same wait for each other and never both.
    """
    kept = insert_into(connection, inbox).on_conflict_do_nothing(index_elements=[inbox.c.key])
    rows = sorted((_row(arrival) for arrival in arrivals), key=lambda row: str(row["key"]))
    # To a database, no rows are one row of defaults.
    if rows:
        connection.execute(kept, rows)


def _row(arrival: Arrival) -> dict[str, Any]:
    key = hashlib.sha256(arrival.provider.encode() + b"\0" + (arrival.name or arrival.raw))
    return {
        "provider": arrival.provider,
        "key": key.hexdigest(),
        "raw": arrival.raw,
        "received_at": arrival.at,
        "next_at": arrival.at,
    }


def count_waiting(connection: sa.Connection, *, now: dt.datetime, most: int) -> int:
    """
    How many wait to be looked at now, counted up to *most*.
    """
    some = sa.select(inbox.c.id).where(inbox.c.next_at <= now).limit(most).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def take_due(connection: sa.Connection, *, now: dt.datetime, most: int) -> list[Webhook]:
    """
    Those to be looked at, held until the transaction ends; others take the next ones meanwhile.
    """
    rows = connection.execute(
        sa.select(inbox.c.id, inbox.c.provider, inbox.c.received_at, inbox.c.raw)
        .where(inbox.c.next_at <= now)
        .order_by(inbox.c.next_at, inbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [Webhook(**row._mapping) for row in rows]


def finish(connection: sa.Connection, numbers: Sequence[int], fate: Disposition) -> None:
    """
    Done with those. What was heard, or is none of ours, is emptied: it is full of addresses.
    """
    if not numbers:
        return
    values: dict[str, object] = {"next_at": None, "fate": fate}
    if fate in (Disposition.HEARD, Disposition.FOREIGN):
        values["raw"] = b""
    connection.execute(sa.update(inbox).where(inbox.c.id.in_(numbers)).values(values))


def put_off(connection: sa.Connection, webhooks: Sequence[Webhook], *, now: dt.datetime) -> None:
    """
    Has those looked at again in a minute, and lets go of those of a week ago.
    """
    late = [one.id for one in webhooks if now - one.received_at >= PATIENCE]
    finish(connection, late, Disposition.UNMATCHED)
    again = [one.id for one in webhooks if now - one.received_at < PATIENCE]
    if again:
        put = sa.update(inbox).where(inbox.c.id.in_(again)).values(next_at=now + AGAIN)
        connection.execute(put)


def forget_old(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    How many were forgotten: those done with that came before the time they are kept for.
    """
    gone = sa.delete(inbox).where(inbox.c.received_at < now - KEPT, inbox.c.next_at.is_(None))
    return int(connection.execute(gone).rowcount)
