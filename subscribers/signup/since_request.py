"""
Find what a person has left since they asked to join. The order of the history decides, not its
times: a clock may be set back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.history.model import HistoryEvent
from subscribers.requests.model import ReaderRequest
from subscribers.suppression.model import SuppressionReason

_h = history
_OWN_WISH = SuppressionReason.UNSUBSCRIBED.value
_READ = (
    HistoryEvent.JOINED,
    HistoryEvent.CHANGED,
    HistoryEvent.LEFT,
    HistoryEvent.SUPPRESSED,
    HistoryEvent.RELEASED,
    HistoryEvent.IMPORTED,
    HistoryEvent.EXPIRED,
)


@dataclass(frozen=True, kw_only=True)
class Departed:
    """
    What somebody has left since a request: `lists` by their ids, and those for which they asked to
    get no email (`unwanted`), where None stands for all, unless that was lifted again.
    """

    lists: frozenset[int]
    unwanted: frozenset[int | None]

    def is_unwanted(self, list_id: int) -> bool:
        """
        Return True if the person has asked since to get no email from that list.
        """
        return not self.unwanted.isdisjoint((None, list_id))


def departed_since(connection: sa.Connection, request: ReaderRequest) -> Departed:
    """
    Return what the person has left since they made the request. If the history does not have it,
    everything that they ever left counts.
    """
    rows = connection.execute(
        sa.select(_h.c.list_id, _h.c.what, _h.c.detail)
        .where(
            _h.c.subscriber_id == request.subscriber_id,
            _h.c.what.in_([each.value for each in _READ]),
        )
        .order_by(_h.c.id)
    )
    lists: set[int] = set()
    unwanted: set[int | None] = set()
    for row in rows:
        detail = row.detail or {}
        if _asks(row.what, detail) == request.id:
            lists.clear()
            unwanted.clear()
        elif _is_end(row.what, detail) and row.list_id is not None:
            lists.add(row.list_id)
        # A list that does not exist has no id either, and does not stand for all.
        if "list" in detail:
            continue
        if row.what == HistoryEvent.RELEASED:
            unwanted.discard(row.list_id)
        elif _is_wish(row.what, detail):
            # An import suppresses for all lists, though it is to one.
            unwanted.add(None if row.what == HistoryEvent.IMPORTED else row.list_id)
    return Departed(lists=frozenset(lists), unwanted=frozenset(unwanted))


def _asks(what: str, detail: Mapping[str, Any]) -> int | None:
    """
    Return the number of the request that a record tells of; None if it tells of none.
    """
    if what == HistoryEvent.JOINED:
        return detail.get("request")
    return detail.get("asked_to_confirm") if what == HistoryEvent.CHANGED else None


def _is_end(what: str, detail: Mapping[str, Any]) -> bool:
    if what == HistoryEvent.EXPIRED:
        # With a request it only says that its link does not work any more.
        return "request" not in detail
    return what == HistoryEvent.LEFT or _after(detail, "state") == "ended"


def _is_wish(what: str, detail: Mapping[str, Any]) -> bool:
    if what == HistoryEvent.SUPPRESSED:
        return detail.get("reason") == _OWN_WISH
    return what == HistoryEvent.IMPORTED and _after(detail, "suppressed") == _OWN_WISH


def _after(detail: Mapping[str, Any], name: str) -> object:
    change = detail.get(name)
    return change.get("after") if isinstance(change, Mapping) else None
