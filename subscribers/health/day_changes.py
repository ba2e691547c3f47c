"""
Count the people who became readers in a short time, and those who stopped, in one statement, over
all lists or some.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.health.reader_changes import ReaderChange, changes_of
from subscribers.health.reader_events import PastEvent, concerns, read_event, select_events

# So many events are looked at; an import may have made a million.
MOST = 5_000
_h = history
_m = tables.mailing_list


@dataclass(frozen=True, kw_only=True)
class PeopleChanges:
    """
    How many people changed in each way of `ReaderChange`. If not `are_all`, there were more events
    than were looked at.
    """

    joined: int = 0
    came_back: int = 0
    left: int = 0
    suppressed: int = 0
    erased: int = 0
    are_all: bool = True


def count_changes(
    connection: sa.Connection,
    *,
    since: dt.datetime,
    until: dt.datetime,
    slugs: Collection[str] | None = None,
) -> PeopleChanges:
    """
    Count how people changed between the two times, as `count_growth` does for one list; with
    *slugs*, on these lists alone. What happened to somebody on several lists counts once.
    """
    own = sa.true() if slugs is None else _m.c.slug.in_(list(slugs))
    of_own = _h.c.list_id.in_(sa.select(_m.c.id).where(own))
    changed = (
        sa.select(_h.c.subscriber_id)
        .where(_h.c.at >= since, _h.c.at < until, _h.c.subscriber_id.is_not(None), concerns(of_own))
        .order_by(_h.c.at, _h.c.id)
        .limit(MOST + 1)
    )
    events = [read_event(row) for row in connection.execute(select_events(changed).where(own))]
    counts: Counter[ReaderChange] = Counter()
    for _, theirs in itertools.groupby(events, key=lambda event: event.person):
        counts += _changes_of_person(theirs, since=since, until=until)
    looked_at = {each.id for each in events if since <= each.at < until}
    return PeopleChanges(
        **{change.value: number for change, number in counts.items()},
        are_all=len(looked_at) <= MOST,
    )


def _changes_of_person(
    events: Iterable[PastEvent], *, since: dt.datetime, until: dt.datetime
) -> Counter[ReaderChange]:
    """
    Count how one person changed: as often as on that list on which it was most often.
    """
    most: Counter[ReaderChange] = Counter()
    for _, of_list in itertools.groupby(events, key=lambda event: event.counted_list):
        changes = changes_of(list(of_list))
        most |= Counter(each.change for each in changes if since <= each.at < until)
    return most
