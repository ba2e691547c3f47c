"""
Read a person's subscriptions beside the lists that there are.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.lists import read_list
from subscribers.model import MailingList, Subscription
from subscribers.subscription_records import subscription_from

_s = tables.subscription
_m = tables.mailing_list


def lists_beside(
    connection: sa.Connection, subscriber_id: int
) -> list[tuple[MailingList, Subscription | None]]:
    """
    Return every list, by name, with the subscription that the person has or had to it.
    """
    theirs = sa.and_(_s.c.list_id == _m.c.id, _s.c.subscriber_id == subscriber_id)
    own = [column.label(f"own_{column.name}") for column in _s.c]
    query = sa.select(_m, *own).outerjoin(_s, theirs).order_by(_m.c.name, _m.c.id)
    return [(read_list(row), _subscription(row)) for row in connection.execute(query)]


def _subscription(row: sa.Row[Any]) -> Subscription | None:
    if row.own_id is None:
        return None
    values = {column.name: row._mapping[f"own_{column.name}"] for column in _s.c}
    return subscription_from({**values, "list_slug": row.slug})
