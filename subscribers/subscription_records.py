"""
Read subscriptions from the database; `subscriptions` changes them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.model import Cadence, EndCause, MailingList, Subscription, SubscriptionState
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_lists = tables.mailing_list
SUBSCRIPTIONS = sa.select(_s, _lists.c.slug.label("list_slug")).join(
    _lists, _lists.c.id == _s.c.list_id
)
"""Subscriptions with the slug of their list, for `read_subscription`."""
_ENDED_OR_ASKED = sa.union_all(
    sa.select(_s.c.since)
    .join(_p, _p.c.id == _s.c.subscriber_id)
    .where(
        _p.c.email_key == sa.bindparam("key"),
        _s.c.list_id == sa.bindparam("list_id"),
        _s.c.state == SubscriptionState.ENDED.value,
    ),
    sa.select(_x.c.since).where(
        _x.c.email_key.in_(sa.bindparam("keys", expanding=True)),
        _x.c.scope.in_(sa.bindparam("scopes", expanding=True)),
        _x.c.reason.in_([SuppressionReason.UNSUBSCRIBED.value, SuppressionReason.ERASED.value]),
    ),
)


def find_subscription(
    connection: sa.Connection, subscription_id: int, *, locked: bool = False
) -> Subscription:
    """
    Return the subscription with that number, *locked* until the end of the transaction if asked.

    Raises:
        UnknownSubscriber: there is none.
    """
    query = SUBSCRIPTIONS.where(_s.c.id == subscription_id)
    row = connection.execute(query.with_for_update(of=_s) if locked else query).one_or_none()
    if row is None:
        raise UnknownSubscriber(
            phrase("there is no subscription {subscription}", subscription=subscription_id)
        )
    return read_subscription(row)


def read_subscription(row: sa.Row[Any]) -> Subscription:
    """
    Convert a row of `SUBSCRIPTIONS` into a Subscription.
    """
    return subscription_from(dict(row._mapping))


def subscription_from(values: Mapping[str, Any]) -> Subscription:
    """
    Convert the columns of a subscription, with the slug of its list, into a Subscription.
    """
    cause = values["ended_cause"]
    typed = {
        "state": SubscriptionState(values["state"]),
        "cadence": Cadence(values["cadence"]),
        "ended_cause": None if cause is None else EndCause(cause),
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
    which = {
        "key": address.key,
        "list_id": mailing_list.id,
        "keys": [address.key, *keyring.fingerprints(address.key)],
        "scopes": [ALL_LISTS, mailing_list.slug],
    }
    return max(connection.scalars(_ENDED_OR_ASKED, which), default=None)
