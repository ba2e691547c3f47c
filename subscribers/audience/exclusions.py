"""
Select the people who are left out of an issue, with the reason; the counterpart of `selection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.audience.conditions import is_active_on, scope_covers
from subscribers.audience.exclusion_reason import ExclusionKind, reason_text
from subscribers.database import tables
from subscribers.model import MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_ACTIVE = SubscriptionState.ACTIVE.value
_PENDING = SubscriptionState.PENDING.value
_ENDED = SubscriptionState.ENDED.value


def select_excluded(
    lists: Sequence[MailingList],
    minus: Sequence[MailingList] = (),
    *,
    among: sa.Select[Any] | None = None,
) -> sa.Select[Any]:
    """
    Select everybody who is active or pending on one of *lists* and is left out of the audience.
    With *among*, select all of those people who are left out, including those who are no longer on
    any of the lists.

    Columns: subscriber_id, reason (a text of `exclusion_reason`); one row per person. If several
    reasons apply, the one with the lowest rank is used.
    """
    parts = [_suppressed(lists), *(_on_minus_list(lists, one) for one in minus), _pending(lists)]
    if among is not None:
        parts += [_erased(among), _ended(lists, among), _not_subscribed(among)]
    left_out = sa.union_all(*parts).subquery("left_out")
    person = left_out.c.subscriber_id
    is_in_audience = sa.or_(*(_is_mailable_on(mailing_list, person) for mailing_list in lists))
    is_on_minus = sa.or_(sa.false(), *(is_active_on(excluded, person) for excluded in minus))
    excluded = sa.select(person, _first_reason(left_out)).where(
        sa.or_(sa.not_(is_in_audience), is_on_minus)
    )
    if among is not None:
        # coalesce() keeps SQLite from searching all of *among* for each suppression.
        excluded = excluded.where(sa.func.coalesce(person, 0).in_(among))
    return excluded.group_by(person)


def _first_reason(left_out: sa.Subquery) -> sa.ColumnElement[str]:
    """
    Return the aggregate that picks the reason with the lowest rank from a person's reasons.
    """
    of_each_rank = (
        sa.func.min(sa.case((left_out.c.rank == kind.value, left_out.c.reason)))
        for kind in sorted(ExclusionKind)
    )
    return sa.func.coalesce(*of_each_rank).label("reason")


def _reason_columns(
    kind: ExclusionKind, detail: sa.ColumnElement[str] | None = None
) -> tuple[sa.ColumnElement[int], sa.ColumnElement[str]]:
    return sa.literal(kind.value).label("rank"), reason_text(kind, detail).label("reason")


def _suppressed(lists: Sequence[MailingList]) -> sa.Select[Any]:
    """
    Select the subscribers of *lists* who are suppressed for a list they are on.
    """
    # coalesce() hides both keys from SQLite, so that it starts with the few suppressions.
    of_this_list = [
        sa.and_(
            sa.func.coalesce(_s.c.list_id, 0) == mailing_list.id, _x.c.scope == mailing_list.slug
        )
        for mailing_list in lists
    ]
    return (
        sa.select(_s.c.subscriber_id, *_reason_columns(ExclusionKind.SUPPRESSED, _x.c.reason))
        .join_from(_x, _p, _p.c.email_key == sa.func.coalesce(_x.c.email_key, ""))
        .join(_s, _s.c.subscriber_id == _p.c.id)
        .where(_is_on_any(lists), sa.or_(_x.c.scope == ALL_LISTS, *of_this_list))
    )


def _on_minus_list(lists: Sequence[MailingList], excluded: MailingList) -> sa.Select[Any]:
    """
    Select the subscribers of *lists* who are active on the list that is *excluded*.
    """
    other = _s.alias()
    slug = sa.literal(excluded.slug)
    return (
        sa.select(_s.c.subscriber_id, *_reason_columns(ExclusionKind.MINUS_LIST, slug))
        .join_from(other, _s, _s.c.subscriber_id == other.c.subscriber_id)
        .where(other.c.list_id == excluded.id, other.c.state == _ACTIVE, _is_on_any(lists))
    )


def _pending(lists: Sequence[MailingList]) -> sa.Select[Any]:
    """
    Select the people who have not confirmed their subscription to one of *lists*.
    """
    return sa.select(_s.c.subscriber_id, *_reason_columns(ExclusionKind.PENDING)).where(
        _s.c.list_id.in_([mailing_list.id for mailing_list in lists]), _s.c.state == _PENDING
    )


def _erased(among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select those of *among* who were erased.
    """
    person = among.subquery("among").c.subscriber_id
    return (
        sa.select(person, *_reason_columns(ExclusionKind.ERASED))
        .join(_p, _p.c.id == person)
        .where(_p.c.erased_at.is_not(None))
    )


def _ended(lists: Sequence[MailingList], among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select those of *among* whose subscription to one of *lists* has ended.
    """
    person = among.subquery("among").c.subscriber_id
    why = sa.func.coalesce(_s.c.ended_reason, "")
    return (
        sa.select(person, *_reason_columns(ExclusionKind.ENDED, why))
        .join(_s, _s.c.subscriber_id == person)
        .where(_s.c.list_id.in_([mailing_list.id for mailing_list in lists]), _s.c.state == _ENDED)
    )


def _not_subscribed(among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select all of *among* with the reason of the last rank, which counts only if no other applies.
    """
    person = among.subquery("among").c.subscriber_id
    return sa.select(person, *_reason_columns(ExclusionKind.NOT_SUBSCRIBED))


def _is_on_any(lists: Sequence[MailingList]) -> sa.ColumnElement[bool]:
    """
    Return the condition that a subscription to one of *lists* is active or pending.
    """
    # coalesce() keeps SQLite from starting with everybody on the lists instead of the few who are
    # suppressed or on a minus list.
    return sa.and_(
        sa.func.coalesce(_s.c.list_id, 0).in_([mailing_list.id for mailing_list in lists]),
        _s.c.state.in_([_ACTIVE, _PENDING]),
    )


def _is_mailable_on(
    mailing_list: MailingList, subscriber_id: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """
    Return the condition that the person is active on the list and not suppressed for it.
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
            sa.not_(suppressed.correlate(owner).exists()),
        )
    )
    return found.correlate_except(other, owner).exists()
