"""
Say of whom staff who are limited to some lists see more than the address.

Whoever is on other lists too came from elsewhere. Of them, these staff see the address, and what
happened on their own lists; the name and all else that the lists share (`without_hidden_part`) only
once the person has confirmed one of these lists by themselves. The table in `docs/guides/audit.md`
says the same in words.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.database.tables import mailing_list, subscriber, subscription
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.model import Subscriber

# What only the person can do, by links in emails to them. A form can be filled in by anybody, also
# one that makes people active at once.
_BY_THEMSELVES = (HistoryEvent.CONFIRMED.value, HistoryEvent.CHANGED.value)
_THROUGH = ("confirmation", "settings page")


def is_known_on(number: Any, slugs: Collection[str]) -> sa.ColumnElement[bool]:
    """
    Return the condition that staff limited to these lists see all of the person with that *number*,
    a column of the statement, who is or was on one of them.
    """
    s, h = subscription.alias(), history.alias()
    own = sa.select(mailing_list.c.id).where(mailing_list.c.slug.in_(sorted(slugs)))
    elsewhere = sa.select(s.c.id).where(
        s.c.subscriber_id == number, s.c.list_id.not_in(own.correlate(None))
    )
    confirmed = sa.select(h.c.id).where(
        h.c.subscriber_id == number,
        h.c.by == OriginKind.READER.value,
        h.c.what.in_(_BY_THEMSELVES),
        h.c.through.in_(_THROUGH),
        h.c.list_id.in_(own.correlate(None)),
    )
    people = number.table
    return sa.or_(
        sa.not_(elsewhere.correlate(people).exists()), confirmed.correlate(people).exists()
    )


def known_among(
    connection: sa.Connection, numbers: Collection[int], slugs: Collection[str] | None
) -> Collection[int]:
    """
    Return those of the people with these numbers of whom staff limited to the lists see all;
    everybody if *slugs* is None.
    """
    if slugs is None or not numbers:
        return frozenset(numbers)
    found = sa.select(subscriber.c.id).where(
        subscriber.c.id.in_(numbers), is_known_on(subscriber.c.id, slugs)
    )
    return frozenset(connection.scalars(found))


def without_hidden_part(person: Subscriber) -> Subscriber:
    """
    Return a person from elsewhere without what the lists share; as the time at which they were
    added, that of the first of the subscriptions that are left.
    """
    added = min((each.created_at for each in person.subscriptions), default=person.created_at)
    return replace(
        person,
        name="",
        language=None,
        timezone=None,
        created_at=added,
        last_active_at=None,
        paused_until=None,
    )
