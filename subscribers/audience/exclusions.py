"""
Select the people who are left out of an issue, with the reason; the counterpart of `selection`.
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
    scope_covers,
)
from subscribers.audience.exclusion_reason import ExclusionKind, first_reason, ranked_reason
from subscribers.audience.not_on_lists import (
    select_ended,
    select_erased,
    select_not_subscribed,
    select_other_cadence,
)
from subscribers.audience.outside_segment import select_not_in_segment
from subscribers.database import tables
from subscribers.database.index_hints import Unindexed
from subscribers.model import Cadence, MailingList, SubscriptionState
from subscribers.segments.model import AudienceSegment
from subscribers.suppression.model import ALL_LISTS

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_ACTIVE = SubscriptionState.ACTIVE.value
_PENDING = SubscriptionState.PENDING.value


def select_excluded(
    lists: Sequence[MailingList],
    minus: Sequence[MailingList] = (),
    *,
    now: dt.datetime,
    cadences: Collection[Cadence] | None = None,
    among: sa.Select[Any] | None = None,
    segment: AudienceSegment | None = None,
) -> sa.Select[Any]:
    """
    Select everybody who is active or pending on one of *lists* and is left out of the audience.
    With *among*, select all of those people who are left out, including those who are no longer on
    any of the lists.

    With *cadences*, only subscriptions with one of them count: people who chose another are not
    left out, but were never meant. Only with *among* are they selected, with that reason.

    Columns: subscriber_id, reason (a text of `exclusion_reason`); one row per person. If several
    reasons apply, the one with the lowest rank is used.
    """
    on_any = [_is_on_any(lists), *has_cadence(_s.c.cadence, cadences)]
    parts = [
        _suppressed(lists).where(*on_any),
        *(_on_minus_list(one).where(*on_any) for one in minus),
        _paused(now).where(*on_any),
        _pending(lists).where(*has_cadence(_s.c.cadence, cadences)),
    ]
    if segment is not None:
        parts.append(
            select_not_in_segment(lists, segment).where(*has_cadence(_s.c.cadence, cadences))
        )
    if among is not None:
        parts += [select_erased(among), select_ended(lists, among), select_not_subscribed(among)]
        parts += [] if cadences is None else [select_other_cadence(lists, among, cadences)]
    left_out = sa.union_all(*parts).subquery("left_out")
    person = left_out.c.subscriber_id
    excluded = sa.select(person, first_reason(left_out.c.ranked))
    # Whoever one list leaves out may get the issue through another, and the parts of *among* select
    # more than those who are left out. Otherwise it need not be looked at.
    if len(lists) > 1 or among is not None:
        is_in_audience = sa.or_(
            *(_is_mailable_on(each, person, cadences, segment=segment, now=now) for each in lists)
        )
        is_on_minus = sa.or_(sa.false(), *(is_active_on(one, person) for one in minus))
        excluded = excluded.where(sa.or_(sa.not_(is_in_audience), is_on_minus))
    if among is not None:
        # coalesce() keeps SQLite from searching all of *among* for each suppression.
        excluded = excluded.where(sa.func.coalesce(person, 0).in_(among))
    return excluded.group_by(person)


def _suppressed(lists: Sequence[MailingList]) -> sa.Select[Any]:
    """
    Select the people who are suppressed for a list they are on: for all lists, or for one of
    *lists*.
    """
    # So that SQLite starts with the few suppressions.
    of_this_list = [
        sa.and_(Unindexed(_s.c.list_id) == mailing_list.id, _x.c.scope == mailing_list.slug)
        for mailing_list in lists
    ]
    return (
        sa.select(_s.c.subscriber_id, ranked_reason(ExclusionKind.SUPPRESSED, _x.c.reason))
        .join_from(_x, _p, _p.c.email_key == Unindexed(_x.c.email_key))
        .join(_s, _s.c.subscriber_id == _p.c.id)
        .where(sa.or_(_x.c.scope == ALL_LISTS, *of_this_list))
    )


def _on_minus_list(excluded: MailingList) -> sa.Select[Any]:
    """
    Select the subscriptions of those who are active on the list that is *excluded*.
    """
    other = _s.alias()
    slug = sa.literal(excluded.slug)
    return (
        sa.select(_s.c.subscriber_id, ranked_reason(ExclusionKind.MINUS_LIST, slug))
        .join_from(other, _s, _s.c.subscriber_id == other.c.subscriber_id)
        .where(other.c.list_id == excluded.id, other.c.state == _ACTIVE)
    )


def _paused(now: dt.datetime) -> sa.Select[Any]:
    """
    Select the active subscriptions of those who have paused their mail.
    """
    # So that SQLite starts with the few who paused.
    return (
        sa.select(_s.c.subscriber_id, ranked_reason(ExclusionKind.PAUSED))
        .join_from(_p, _s, _s.c.subscriber_id == Unindexed(_p.c.id))
        .where(_p.c.paused_until > now, Unindexed(_s.c.state) == _ACTIVE)
    )


def _pending(lists: Sequence[MailingList]) -> sa.Select[Any]:
    """
    Select the people who have not confirmed their subscription to one of *lists*.
    """
    return sa.select(_s.c.subscriber_id, ranked_reason(ExclusionKind.PENDING)).where(
        _s.c.list_id.in_([mailing_list.id for mailing_list in lists]), _s.c.state == _PENDING
    )


def _is_on_any(lists: Sequence[MailingList]) -> sa.ColumnElement[bool]:
    """
    Return the condition that a subscription to one of *lists* is active or pending.
    """
    # Or SQLite would start with everybody on the lists instead of the few who are suppressed or on
    # a minus list.
    return sa.and_(
        Unindexed(_s.c.list_id).in_([mailing_list.id for mailing_list in lists]),
        _s.c.state.in_([_ACTIVE, _PENDING]),
    )


def _is_mailable_on(
    mailing_list: MailingList,
    subscriber_id: sa.ColumnElement[Any],
    cadences: Collection[Cadence] | None,
    *,
    segment: AudienceSegment | None,
    now: dt.datetime,
) -> sa.ColumnElement[bool]:
    """
    Return the condition that the person is active on the list with one of *cadences*, has no pause,
    is not suppressed for the list, and is in the *segment*.
    """
    other, owner, x = _s.alias(), _p.alias(), _x.alias()
    suppressed = sa.select(x.c.id).where(
        x.c.email_key == owner.c.email_key, scope_covers(x.c.scope, mailing_list)
    )
    found = (
        sa.select(other.c.id)
        .join(owner, owner.c.id == other.c.subscriber_id)
        .where(
            other.c.subscriber_id == subscriber_id,
            other.c.list_id == mailing_list.id,
            other.c.state == _ACTIVE,
            *has_cadence(other.c.cadence, cadences),
            is_not_paused(owner, now),
            *([] if segment is None else [segment.condition(owner)]),
            sa.not_(suppressed.correlate(owner).exists()),
        )
    )
    return found.correlate_except(other, owner).exists()
