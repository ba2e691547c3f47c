"""
Count whom a suppression stops before it is made, and who may get email again when it ends.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.search_keys import DomainKey
from subscribers.model import SubscriptionState
from subscribers.suppression.model import ALL_LISTS
from subscribers.suppression.rule_keys import KeyKind, kind_of

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression


def count_stopped(connection: sa.Connection, key: str, *, scope: str, most: int) -> int | None:
    """
    Return how many people get email on the lists of *scope* and no longer would if *key*, an
    address or a domain, were suppressed; None if there are more than *most*, who are not counted.
    """
    kind = kind_of(key)
    if kind is KeyKind.ADDRESS:
        is_meant: sa.ColumnElement[bool] = _p.c.email_key == key
    elif kind is KeyKind.DOMAIN:
        is_meant = DomainKey(_p.c.email_key) == key[1:]
    elif kind is KeyKind.SUBDOMAINS:
        is_meant = _p.c.email_key.endswith(key[1:], autoescape=True)
    else:
        return 0
    held = sa.select(_x.c.id).where(
        _x.c.email_key == _p.c.email_key, sa.func.coalesce(_x.c.scope, ALL_LISTS).in_(_over(scope))
    )
    query = sa.select(_p.c.id).where(is_meant, _gets_email(scope), ~held.correlate(_p).exists())
    return _count(connection, query, most)


def count_released(connection: sa.Connection, key: str, *, scope: str, most: int) -> int | None:
    """
    Return how many people would get email on the lists of *scope* again if the suppression of *key*
    ended, as far as no other is stored for them; None if there are more than *most*.
    """
    other = _x.alias()
    kept = sa.select(other.c.id).where(
        other.c.email_key == _p.c.email_key,
        other.c.scope != scope,
        sa.func.coalesce(other.c.scope, ALL_LISTS).in_(_over(scope)),
    )
    theirs = sa.select(_x.c.email_key).where(
        sa.or_(_x.c.email_key == key, _x.c.rule == key), _x.c.scope == scope
    )
    query = sa.select(_p.c.id).where(
        _p.c.email_key.in_(theirs), _gets_email(scope), ~kept.correlate(_p).exists()
    )
    return _count(connection, query, most)


def _gets_email(scope: str) -> sa.ColumnElement[bool]:
    """
    Return the condition that the person is active on a list of *scope*, and not suppressed for
    that list alone.
    """
    lists, own = tables.mailing_list.alias(), _x.alias()
    theirs = (
        sa.select(_s.c.id)
        .join(lists, lists.c.id == _s.c.list_id)
        .where(_s.c.subscriber_id == _p.c.id, _s.c.state == SubscriptionState.ACTIVE.value)
    )
    if scope != ALL_LISTS:
        return theirs.where(lists.c.slug == scope).correlate(_p).exists()
    held = sa.select(own.c.id).where(own.c.email_key == _p.c.email_key, own.c.scope == lists.c.slug)
    return theirs.where(~held.correlate(_p, lists).exists()).correlate(_p).exists()


def _over(scope: str) -> list[str]:
    """
    Return the scopes that keep email of *scope* away.
    """
    return list({ALL_LISTS, scope})


def _count(connection: sa.Connection, query: sa.Select[Any], most: int) -> int | None:
    some = query.limit(most + 1).subquery()
    found = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return found if found <= most else None
