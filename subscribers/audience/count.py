"""
Count the readers of an issue to one list, without a look at each of them: an index has all who are
active there, and those who get no email in spite of it are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from subscribers.audience.conditions import has_cadence, scope_covers
from subscribers.database import tables
from subscribers.model import Cadence, MailingList, SubscriptionState

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression


def count_readers(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    now: dt.datetime,
    cadences: Collection[Cadence] | None = None,
) -> int:
    """
    Return how many people `select_audience` would select for the list alone.
    """
    is_active = (
        _s.c.list_id == mailing_list.id,
        _s.c.state == SubscriptionState.ACTIVE.value,
        *has_cadence(_s.c.cadence, cadences),
    )
    # The joins are outer ones, which SQLite does not reorder: it begins with the few people.
    held = _held_back(mailing_list, now).subquery()
    of_them = held.outerjoin(_s, sa.and_(_s.c.subscriber_id == held.c.id, *is_active))
    kept_away = sa.select(sa.func.count(_s.c.id)).select_from(of_them)
    everybody = sa.select(sa.func.count()).select_from(_s).where(*is_active)
    counts = sa.select(everybody.scalar_subquery() - kept_away.scalar_subquery())
    return int(connection.execute(counts).scalar_one())


def count_subscribed(
    connection: sa.Connection,
    mailing_list: MailingList,
    *,
    cadences: Collection[Cadence] | None = None,
) -> int:
    """
    Return how many people are on the list, pending or active: those whom `select_audience` selects
    for it alone, and those whom `select_excluded` does.
    """
    on_it = sa.select(sa.func.count()).where(
        _s.c.list_id == mailing_list.id,
        _s.c.state.in_([SubscriptionState.ACTIVE.value, SubscriptionState.PENDING.value]),
        *has_cadence(_s.c.cadence, cadences),
    )
    return int(connection.execute(on_it).scalar_one())


def _held_back(mailing_list: MailingList, now: dt.datetime) -> sa.CompoundSelect[int]:
    """
    Select the numbers of those who get nothing from the list, whether they are on it or not: their
    address is suppressed, they were erased, or have paused their email. An address that is no
    subscriber's has none.
    """
    suppressed = (
        sa.select(_p.c.id)
        .select_from(_x.outerjoin(_p, _p.c.email_key == _x.c.email_key))
        .where(scope_covers(_x.c.scope, mailing_list))
    )
    erased = sa.select(_p.c.id).where(_p.c.erased_at.is_not(None))
    paused = sa.select(_p.c.id).where(_p.c.paused_until.is_not(None), _p.c.paused_until > now)
    return sa.union(suppressed, erased, paused)
