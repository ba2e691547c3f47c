"""
Find what has to be sent with events about people, and delete the addresses of erased people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import outgoing_delivery, outgoing_event
from subscribers.database.tables import mailing_list, subscriber, subscription

_e = outgoing_event
_d = outgoing_delivery
# What staff typed about a person, and may name or describe somebody.
_TYPED: Mapping[str, Any] = {"reason": "", "added": [], "removed": []}


def addresses_of(connection: sa.Connection, numbers: Collection[int]) -> dict[int, str | None]:
    """
    Return the addresses of these people, by number: None for those who are erased.
    """
    found = sa.select(subscriber.c.id, subscriber.c.email).where(subscriber.c.id.in_(numbers))
    return {row.id: row.email for row in connection.execute(found)}


def slugs_of(connection: sa.Connection, list_ids: Collection[int]) -> dict[int, str]:
    """
    Return the slugs of these lists, by id.
    """
    if not list_ids:
        return {}
    found = sa.select(mailing_list.c.id, mailing_list.c.slug)
    rows = connection.execute(found.where(mailing_list.c.id.in_(list_ids)))
    return {row.id: row.slug for row in rows}


def lists_of_people(
    connection: sa.Connection, numbers: Collection[int], *, among: Collection[int]
) -> dict[int, frozenset[int]]:
    """
    Return the lists *among* these that each person is or was on, by number.
    """
    s = subscription
    rows = connection.execute(
        sa.select(s.c.subscriber_id, s.c.list_id).where(
            s.c.subscriber_id.in_(numbers), s.c.list_id.in_(among)
        )
    )
    found: dict[int, set[int]] = {}
    for number, list_id in rows:
        found.setdefault(number, set()).add(list_id)
    return {number: frozenset(lists) for number, lists in found.items()}


def lists_of_subscriptions(connection: sa.Connection, numbers: Collection[int]) -> dict[int, int]:
    """
    Return the list of each of these subscriptions, by number.
    """
    s = subscription
    rows = connection.execute(sa.select(s.c.id, s.c.list_id).where(s.c.id.in_(numbers)))
    return {row.id: row.list_id for row in rows}


def forget_events(connection: sa.Connection, *, number: int | None, email_key: str) -> None:
    """
    Delete the address of an erased person, and the reasons and tags that people typed, from the
    events about them. Events that wait are sent without these.
    """
    theirs = sa.select(_e.c.id, _e.c.data).where(_e.c.address.is_not(None))
    rows = [*connection.execute(theirs.where(_e.c.address == email_key))]
    if number is not None:
        rows += connection.execute(theirs.where(_e.c.subscriber_id == number))
    for row in rows:
        data = {name: _TYPED.get(name, value) for name, value in row.data.items()}
        forgotten = _e.update().where(_e.c.id == row.id)
        connection.execute(forgotten.values(address=None, data=data))
    if number is None and rows:
        # Their subject is a hash of the address.
        ids = [row.id for row in rows]
        subject = sa.literal("e") + sa.cast(_d.c.event_id, sa.Text)
        connection.execute(_d.update().where(_d.c.event_id.in_(ids)).values(subject=subject))
