"""
Count who joined a list and who left it, by day and by who did it, out of the history.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.model import MailingList, SubscriptionState

_h = history
_s = tables.subscription
_ACTIVE = SubscriptionState.ACTIVE.value
JOINING = (
    HistoryEvent.CONFIRMED,
    HistoryEvent.RETURNED,
    HistoryEvent.JOINED,
    HistoryEvent.IMPORTED,
)
LEAVING = (HistoryEvent.LEFT, HistoryEvent.SUPPRESSED, HistoryEvent.ERASED)
_AT_ONCE = 10_000


@dataclass(frozen=True, kw_only=True)
class Growth:
    """
    How many people joined a list and how many left it: by day in UTC, and by who did it. A person
    who did so twice counts twice.
    """

    joined: Mapping[dt.date, int] = field(default_factory=dict)
    left: Mapping[dt.date, int] = field(default_factory=dict)
    joined_through: Mapping[OriginKind, int] = field(default_factory=dict)
    left_through: Mapping[OriginKind, int] = field(default_factory=dict)

    @property
    def net(self) -> int:
        """
        Return by how many people the list grew.
        """
        return sum(self.joined.values()) - sum(self.left.values())


def count_growth(
    connection: sa.Connection, mailing_list: MailingList, *, since: dt.datetime
) -> Growth:
    """
    Count who has joined the list and who has left it since that time. Pending people have not
    joined yet; somebody whose address is suppressed or who is erased has left. Nobody leaves again
    before they have joined again.
    """
    joined: Counter[dt.date] = Counter()
    left: Counter[dt.date] = Counter()
    joined_through: Counter[OriginKind] = Counter()
    left_through: Counter[OriginKind] = Counter()
    rows = connection.execute(
        _select_changes(mailing_list, since), execution_options={"yield_per": _AT_ONCE}
    )
    gone: set[int] = set()
    for person, at, what, by, detail in rows:
        event, origin, day = HistoryEvent(what), OriginKind(by), at.date()
        if is_active_after(event, detail):
            gone.discard(person)
            joined[day] += 1
            joined_through[origin] += 1
        elif person not in gone and has_left(event, detail):
            gone.add(person)
            left[day] += 1
            left_through[origin] += 1
    return Growth(
        joined=joined, left=left, joined_through=joined_through, left_through=left_through
    )


def _select_changes(mailing_list: MailingList, since: dt.datetime) -> sa.Select[Any]:
    """
    Select the changes of the list, and suppressions and erasures of people who were on it then.
    """
    was_on_it = (
        sa.select(_s.c.id)
        .where(
            _s.c.subscriber_id == _h.c.subscriber_id,
            _s.c.list_id == mailing_list.id,
            sa.or_(
                _s.c.state == _ACTIVE,
                sa.and_(_s.c.state == SubscriptionState.ENDED.value, _s.c.since >= _h.c.at),
            ),
        )
        .exists()
    )
    is_own = sa.and_(_h.c.list_id == mailing_list.id, _h.c.what != HistoryEvent.SUPPRESSED)
    is_its = sa.or_(_h.c.list_id.is_(None), _h.c.list_id == mailing_list.id)
    ends_it = sa.and_(is_its, _h.c.what.in_(LEAVING), was_on_it)
    changes = sa.select(_h.c.subscriber_id, _h.c.at, _h.c.what, _h.c.by, _h.c.detail).where(
        _h.c.at >= since,
        _h.c.subscriber_id.is_not(None),
        _h.c.what.in_([*JOINING, *LEAVING]),
        sa.or_(is_own, ends_it),
    )
    return changes.order_by(_h.c.id)


def is_active_after(event: HistoryEvent, detail: Mapping[str, Any] | None) -> bool:
    """
    Say whether somebody has become active by a change.
    """
    if event in (HistoryEvent.CONFIRMED, HistoryEvent.RETURNED):
        return True
    state = (detail or {}).get("state")
    return (state.get("after") if isinstance(state, dict) else state) == _ACTIVE


def has_left(event: HistoryEvent, detail: Mapping[str, Any] | None) -> bool:
    """
    Say whether somebody has left by a change, who was not only pending.
    """
    known = detail or {}
    if event in LEAVING:
        return known.get("before") != SubscriptionState.PENDING.value
    state = known.get("state")
    return isinstance(state, dict) and state["before"] == _ACTIVE and state["after"] != _ACTIVE
