"""
Count who joined and who left in a short time, in one statement, over all lists or some.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.database.tables import mailing_list
from subscribers.history.model import HistoryEvent
from subscribers.model import SubscriptionState

# So many changes are looked at; an import may have made a million.
MOST = 5_000
_h = history
_ACTIVE = SubscriptionState.ACTIVE.value
_JOINING = (
    HistoryEvent.CONFIRMED,
    HistoryEvent.RETURNED,
    HistoryEvent.JOINED,
    HistoryEvent.IMPORTED,
)
_LEAVING = (HistoryEvent.LEFT, HistoryEvent.SUPPRESSED, HistoryEvent.ERASED)


@dataclass(frozen=True, kw_only=True)
class PeopleChanges:
    """
    How many people joined and left. If not `are_all`, there were more changes than were counted.
    """

    joined: int = 0
    left: int = 0
    are_all: bool = True


def count_changes(
    connection: sa.Connection,
    *,
    since: dt.datetime,
    until: dt.datetime,
    slugs: Collection[str] | None = None,
) -> PeopleChanges:
    """
    Count those who became active between the two times, and those who left; with *slugs*, on these
    lists alone. Somebody who left several lists counts once.
    """
    rows = connection.execute(_select(since, until, slugs)).all()
    joined, left, gone = 0, 0, set()
    for person, what, state, before in rows[:MOST]:
        event, detail = HistoryEvent(what), {"state": _value(state), "before": before}
        if _is_active_after(event, detail):
            gone.discard(person)
            joined += 1
        elif person not in gone and _has_left(event, detail):
            gone.add(person)
            left += 1
    return PeopleChanges(joined=joined, left=left, are_all=len(rows) <= MOST)


def _select(
    since: dt.datetime, until: dt.datetime, slugs: Collection[str] | None
) -> sa.Select[Any]:
    found = sa.select(
        _h.c.subscriber_id,
        _h.c.what,
        _h.c.detail["state"].as_string(),
        _h.c.detail["before"].as_string(),
    ).where(
        _h.c.at >= since,
        _h.c.at < until,
        _h.c.subscriber_id.is_not(None),
        _h.c.what.in_([*_JOINING, *_LEAVING]),
    )
    if slugs is not None:
        own = sa.select(mailing_list.c.id).where(mailing_list.c.slug.in_(list(slugs)))
        found = found.where(_h.c.list_id.in_(own))
    return found.order_by(_h.c.id).limit(MOST + 1)


def _value(state: str | None) -> Any:
    """
    Return a state as the history holds it: a word, or the words before and after.
    """
    return json.loads(state) if state and state.startswith("{") else state


def _is_active_after(event: HistoryEvent, detail: Mapping[str, Any]) -> bool:
    """
    Say whether somebody has become active by a change.
    """
    if event in (HistoryEvent.CONFIRMED, HistoryEvent.RETURNED):
        return True
    state = detail["state"]
    return bool((state.get("after") if isinstance(state, dict) else state) == _ACTIVE)


def _has_left(event: HistoryEvent, detail: Mapping[str, Any]) -> bool:
    """
    Say whether somebody has left by a change, who was not only pending.
    """
    if event in _LEAVING:
        return bool(detail["before"] != SubscriptionState.PENDING.value)
    state = detail["state"]
    return isinstance(state, dict) and state["before"] == _ACTIVE and state["after"] != _ACTIVE
