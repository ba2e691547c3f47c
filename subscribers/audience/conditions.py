"""
The SQL conditions that `selection` and `exclusions` share.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.index_hints import Unindexed
from subscribers.model import Cadence, MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS


def is_active_on(
    mailing_list: MailingList,
    subscriber_id: sa.ColumnElement[Any],
    cadences: Collection[Cadence] | None = None,
) -> sa.ColumnElement[bool]:
    """
    Return the condition that the person is active on the list, with one of *cadences* if given.
    """
    other = tables.subscription.alias()
    found = sa.select(other.c.id).where(
        other.c.subscriber_id == subscriber_id,
        other.c.list_id == mailing_list.id,
        other.c.state == SubscriptionState.ACTIVE.value,
        *has_cadence(other.c.cadence, cadences),
    )
    return found.correlate_except(other).exists()


def has_cadence(
    cadence: sa.ColumnElement[str], cadences: Collection[Cadence] | None
) -> list[sa.ColumnElement[bool]]:
    """
    Return the conditions that a subscription's *cadence* is one of *cadences*; none for None, which
    stands for all.
    """
    return [] if cadences is None else [cadence.in_([each.value for each in cadences])]


def is_not_paused(person: Any, now: dt.datetime) -> sa.ColumnElement[bool]:
    """
    Return the condition that *person*, a table of subscribers, has no pause at that time.
    """
    return sa.or_(person.c.paused_until.is_(None), person.c.paused_until <= now)


def is_suppressed_for(mailing_list: MailingList) -> sa.ColumnElement[bool]:
    """
    Return the condition that the subscriber selected by the statement is suppressed for the list.
    """
    person, x = tables.subscriber, tables.suppression.alias()
    found = sa.select(x.c.id).where(
        x.c.email_key == person.c.email_key, scope_covers(x.c.scope, mailing_list)
    )
    return found.correlate(person).exists()


def scope_covers(scope: sa.ColumnElement[str], mailing_list: MailingList) -> sa.ColumnElement[bool]:
    """
    Return the condition that a suppression with that *scope* applies to the list.
    """
    # Or SQLite would search its index once per scope, though hardly anybody is suppressed at all.
    return Unindexed(scope).in_([ALL_LISTS, mailing_list.slug])
