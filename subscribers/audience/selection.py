"""
Select the people an issue is sent to. `exclusions` selects those who are left out.

These are statements, not lists of people: the freeze puts them into its INSERT ... SELECT.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.audience.conditions import (
    has_cadence,
    is_active_on,
    is_not_paused,
    is_suppressed_for,
)
from subscribers.database import tables
from subscribers.model import Cadence, MailingList, SubscriptionState
from subscribers.segments.model import AudienceSegment

_p = tables.subscriber
_s = tables.subscription


def select_audience(
    lists: Sequence[MailingList],
    minus: Sequence[MailingList] = (),
    *,
    now: dt.datetime,
    cadences: Collection[Cadence] | None = None,
    among: sa.Select[Any] | None = None,
    segment: AudienceSegment | None = None,
) -> sa.Select[Any]:
    """
    Select everybody an issue to *lists* is sent to, each person once, through the first list that
    may mail them. People who are active on one of the lists in *minus*, or have paused their mail,
    are not selected.

    With *cadences*, only subscriptions with one of them count; *among* limits the audience to the
    subscriber numbers of a SELECT, and *segment* to its people.

    Columns: subscriber_id, subscription_id, list_id, email, email_key, name, timezone. The order
    is not defined.
    """
    parts = [
        _select_through(
            mailing_list, earlier=lists[:place], minus=minus, cadences=cadences, among=among
        ).where(is_not_paused(_p, now), *([] if segment is None else [segment.condition(_p)]))
        for place, mailing_list in enumerate(lists)
    ]
    if len(parts) == 1:
        return parts[0]
    return sa.select(sa.union_all(*parts).subquery("audience"))


def _select_through(
    mailing_list: MailingList,
    *,
    earlier: Sequence[MailingList],
    minus: Sequence[MailingList],
    cadences: Collection[Cadence] | None,
    among: sa.Select[Any] | None,
) -> sa.Select[Any]:
    """
    Select the part of the audience that gets the issue through *mailing_list*: those who do not
    get it through one of the *earlier* lists.
    """
    query = sa.select(
        _p.c.id.label("subscriber_id"),
        _s.c.id.label("subscription_id"),
        _s.c.list_id.label("list_id"),
        _p.c.email.label("email"),
        _p.c.email_key.label("email_key"),
        _p.c.name.label("name"),
        _p.c.timezone.label("timezone"),
    ).join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
    if among is not None:
        query = query.where(_p.c.id.in_(among))
    return query.where(
        _s.c.list_id == mailing_list.id,
        _s.c.state == SubscriptionState.ACTIVE.value,
        *has_cadence(_s.c.cadence, cadences),
        _p.c.erased_at.is_(None),
        sa.not_(is_suppressed_for(mailing_list)),
        *(sa.not_(is_active_on(excluded, _s.c.subscriber_id)) for excluded in minus),
        *(sa.not_(_gets_it_through(other, cadences)) for other in earlier),
    )


def _gets_it_through(
    mailing_list: MailingList, cadences: Collection[Cadence] | None
) -> sa.ColumnElement[bool]:
    is_active = is_active_on(mailing_list, _s.c.subscriber_id, cadences)
    return sa.and_(is_active, sa.not_(is_suppressed_for(mailing_list)))
