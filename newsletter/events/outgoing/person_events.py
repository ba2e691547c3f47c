"""
Turn what is recorded in the history of people into events for outgoing webhooks.

`subscribers` calls `add_history_events` in the transaction that writes the history.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.outgoing import OutgoingEvent, OutgoingKind
from newsletter.store.outgoing.events import AT_ONCE, WebhookFilter, add_events, webhook_filters
from newsletter.store.outgoing.people import addresses_of, lists_of_people, slugs_of
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin, OriginKind
from subscribers.model import SubscriptionState

_JOINED = OutgoingKind.SUBSCRIBER_JOINED
_CONFIRMED = OutgoingKind.SUBSCRIBER_CONFIRMED
_LEFT = OutgoingKind.SUBSCRIBER_LEFT
_SUPPRESSED = OutgoingKind.SUBSCRIBER_SUPPRESSED
_ACTIVE, _PENDING = SubscriptionState.ACTIVE.value, SubscriptionState.PENDING.value
# What the history calls it, and what receivers read.
_KNOWN = {
    "name": "name",
    "email": "address",
    "language": "language",
    "timezone": "timezone",
    "cadence": "cadence",
}

# What is sent beside the ids: a state or a reason.
_Detail = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PersonEvent:
    """
    Something that happened to a person, whose address has not been looked up yet. `email_key` is
    given if the address is no subscriber's; `list_id` is None if it concerns all lists.
    """

    kind: OutgoingKind
    subscriber_id: int | None
    detail: Mapping[str, Any]
    email_key: str | None = None
    list_id: int | None = None

    @property
    def subject(self) -> str:
        if self.subscriber_id is not None:
            return f"p{self.subscriber_id}"
        return f"a{hashlib.sha256((self.email_key or '').encode()).hexdigest()[:16]}"


def add_history_events(
    connection: sa.Connection, records: Sequence[HistoryRecord], by: Origin, at: dt.datetime
) -> None:
    """
    Write the events that follow from *records*, in the transaction that writes these. What an
    import does to people is reported once, when it has ended.
    """
    if by.kind is OriginKind.IMPORT:
        return
    found = [event for record in records for event in events_in(record)]
    add_person_events(connection, found, by=by, now=at)


def add_person_events(
    connection: sa.Connection, events: Sequence[PersonEvent], *, by: Origin, now: dt.datetime
) -> None:
    """
    Write events about people for the webhooks that want them.
    """
    filters = webhook_filters(connection, {event.kind for event in events}) if events else []
    if not filters:
        return
    wanted = frozenset[OutgoingKind]().union(*(each.kinds for each in filters))
    left = iter([event for event in events if event.kind in wanted])
    while some := list(itertools.islice(left, AT_ONCE)):
        complete = _complete(connection, some, filters, by=by)
        add_events(connection, complete, filters, now=now)


def events_in(record: HistoryRecord) -> Iterator[PersonEvent]:
    """
    Yield the events that follow from one record.
    """
    for kind, detail in _kinds_in(record):
        yield PersonEvent(
            kind=kind,
            subscriber_id=record.subscriber_id,
            email_key=record.email_key if record.subscriber_id is None else None,
            list_id=record.list_id,
            detail=detail,
        )


def _kinds_in(record: HistoryRecord) -> Iterable[tuple[OutgoingKind, _Detail]]:
    detail = record.detail or {}
    reason = {"reason": str(detail.get("reason", ""))}
    match record.what:
        case HistoryEvent.JOINED:
            # Somebody who asks to join may be on the list already, or have left it.
            state = detail.get("standing") or detail.get("state") or _PENDING
            return [(_JOINED, {"state": str(state)})]
        case HistoryEvent.RETURNED:
            return [(_JOINED, {"state": _ACTIVE})]
        case HistoryEvent.CONFIRMED:
            return [(_CONFIRMED, {})]
        case HistoryEvent.LEFT:
            return [(_LEFT, reason)]
        case HistoryEvent.SUPPRESSED:
            return [(_SUPPRESSED, reason)]
        case HistoryEvent.ERASED if record.subscriber_id is not None:
            return [(_LEFT, {"reason": "erased"})]
        case HistoryEvent.CHANGED if "import_undone" not in detail:
            return _changed(detail)
    return []


def _changed(detail: Mapping[str, Any]) -> Iterator[tuple[OutgoingKind, _Detail]]:
    """
    Yield what changed of a person: the names of what is known about them, and their tags.
    """
    fields = [f"fields.{name}" for name in detail.get("fields", ())]
    known = [name for key, name in _KNOWN.items() if key in detail]
    if fields or known:
        yield OutgoingKind.SUBSCRIBER_UPDATED, {"changed": sorted([*known, *fields])}
    if "tags" in detail:
        before, after = set(detail["tags"]["before"]), set(detail["tags"]["after"])
        tags = {"added": sorted(after - before), "removed": sorted(before - after)}
        yield OutgoingKind.SUBSCRIBER_TAGGED, tags


def _complete(
    connection: sa.Connection,
    events: Sequence[PersonEvent],
    filters: Sequence[WebhookFilter],
    *,
    by: Origin,
) -> Iterator[OutgoingEvent]:
    """
    Yield the events, complete with addresses and lists.
    """
    numbers = _numbers_in(events)
    addresses = addresses_of(connection, numbers) if numbers else {}
    slugs = slugs_of(connection, {each.list_id for each in events if each.list_id is not None})
    own = _own_lists(connection, events, filters)
    for event in events:
        number = event.subscriber_id
        lists = own.get(number or 0, ()) if event.list_id is None else (event.list_id,)
        yield OutgoingEvent(
            kind=event.kind,
            subject=event.subject,
            data={
                "subscriber_id": number,
                "list": slugs.get(event.list_id or 0),
                "by": by.kind.value,
                **event.detail,
            },
            subscriber_id=number,
            address=event.email_key if number is None else addresses.get(number),
            lists=frozenset(lists),
        )


def _own_lists(
    connection: sa.Connection, events: Iterable[PersonEvent], filters: Iterable[WebhookFilter]
) -> Mapping[int, Collection[int]]:
    """
    Return the lists that people are or were on, of those to which webhooks are limited, for events
    that concern all lists.
    """
    limits = frozenset[int]().union(*(each.lists for each in filters if each.lists is not None))
    numbers = _numbers_in(event for event in events if event.list_id is None)
    if not (limits and numbers):
        return {}
    return lists_of_people(connection, numbers, among=limits)


def _numbers_in(events: Iterable[PersonEvent]) -> set[int]:
    return {event.subscriber_id for event in events if event.subscriber_id is not None}
