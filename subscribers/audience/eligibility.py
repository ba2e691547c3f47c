"""
Find the people in a frozen batch who may no longer be mailed; called again before each call to a
provider.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.audience.exclusion_reason import ExclusionKind, reason_text
from subscribers.audience.notice_rule import NoticeRule
from subscribers.database import tables
from subscribers.database.request_tables import reader_request
from subscribers.model import SubscriptionState
from subscribers.suppression.model import ALL_LISTS, SuppressionReason

_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_r = reader_request
_Case = tuple[sa.ColumnElement[bool], sa.ColumnElement[str]]
_HAS_ENDED = reason_text(ExclusionKind.ENDED, sa.func.coalesce(_s.c.ended_reason, ""))
# Why a notice does not go to a person whose subscription is in that state.
_STATES: Mapping[SubscriptionState, sa.ColumnElement[str]] = {
    SubscriptionState.PENDING: reason_text(ExclusionKind.PENDING),
    SubscriptionState.ACTIVE: reason_text(ExclusionKind.ACTIVE),
    SubscriptionState.ENDED: _HAS_ENDED,
}


def select_with_reason(
    batch: sa.FromClause, *, now: sa.ColumnElement[dt.datetime]
) -> sa.Select[Any]:
    """
    Select every row of *batch* with all its columns, and `reason`: why the person may no longer be
    mailed (a text of `exclusion_reason`), or NULL. *now* is the time at which a pause is over.

    *batch* must have the columns subscription_id and email_key (NULL after erasure). Suppressions
    are looked up by that address, because the batch would mail it, and not by the person's current
    one.
    """
    lists = tables.mailing_list
    everywhere, here = _x.alias("everywhere"), _x.alias("here")
    reason = sa.case(
        *_erased(batch),
        *_suppressed(everywhere),
        *_suppressed(here),
        (_s.c.state != SubscriptionState.ACTIVE.value, _HAS_ENDED),
        (_s.c.id.is_(None), reason_text(ExclusionKind.NOT_SUBSCRIBED)),
        (_p.c.paused_until > now, reason_text(ExclusionKind.PAUSED)),
    ).label("reason")
    joined = (
        batch.outerjoin(_s, _s.c.id == batch.c.subscription_id)
        .outerjoin(_p, _p.c.id == _s.c.subscriber_id)
        .outerjoin(lists, lists.c.id == _s.c.list_id)
        .outerjoin(everywhere, _suppresses(everywhere, batch.c.email_key, sa.literal(ALL_LISTS)))
        .outerjoin(here, _suppresses(here, batch.c.email_key, lists.c.slug))
    )
    return sa.select(*batch.c, reason).select_from(joined)


def select_with_notice_reason(batch: sa.FromClause, rule: NoticeRule) -> sa.Select[Any]:
    """
    Select the rows of *batch* as `select_with_reason` does, for a notice that may go by *rule*. It
    must also have the columns subscriber_id, list_id and request_id.
    """
    lists = tables.mailing_list
    everywhere, here = _x.alias("everywhere"), _x.alias("here")
    cases = [
        *_erased(batch),
        *_suppressed(everywhere, ignores=rule.ignores),
        *_suppressed(here, ignores=rule.ignores),
        *((_s.c.state == s.value, why) for s, why in _STATES.items() if s not in rule.states),
    ]
    if rule.needs_open_request:
        # What they wanted last holds.
        cases += [_suppressed_since(everywhere), _suppressed_since(here)]
        cases.append(
            (
                (_s.c.state == SubscriptionState.ENDED.value) & (_s.c.since > _r.c.requested_at),
                _HAS_ENDED,
            )
        )
    expired = batch.c.request_id.is_not(None) & _r.c.id.is_(None)
    cases.append((expired, reason_text(ExclusionKind.EXPIRED)))
    if rule.needs_subscription:
        cases.append((_s.c.id.is_(None), reason_text(ExclusionKind.NOT_SUBSCRIBED)))
    if rule.needs_open_request:
        cases.append((_r.c.done_at.is_not(None), reason_text(ExclusionKind.CONFIRMED)))
    joined = (
        batch.outerjoin(_s, _s.c.id == batch.c.subscription_id)
        .outerjoin(_p, _p.c.id == batch.c.subscriber_id)
        .outerjoin(_r, _r.c.id == batch.c.request_id)
        .outerjoin(lists, lists.c.id == batch.c.list_id)
        .outerjoin(everywhere, _suppresses(everywhere, batch.c.email_key, sa.literal(ALL_LISTS)))
        .outerjoin(here, _suppresses(here, batch.c.email_key, lists.c.slug))
    )
    return sa.select(*batch.c, sa.case(*cases).label("reason")).select_from(joined)


def _erased(batch: sa.FromClause) -> list[_Case]:
    is_erased = sa.or_(batch.c.email_key.is_(None), _p.c.erased_at.is_not(None))
    return [(is_erased, reason_text(ExclusionKind.ERASED))]


def _suppressed_since(table: Any) -> _Case:
    is_later = table.c.since > _r.c.requested_at
    return is_later, reason_text(ExclusionKind.SUPPRESSED, table.c.reason)


def _suppressed(table: Any, *, ignores: frozenset[SuppressionReason] = frozenset()) -> list[_Case]:
    holds = table.c.reason.is_not(None)
    if ignores:
        holds = table.c.reason.not_in(sorted(ignores))
    return [(holds, reason_text(ExclusionKind.SUPPRESSED, table.c.reason))]


def _suppresses(
    table: Any, email_key: sa.ColumnElement[Any], scope: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.email_key == email_key, table.c.scope == scope)
