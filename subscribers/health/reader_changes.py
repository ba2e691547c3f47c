"""
Follow what happened to one person, and say when they became a reader of a list and when they
stopped.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from subscribers.health.reader_events import PastEvent
from subscribers.history.model import HistoryEvent, OriginKind
from subscribers.history.records import REMOVED_LIST
from subscribers.model import SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_ACTIVE = SubscriptionState.ACTIVE.value
_BACK = (HistoryEvent.RETURNED, HistoryEvent.RELEASED)


class ReaderChange(enum.StrEnum):
    """
    How the number of readers changed. CAME_BACK is an undone unsubscription or the end of a
    suppression; somebody who signs up again has JOINED again.
    """

    JOINED = "joined"
    CAME_BACK = "came_back"
    LEFT = "left"
    SUPPRESSED = "suppressed"
    ERASED = "erased"

    @property
    def sign(self) -> int:
        """
        Return 1 if there is a reader more, and -1 if there is one less.
        """
        return 1 if self in (ReaderChange.JOINED, ReaderChange.CAME_BACK) else -1


class ChangeAt(NamedTuple):
    """
    When somebody became a reader or stopped, how, and through whom.
    """

    at: dt.datetime
    change: ReaderChange
    by: OriginKind


@dataclass(kw_only=True)
class Standing:
    """
    Whether somebody is active on a list, and in which scopes they are suppressed.
    """

    is_active: bool
    held: set[str] = field(default_factory=set)

    @property
    def is_reader(self) -> bool:
        """
        Return True if they get the emails of the list.
        """
        return self.is_active and not self.held

    def apply(self, event: PastEvent, *, is_confirmed_later: bool, is_first: bool) -> None:
        """
        Follow one event. What erasure emptied is taken for a sign-up that began at once, unless it
        was confirmed later.
        """
        detail = event.detail or {}
        if event.what is HistoryEvent.ERASED:
            self.is_active, self.held = False, set()
        elif event.what in (HistoryEvent.SUPPRESSED, HistoryEvent.RELEASED):
            self._suppress(event, detail)
        elif event.list_id == event.counted_list.id:
            begins = event.detail is None and not is_confirmed_later
            after = _active_after(event, detail, begins=begins, is_first=is_first)
            self.is_active = self.is_active if after is None else after
        if event.what is HistoryEvent.IMPORTED and "suppressed" in detail:
            is_held = bool(detail["suppressed"].get("after"))
            (self.held.add if is_held else self.held.discard)(ALL_LISTS)

    def _suppress(self, event: PastEvent, detail: Mapping[str, Any]) -> None:
        scope = _scope_of(event)
        if scope is not None:
            is_held = event.what is HistoryEvent.SUPPRESSED
            (self.held.add if is_held else self.held.discard)(scope)


def changes_of(events: Sequence[PastEvent]) -> list[ChangeAt]:
    """
    Return how one person became a reader of one list and stopped, out of their *events* in order,
    of which there is at least one. Somebody suppressed by a rule at the very moment is left out.
    """
    standing = _at_first(events)
    found: list[ChangeAt] = []
    for number, event in enumerate(events):
        was_reader = standing.is_reader
        is_later = event.detail is None and any(
            each.what is HistoryEvent.CONFIRMED for each in events[number + 1 :]
        )
        standing.apply(event, is_confirmed_later=is_later, is_first=number == 0)
        if standing.is_reader == was_reader:
            continue
        if found and found[-1].at == event.at and "rule" in (event.detail or {}):
            found.pop()
            continue
        found.append(ChangeAt(event.at, _named(event, standing), event.by))
    return found


def _scope_of(event: PastEvent) -> str | None:
    """
    Return the scope of a suppression that concerns the list; None if it is another list's.
    """
    own = event.counted_list
    if event.list_id is not None:
        return own.slug if event.list_id == own.id else None
    detail = event.detail or {}
    named = detail.get("list", detail.get(REMOVED_LIST, ALL_LISTS))
    return named if named in (ALL_LISTS, own.slug) else None


def _named(event: PastEvent, standing: Standing) -> ReaderChange:
    if standing.is_reader:
        return ReaderChange.CAME_BACK if event.what in _BACK else ReaderChange.JOINED
    if event.what is HistoryEvent.ERASED:
        return ReaderChange.ERASED
    return ReaderChange.SUPPRESSED if standing.is_active else ReaderChange.LEFT


def _active_after(
    event: PastEvent, detail: Mapping[str, Any], *, begins: bool, is_first: bool
) -> bool | None:
    """
    Return whether somebody is active on the list after an event of it; None if it changes nothing.
    """
    state = detail.get("state")
    match event.what:
        case HistoryEvent.CONFIRMED | HistoryEvent.RETURNED:
            return True
        case HistoryEvent.LEFT:
            return False
        case HistoryEvent.JOINED:
            return begins or state == _ACTIVE
        case HistoryEvent.IMPORTED if isinstance(state, dict):
            return bool(state["after"] == _ACTIVE)
        case HistoryEvent.IMPORTED if begins and is_first:
            return True
        case HistoryEvent.CHANGED if "import_undone" in detail:
            is_gone = isinstance(state, dict) or event.is_erased
            return False if is_gone else None
    return None


def _at_first(events: Sequence[PastEvent]) -> Standing:
    """
    Return how the person stood before the first of their *events*: what the first one that tells of
    it says was before; if none does, how they stand today.
    """
    today = events[-1]
    known = (before for each in events for before in _active_before(each))
    standing = Standing(is_active=next(known, today.is_active_now))
    current = {ALL_LISTS: today.is_held_for_all, today.counted_list.slug: today.is_held_for_list}
    for scope, is_held in current.items():
        first = next((each for each in events if _tells_of(each, scope)), None)
        if is_held if first is None else first.what is HistoryEvent.RELEASED:
            standing.held.add(scope)
    return standing


def _active_before(event: PastEvent) -> Iterator[bool]:
    """
    Yield whether the person was active on the list before an event, if it says so.
    """
    if event.list_id != event.counted_list.id:
        return
    detail = event.detail or {}
    state = detail.get("state")
    if event.what in (HistoryEvent.JOINED, HistoryEvent.CONFIRMED, HistoryEvent.RETURNED):
        yield False
    elif event.what is HistoryEvent.LEFT:
        yield detail.get("before", _ACTIVE) == _ACTIVE
    elif isinstance(state, dict):
        yield state["before"] == _ACTIVE
    elif event.what is HistoryEvent.IMPORTED and event.detail is None:
        yield False


def _tells_of(event: PastEvent, scope: str) -> bool:
    if event.what is HistoryEvent.IMPORTED:
        return scope == ALL_LISTS and "suppressed" in (event.detail or {})
    is_suppression = event.what in (HistoryEvent.SUPPRESSED, HistoryEvent.RELEASED)
    return is_suppression and _scope_of(event) == scope
