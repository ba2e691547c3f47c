"""
Finds people, remembers when they were last seen, and erases them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables as schema
from subscribers.errors import UnknownSubscriber
from subscribers.model import (
    ALL_LISTS,
    MailingList,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.subscriptions import read_subscription, select_subscriptions
from subscribers.suppression import add_suppressions, read_suppression
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address
from subscribers.validation.text_fields import one_line
from subscribers.validation.timezones import parse_timezone

_p = schema.subscriber
_s = schema.subscription


def subscriber_by_address(connection: sa.Connection, address: Address) -> Subscriber:
    """
    The person with their lists by slug and their suppressions.

    Raises:
        UnknownSubscriber: nobody of that address.
    """
    row = connection.execute(sa.select(_p).where(_p.c.email_key == address.key)).one_or_none()
    if row is None:
        raise UnknownSubscriber(f"there is no subscriber {address.email}")
    return _read_all(connection, [row])[0]


def search_people(
    connection: sa.Connection,
    *,
    begins: str = "",
    mailing_list: MailingList | None = None,
    state: SubscriptionState | None = None,
    after: str = "",
    limit: int = 50,
) -> list[Subscriber]:
    """
    People in the order of their addresses, those after the address key *after*: whose address
    begins so, who are on the list, in that state (of any list, if none is named). Without
    *begins* it may look through everybody: `people_on` does not.
    """
    query = sa.select(_p).where(_p.c.email_key > after)
    if begins:
        start = begins.strip().lower()
        # "\x7f" comes after every character an address key can hold.
        query = query.where(_p.c.email_key >= start, _p.c.email_key < start + "\x7f")
    if mailing_list is not None or state is not None:
        query = query.where(_is_on(mailing_list, state))
    rows = connection.execute(query.order_by(_p.c.email_key).limit(limit)).all()
    return _read_all(connection, rows)


def people_on(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    state: SubscriptionState,
    after: int = 0,
    limit: int = 50,
) -> list[Subscriber]:
    """
    People whose subscription to the list is in *state*, by number, those after number *after*.
    """
    numbers = (
        sa.select(_s.c.subscriber_id)
        .where(
            _s.c.list_id == mailing_list.id,
            _s.c.state == state.value,
            _s.c.subscriber_id > after,
        )
        .order_by(_s.c.subscriber_id)
        .limit(limit)
    )
    wanted = list(connection.scalars(numbers))
    rows = connection.execute(sa.select(_p).where(_p.c.id.in_(wanted)).order_by(_p.c.id)).all()
    return _read_all(connection, rows)


def edit_person(
    connection: sa.Connection,
    address: Address,
    *,
    name: str | None = None,
    timezone: str | None = None,
) -> None:
    """
    Gives a person another name or time zone; None leaves it, an empty text takes it away.

    Raises:
        UnknownSubscriber: nobody of that address.
        InvalidLine: the name is more than a line.
        UnknownTimezone: no such zone.
    """
    number = subscriber_by_address(connection, address).id
    values: dict[str, str | None] = {}
    if name is not None:
        values["name"] = one_line(name, "person's name")
    if timezone is not None:
        values["timezone"] = parse_timezone(timezone) if timezone else None
    if values:
        connection.execute(_p.update().where(_p.c.id == number).values(values))


def touch(connection: sa.Connection, subscriber_id: int, *, at: dt.datetime) -> None:
    """
    Remembers that the person opened or clicked something; an earlier time changes nothing.
    """
    earlier = sa.or_(_p.c.last_active_at.is_(None), _p.c.last_active_at < at)
    connection.execute(
        _p.update().where(_p.c.id == subscriber_id, earlier).values(last_active_at=at)
    )


def erase(
    connection: sa.Connection, address: Address, *, keyring: KeyRing, now: dt.datetime
) -> int:
    """
    The number of the person, of whom nothing is left but ended subscriptions to count and a
    keyed hash, by which an import recognises the address.

    Raises:
        UnknownSubscriber: nobody of that address.
    """
    theirs = sa.select(_p.c.id).where(_p.c.email_key == address.key)
    number: int | None = connection.scalar(theirs)
    if number is None:
        raise UnknownSubscriber(f"there is no subscriber {address.email}")
    _end_all(connection, number, now)
    forgotten = {"email": None, "email_key": None, "name": "", "language": None, "timezone": None}
    connection.execute(
        _p.update().where(_p.c.id == number).values(**forgotten, erased_at=now, last_active_at=None)
    )
    x = schema.suppression
    connection.execute(x.delete().where(x.c.email_key == address.key))
    mark = {"email_key": keyring.fingerprints(address.key)[0], "scope": ALL_LISTS, "since": now}
    add_suppressions(connection, [{**mark, "reason": SuppressionReason.ERASED.value}])
    return number


def _end_all(connection: sa.Connection, subscriber_id: int, now: dt.datetime) -> None:
    theirs = sa.select(_s.c.id).where(_s.c.subscriber_id == subscriber_id)
    proofs = schema.consent
    connection.execute(proofs.delete().where(proofs.c.subscription_id.in_(theirs)))
    connection.execute(
        _s.update()
        .where(_s.c.subscriber_id == subscriber_id)
        .values(
            state=SubscriptionState.ENDED.value,
            since=now,
            ended_reason=SuppressionReason.ERASED.value,
        )
    )


def _is_on(
    mailing_list: MailingList | None, state: SubscriptionState | None
) -> sa.ColumnElement[bool]:
    on = sa.select(_s.c.id).where(_s.c.subscriber_id == _p.c.id)
    if mailing_list is not None:
        on = on.where(_s.c.list_id == mailing_list.id)
    if state is not None:
        on = on.where(_s.c.state == state.value)
    return on.exists()


def _read_all(connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Subscriber]:
    """
    The people of *rows*, their lists and suppressions read in one statement each.
    """
    x = schema.suppression
    lists: dict[int, list[Any]] = {row.id: [] for row in rows}
    held: dict[str, list[Any]] = {row.email_key: [] for row in rows}
    theirs = select_subscriptions().where(_s.c.subscriber_id.in_(list(lists)))
    for found in connection.execute(theirs.order_by("list_slug")):
        lists[found.subscriber_id].append(read_subscription(found))
    against = sa.select(x).where(x.c.email_key.in_(list(held))).order_by(x.c.scope)
    for found in connection.execute(against):
        held[found.email_key].append(read_suppression(found))
    return [
        Subscriber(
            id=row.id,
            email=row.email,
            name=row.name,
            language=row.language,
            timezone=row.timezone,
            created_at=row.created_at,
            erased_at=row.erased_at,
            last_active_at=row.last_active_at,
            subscriptions=tuple(lists[row.id]),
            suppressions=tuple(held[row.email_key]),
        )
        for row in rows
    ]
