"""
Select what happened to people on lists, and how they stand there today, to follow when they
became readers of a list and when they stopped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.model import EndCause, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_h = history
_m = tables.mailing_list
_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_OF_A_LIST = (
    HistoryEvent.JOINED,
    HistoryEvent.CONFIRMED,
    HistoryEvent.RETURNED,
    HistoryEvent.LEFT,
    HistoryEvent.CHANGED,
    HistoryEvent.IMPORTED,
    HistoryEvent.SUPPRESSED,
    HistoryEvent.RELEASED,
)
_OF_ALL_LISTS = (HistoryEvent.SUPPRESSED, HistoryEvent.RELEASED, HistoryEvent.ERASED)


class CountedList(NamedTuple):
    """
    A list whose readers are counted.
    """

    id: int
    slug: str


class PastEvent(NamedTuple):
    """
    A row of a person's history that concerns a list, and how the person stands today; of somebody
    who is erased, whether they were on the list until then.
    """

    counted_list: CountedList
    id: int
    person: int
    at: dt.datetime
    what: HistoryEvent
    by: OriginKind
    list_id: int | None
    detail: Mapping[str, Any] | None
    is_erased: bool
    is_active_now: bool
    is_held_for_all: bool
    is_held_for_list: bool


def concerns(is_of_list: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """
    Return the condition for events that may make somebody a reader of a list, or end that: those of
    the list, those of all lists, and the suppressions by an import into any list.
    """
    return sa.or_(
        sa.and_(is_of_list, _h.c.what.in_(_OF_A_LIST)),
        sa.and_(_h.c.list_id.is_(None), _h.c.what.in_(_OF_ALL_LISTS)),
        sa.and_(
            _h.c.what == HistoryEvent.IMPORTED, _h.c.detail["suppressed"].as_string().is_not(None)
        ),
    )


def select_events(people: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select what ever concerned each list of these people, from its beginning, with how they stand
    today: for `read_event`, by person, list and number.
    """
    was_until_erased = sa.and_(
        _s.c.ended_cause == EndCause.ERASURE.value, _s.c.since >= _p.c.erased_at
    )
    is_active = sa.or_(_s.c.state == SubscriptionState.ACTIVE.value, was_until_erased)
    on_list = sa.and_(_s.c.subscriber_id == _h.c.subscriber_id, _s.c.list_id == _m.c.id)
    return (
        sa.select(
            _m.c.id,
            _m.c.slug,
            _h.c.id,
            _h.c.subscriber_id,
            _h.c.at,
            _h.c.what,
            _h.c.by,
            _h.c.list_id,
            _h.c.detail,
            _p.c.erased_at.is_not(None),
            sa.func.coalesce(is_active, sa.false()),
            _is_held(sa.literal(ALL_LISTS)),
            _is_held(_m.c.slug),
        )
        .select_from(_h)
        .join(_m, concerns(_h.c.list_id == _m.c.id))
        .join(_p, _p.c.id == _h.c.subscriber_id)
        .outerjoin(_s, on_list)
        .where(_h.c.subscriber_id.in_(people))
        .order_by(_h.c.subscriber_id, _m.c.id, _h.c.id)
    )


def read_event(row: sa.Row[Any]) -> PastEvent:
    """
    Return an event as it was selected.
    """
    values: tuple[Any, ...] = tuple(row)
    list_id, slug, number, person, at, what, by, *rest = values
    counted_list = CountedList(list_id, slug)
    return PastEvent(counted_list, number, person, at, HistoryEvent(what), OriginKind(by), *rest)


def _is_held(scope: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    held = sa.select(_x.c.id).where(_x.c.email_key == _p.c.email_key, _x.c.scope == scope)
    return held.correlate(_p, _m).exists()
