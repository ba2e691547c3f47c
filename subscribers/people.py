"""
Add, find and edit people, and record when they were last active.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.columns import insert_for, is_among
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import Origin
from subscribers.model import Subscriber
from subscribers.person_edits import change_person
from subscribers.subscription_records import SUBSCRIPTIONS, read_subscription
from subscribers.suppression.records import read_suppression
from subscribers.suppression.rules import apply_rules
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
# Statements of every request are built once: building one takes longer than executing it.
_PERSON = sa.select(_p).where(_p.c.email_key == sa.bindparam("key"))
_BY_NUMBER = sa.select(_p).where(_p.c.id == sa.bindparam("number"), _p.c.email_key.is_not(None))
_NAME = sa.select(_p.c.id, _p.c.name).where(_p.c.email_key == sa.bindparam("key"))
_THEIRS = SUBSCRIPTIONS.where(
    _s.c.subscriber_id.in_(sa.bindparam("people", expanding=True))
).order_by("list_slug")
_AGAINST = (
    sa.select(_x)
    .where(_x.c.email_key.in_(sa.bindparam("keys", expanding=True)))
    .order_by(_x.c.scope)
)


def ensure_person(
    connection: sa.Connection,
    address: Address,
    *,
    name: str,
    language: str,
    keyring: KeyRing | None = None,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Return the number of the person with *address*; add them if they do not exist. If they have no
    name yet, *name* is stored.
    """
    row = {
        "email": address.email,
        "email_key": address.key,
        "name": name,
        "language": language,
        "created_at": now,
    }
    added = connection.execute(_insert_person(connection.dialect.name), row).scalar()
    if added is not None:
        apply_rules(connection, [address.key], keyring=keyring, by=by, now=now)
        return int(added)
    found = connection.execute(_NAME, {"key": address.key}).one()
    if name and not found.name:
        change_person(connection, found.id, {"name": name}, by=by, now=now)
    return int(found.id)


@functools.cache
def _insert_person(dialect: str) -> sa.Executable:
    return insert_for(dialect, _p).on_conflict_do_nothing().returning(_p.c.id)


def subscriber_by_address(connection: sa.Connection, address: Address) -> Subscriber:
    """
    Return the person with *address*, with their subscriptions, ordered by list slug, and
    suppressions.

    Raises:
        UnknownSubscriber: there is no person with that address.
    """
    row = connection.execute(_PERSON, {"key": address.key}).one_or_none()
    if row is None:
        raise UnknownSubscriber(
            phrase("there is no subscriber {address}: check the address", address=address.email)
        )
    return read_people(connection, [row])[0]


def subscriber_by_number(connection: sa.Connection, subscriber_id: int) -> Subscriber | None:
    """
    Return a person as `subscriber_by_address` does; None if there is none of that number, or they
    were erased.
    """
    row = connection.execute(_BY_NUMBER, {"number": subscriber_id}).one_or_none()
    return None if row is None else read_people(connection, [row])[0]


def address_of(connection: sa.Connection, subscriber_id: int) -> Address | None:
    """
    Return the address of a person; None if there is no such person, or they were erased.
    """
    row = connection.execute(
        sa.select(_p.c.email, _p.c.email_key).where(_p.c.id == subscriber_id)
    ).one_or_none()
    return None if row is None or row.email_key is None else Address(row.email, row.email_key)


def numbers_by_key(connection: sa.Connection, keys: Collection[str]) -> dict[str, int]:
    """
    Return the numbers of the people with these address keys. Who is no subscriber is left out.
    """
    query = sa.select(_p.c.email_key, _p.c.id).where(is_among(connection, _p.c.email_key, keys))
    return {row.email_key: row.id for row in connection.execute(query)}


def touch(connection: sa.Connection, subscriber_id: int, *, at: dt.datetime) -> None:
    """
    Record that the person opened or clicked something *at* that time. A time earlier than the one
    recorded changes nothing.
    """
    earlier = sa.or_(_p.c.last_active_at.is_(None), _p.c.last_active_at < at)
    connection.execute(
        _p.update().where(_p.c.id == subscriber_id, earlier).values(last_active_at=at)
    )


def read_people(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Subscriber]:
    """
    Convert *rows* of the table into Subscribers; read the subscriptions of all of them in one
    statement and the suppressions in another.
    """
    subscriptions: dict[int, list[Any]] = {row.id: [] for row in rows}
    suppressions: dict[str, list[Any]] = {row.email_key: [] for row in rows}
    for found in connection.execute(_THEIRS, {"people": list(subscriptions)}):
        subscriptions[found.subscriber_id].append(read_subscription(found))
    for found in connection.execute(_AGAINST, {"keys": list(suppressions)}):
        suppressions[found.email_key].append(read_suppression(found))
    return [
        replace(
            _person(row),
            subscriptions=tuple(subscriptions[row.id]),
            suppressions=tuple(suppressions[row.email_key]),
        )
        for row in rows
    ]


def person_alone(connection: sa.Connection, subscriber_id: int) -> Subscriber | None:
    """
    Return a person as `subscriber_by_number` does, but without subscriptions and suppressions.
    """
    row = connection.execute(_BY_NUMBER, {"number": subscriber_id}).one_or_none()
    return None if row is None else _person(row)


def _person(row: sa.Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        email=row.email,
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        created_at=row.created_at,
        erased_at=row.erased_at,
        last_active_at=row.last_active_at,
        paused_until=row.paused_until,
    )
