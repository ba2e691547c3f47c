"""
Read subscriptions from the database; `subscriptions` changes them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.model import Subscription, SubscriptionState

_s = tables.subscription


def find_subscription(connection: sa.Connection, subscription_id: int) -> Subscription:
    """
    Return the subscription with that number.

    Raises:
        UnknownSubscriber: there is none.
    """
    row = connection.execute(select_subscriptions().where(_s.c.id == subscription_id)).one_or_none()
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
    return Subscription(**{**values, "state": SubscriptionState(row.state)})
