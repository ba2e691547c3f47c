"""
Count how the readers of a list became more and fewer, by day and by who did it, out of the history.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.health.reader_changes import ReaderChange, changes_of
from subscribers.health.reader_events import concerns, read_event, select_events
from subscribers.history.model import OriginKind
from subscribers.model import MailingList

_h = history
_m = tables.mailing_list
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
    changed = sa.select(_h.c.subscriber_id).where(
        _h.c.at >= since, _h.c.subscriber_id.is_not(None), concerns(_h.c.list_id == mailing_list.id)
    )
    events = select_events(changed).where(_m.c.id == mailing_list.id)
    rows = connection.execute(events, execution_options={"yield_per": _AT_ONCE})
    for _, theirs in itertools.groupby(map(read_event, rows), key=lambda event: event.person):
        for change in changes_of(list(theirs)):
            if change.at >= since:
                counts[change.at.date(), change.by, change.change] += 1
    return Growth(counts=counts)
