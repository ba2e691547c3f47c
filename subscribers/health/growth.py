"""
Count how the readers of a list became more and fewer, by day and by who did it, out of the history.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.health.reader_changes import PastEvent, ReaderChange, changes_of
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.model import EndCause, MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_h = history
_p = tables.subscriber
_s = tables.subscription
_x = tables.suppression
_OWN = (
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
_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Growth:
    """
    How the number of readers of a list changed: how often in each way, by day in UTC and by who did
    it. A person who did so twice counts twice.
    """

    counts: Mapping[tuple[dt.date, OriginKind, ReaderChange], int] = field(default_factory=dict)

    def by_day(self, *changes: ReaderChange) -> dict[dt.date, int]:
        """
        Return how many changes of these kinds there were on each day that had some.
        """
        found: Counter[dt.date] = Counter()
        for (day, _, change), number in self.counts.items():
            if change in changes:
                found[day] += number
        return dict(sorted(found.items()))

    def through(self, change: ReaderChange) -> dict[OriginKind, int]:
        """
        Return how many changes of a kind each kind of origin made.
        """
        found: Counter[OriginKind] = Counter()
        for (_, origin, its), number in self.counts.items():
            if its is change:
                found[origin] += number
        return dict(sorted(found.items()))

    def total(self, change: ReaderChange) -> int:
        """
        Return how many changes of a kind there were.
        """
        return sum(self.through(change).values())

    @property
    def net(self) -> int:
        """
        Return by how many people the list grew.
        """
        return sum(change.sign * number for (_, _, change), number in self.counts.items())


def count_growth(
    connection: sa.Connection, mailing_list: MailingList, *, since: dt.datetime
) -> Growth:
    """
    Count how the readers of the list changed since that time. A reader is active and not
    suppressed, so pending people are none, and nobody stops being one twice without having become
    one again: today's readers less `net` are those of that time.
    """
    counts: Counter[tuple[dt.date, OriginKind, ReaderChange]] = Counter()
    rows = connection.execute(
        _select_events(mailing_list, since), execution_options={"yield_per": _AT_ONCE}
    )
    for _, theirs in itertools.groupby(map(_read, rows), key=lambda event: event.person):
        for change in changes_of(list(theirs), mailing_list):
            if change.at >= since:
                counts[change.at.date(), change.by, change.change] += 1
    return Growth(counts=counts)


def _select_events(mailing_list: MailingList, since: dt.datetime) -> sa.Select[Any]:
    """
    Select what ever concerned the list of the people with whom something happened since, with how
    each stands today.
    """
    is_its = sa.or_(
        sa.and_(_h.c.list_id == mailing_list.id, _h.c.what.in_(_OWN)),
        sa.and_(_h.c.list_id.is_(None), _h.c.what.in_(_OF_ALL_LISTS)),
        sa.and_(
            _h.c.what == HistoryEvent.IMPORTED, _h.c.detail["suppressed"].as_string().is_not(None)
        ),
    )
    changed = sa.select(_h.c.subscriber_id).where(
        _h.c.at >= since, _h.c.subscriber_id.is_not(None), is_its
    )
    was_until_erased = sa.and_(
        _s.c.ended_cause == EndCause.ERASURE.value, _s.c.since >= _p.c.erased_at
    )
    is_active = sa.or_(_s.c.state == SubscriptionState.ACTIVE.value, was_until_erased)
    on_list = sa.and_(_s.c.subscriber_id == _h.c.subscriber_id, _s.c.list_id == mailing_list.id)
    return (
        sa.select(
            _h.c.subscriber_id,
            _h.c.at,
            _h.c.what,
            _h.c.by,
            _h.c.list_id,
            _h.c.detail,
            _p.c.erased_at.is_not(None),
            sa.func.coalesce(is_active, sa.false()),
            _is_held(ALL_LISTS),
            _is_held(mailing_list.slug),
        )
        .join(_p, _p.c.id == _h.c.subscriber_id)
        .outerjoin(_s, on_list)
        .where(_h.c.subscriber_id.in_(changed), is_its)
        .order_by(_h.c.subscriber_id, _h.c.id)
    )


def _is_held(scope: str) -> sa.ColumnElement[bool]:
    held = sa.select(_x.c.id).where(_x.c.email_key == _p.c.email_key, _x.c.scope == scope)
    return held.correlate(_p).exists()


def _read(row: sa.Row[Any]) -> PastEvent:
    values: tuple[Any, ...] = tuple(row)
    person, at, what, by, *rest = values
    return PastEvent(person, at, HistoryEvent(what), OriginKind(by), *rest)
