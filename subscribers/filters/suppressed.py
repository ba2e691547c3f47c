"""
The conditions that a suppression holds back a person, or one of their subscriptions.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.index_hints import Unindexed
from subscribers.model import MailingList
from subscribers.suppression.model import ALL_LISTS

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
# Or SQLite would search its index once per scope.
_scope = Unindexed(_x.c.scope)


def is_suppressed(mailing_list: MailingList | None) -> sa.ColumnElement[bool]:
    """
    Return the condition that a suppression holds back the subscription, which is one to
    *mailing_list* if that is given.
    """
    if mailing_list is not None:
        return _exists(sa.or_(_scope == ALL_LISTS, _scope == mailing_list.slug))
    lists = tables.mailing_list.alias()
    slug = sa.select(lists.c.slug).where(lists.c.id == _s.c.list_id).correlate(_s)
    return _exists(sa.or_(_scope == ALL_LISTS, _scope == slug.scalar_subquery()))


def is_suppressed_for_all() -> sa.ColumnElement[bool]:
    """
    Return the condition that a suppression for all lists holds back the person.
    """
    return _exists(_scope == ALL_LISTS)


def _exists(holds: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    found: sa.Select[Any] = sa.select(_x.c.id).where(_x.c.email_key == _p.c.email_key, holds)
    return found.correlate(_p, _s).exists()
