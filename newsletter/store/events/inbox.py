"""
The webhook inbox: webhooks are stored as they arrive and processed later in that order.

A webhook is stored once, by its bytes or its message name. One about a delivery that does not exist
(in a database restored from a backup, for example) is retried every minute for a week.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import webhook_inbox
from subscribers.database.columns import insert_into

RETRY_AFTER = dt.timedelta(minutes=1)
GIVE_UP_AFTER = dt.timedelta(days=7)
# How long a repeated webhook is recognised, and an unusable one is kept for inspection.
RETENTION = dt.timedelta(days=35)


class Disposition(enum.StrEnum):
    """
    What a webhook turned out to be: about one of our deliveries; about other mails; about a
    delivery that does not exist; not in the form that the provider documents.
    """

    MATCHED = "matched"
    FOREIGN = "foreign"
    UNMATCHED = "unmatched"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """
    A webhook as it arrived. `name` identifies a repetition whose bytes differ.
    """

    provider: str
    raw: bytes
    at: dt.datetime
    name: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """
    A stored webhook that waits to be processed.
    """

    id: int
    provider: str
    received_at: dt.datetime
    raw: bytes


def add(connection: sa.Connection, arrival: Arrival) -> bool:
    """
    Store *arrival* and return whether it is new: by its name if it has one, else by its bytes.
    """
    # SQLAlchemy turns this into an insert with RETURNING, for which psycopg reports no row count.
    insert = (
        insert_into(connection, webhook_inbox)
        .on_conflict_do_nothing(index_elements=[webhook_inbox.c.key])
        .returning(webhook_inbox.c.id)
    )
    return connection.execute(insert, _row(arrival)).first() is not None


def add_all(connection: sa.Connection, arrivals: Iterable[Arrival]) -> None:
    """
    Store those of *arrivals* that are new, in one statement. Keys are inserted in order, so that
    two processes with the same webhooks cannot deadlock.
    """
    insert = insert_into(connection, webhook_inbox).on_conflict_do_nothing(
        index_elements=[webhook_inbox.c.key]
    )
    rows = sorted((_row(arrival) for arrival in arrivals), key=lambda row: str(row["key"]))
    # An insert without rows would add a row of default values.
    if rows:
        connection.execute(insert, rows)


def _row(arrival: Arrival) -> dict[str, Any]:
    key = hashlib.sha256(arrival.provider.encode() + b"\0" + (arrival.name or arrival.raw))
    return {
        "provider": arrival.provider,
        "key": key.hexdigest(),
        "raw": arrival.raw,
        "received_at": arrival.at,
        "next_at": arrival.at,
    }


def count_waiting(connection: sa.Connection, *, now: dt.datetime, limit: int) -> int:
    """
    Count the webhooks that are due now, up to *limit*.
    """
    due = (
        sa.select(webhook_inbox.c.id).where(webhook_inbox.c.next_at <= now).limit(limit).subquery()
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(due)).scalar_one())


def oldest_due_at(connection: sa.Connection, *, now: dt.datetime) -> dt.datetime | None:
    """
    Return since when the oldest webhook that is due has been due, or None.
    """
    due_at: dt.datetime | None = connection.scalar(
        sa.select(sa.func.min(webhook_inbox.c.next_at)).where(webhook_inbox.c.next_at <= now)
    )
    return due_at


def last_received_at(connection: sa.Connection) -> dt.datetime | None:
    """
    Return when the newest stored webhook arrived, or None.
    """
    received_at: dt.datetime | None = connection.scalar(
        sa.select(sa.func.max(webhook_inbox.c.received_at))
    )
    return received_at


def load_due(connection: sa.Connection, *, now: dt.datetime, limit: int) -> list[Webhook]:
    """
    Load the oldest webhooks that are due.
    """
    rows = connection.execute(
        sa.select(
            webhook_inbox.c.id,
            webhook_inbox.c.provider,
            webhook_inbox.c.received_at,
            webhook_inbox.c.raw,
        )
        .where(webhook_inbox.c.next_at <= now)
        .order_by(webhook_inbox.c.next_at, webhook_inbox.c.id)
        .limit(limit)
    )
    return [Webhook(**row._mapping) for row in rows]


def lock_due(
    connection: sa.Connection, numbers: Sequence[int], *, now: dt.datetime
) -> frozenset[int]:
    """
    Lock those of these webhooks that are still due until the transaction ends, and return their
    numbers. Another process has the others.
    """
    rows = connection.execute(
        sa.select(webhook_inbox.c.id)
        .where(webhook_inbox.c.id.in_(numbers), webhook_inbox.c.next_at <= now)
        .order_by(webhook_inbox.c.id)
        .with_for_update(skip_locked=True)
    )
    return frozenset(rows.scalars())


def finish(connection: sa.Connection, numbers: Sequence[int], disposition: Disposition) -> None:
    """
    End the processing of these webhooks. The content of matched and foreign ones is deleted,
    because it contains addresses.
    """
    if not numbers:
        return
    values: dict[str, object] = {"next_at": None, "disposition": disposition}
    if disposition in (Disposition.MATCHED, Disposition.FOREIGN):
        values["raw"] = b""
    connection.execute(
        sa.update(webhook_inbox).where(webhook_inbox.c.id.in_(numbers)).values(values)
    )


def retry_later(
    connection: sa.Connection, webhooks: Sequence[Webhook], *, now: dt.datetime
) -> None:
    """
    Retry these webhooks in a minute, and end those that arrived a week ago as unmatched.
    """
    expired = [hook.id for hook in webhooks if now - hook.received_at >= GIVE_UP_AFTER]
    finish(connection, expired, Disposition.UNMATCHED)
    again = [hook.id for hook in webhooks if now - hook.received_at < GIVE_UP_AFTER]
    if again:
        retry = (
            sa.update(webhook_inbox)
            .where(webhook_inbox.c.id.in_(again))
            .values(next_at=now + RETRY_AFTER)
        )
        connection.execute(retry)


def purge(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Delete processed webhooks whose retention is over, and return how many.
    """
    expired = sa.delete(webhook_inbox).where(
        webhook_inbox.c.received_at < now - RETENTION, webhook_inbox.c.next_at.is_(None)
    )
    return int(connection.execute(expired).rowcount)
