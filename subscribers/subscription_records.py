"""
Read subscriptions from the database; `subscriptions` changes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.model import Cadence, EndCause, MailingList, Subscription, SubscriptionState
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription


def find_subscription(
    connection: sa.Connection, subscription_id: int, *, locked: bool = False
) -> Subscription:
    """
    Return the subscription with that number, *locked* until the end of the transaction if asked.

    Raises:
        UnknownSubscriber: there is none.
    """
    query = select_subscriptions().where(_s.c.id == subscription_id)
    row = connection.execute(query.with_for_update(of=_s) if locked else query).one_or_none()
    if row is None:
        raise UnknownSubscriber(f"there is no subscription {subscription_id}")
    return read_subscription(row)


def select_subscriptions() -> sa.Select[Any]:
    """
    Select subscriptions with the slug of their list, for `read_subscription`.
    """
    lists = tables.mailing_list
    return sa.select(_s, lists.c.slug.label("list_slug")).join(lists, lists.c.id == _s.c.list_id)


def read_subscription(row: sa.Row[Any]) -> Subscription:
    """
    Convert a row of `select_subscriptions` into a Subscription.
    """
    values = dict(row._mapping)
    typed = {
        "state": SubscriptionState(row.state),
        "cadence": Cadence(row.cadence),
        "ended_cause": None if row.ended_cause is None else EndCause(row.ended_cause),
    }
    return Subscription(**{**values, **typed})


def lock_subscriptions(connection: sa.Connection, subscriber_ids: Collection[int]) -> None:
    """
    Wait until nobody else changes the subscriptions of people, and let nobody do so before the
    transaction ends. SQLite has one writer at a time anyway.
    """
    theirs = sa.select(_s.c.id).where(_s.c.subscriber_id.in_(subscriber_ids)).order_by(_s.c.id)
    connection.execute(theirs.with_for_update()).all()


def unsubscribed_at(
    connection: sa.Connection, address: Address, *, mailing_list: MailingList, keyring: KeyRing
) -> dt.datetime | None:
    """
    Return when the person unsubscribed from the list, or from all lists, or was erased. Return None
    if they did not, or not any more.
    """
    x = tables.suppression
    ended = (
        sa.select(_s.c.since)
        .join(_p, _p.c.id == _s.c.subscriber_id)
        .where(
            _p.c.email_key == address.key,
            _s.c.list_id == mailing_list.id,
            _s.c.state == SubscriptionState.ENDED.value,
        )
    )
    asked = sa.select(x.c.since).where(
        x.c.email_key.in_([address.key, *keyring.fingerprints(address.key)]),
        x.c.scope.in_([ALL_LISTS, mailing_list.slug]),
        x.c.reason.in_([SuppressionReason.UNSUBSCRIBED.value, SuppressionReason.ERASED.value]),
    )
    return max(connection.scalars(sa.union_all(ended, asked)), default=None)
