"""
Write the events of outgoing webhooks, in the transaction of what they report. Nothing is written
that no webhook wants.
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.outgoing import OutgoingEvent, OutgoingKind, SendState
from newsletter.store.list_limits import limit_ids
from newsletter.store.tables import (
    outgoing_delivery,
    outgoing_event,
    outgoing_webhook,
    outgoing_webhook_list,
)
from subscribers.database.bulk_insert import insert_many
from subscribers.database.numbers import take_numbers

# Rows in one statement.
AT_ONCE = 1000
# More events than these in one statement are bulk: urgent ones overtake them.
_FEW = 20
_WEBHOOKS = sa.select(
    outgoing_webhook.c.id, outgoing_webhook.c.kinds, outgoing_webhook.c.is_limited
).order_by(outgoing_webhook.c.id)
_EVENT = ("id", "key", "kind", "at", "data", "subscriber_id", "address")
_DELIVERY = ("webhook_id", "event_id", "subject", "state", "next_at", "is_bulk")


@dataclass(frozen=True, kw_only=True)
class WebhookFilter:
    """
    Which events a webhook wants: of these kinds, and only about the lists with these ids; None for
    all.
    """

    webhook_id: int
    kinds: frozenset[OutgoingKind]
    lists: frozenset[int] | None

    def wants(self, event: OutgoingEvent) -> bool:
        """
        Return True if the event is to be sent to the webhook.
        """
        if event.kind not in self.kinds:
            return False
        return self.lists is None or not self.lists.isdisjoint(event.lists)


def webhook_filters(
    connection: sa.Connection, kinds: Collection[OutgoingKind]
) -> list[WebhookFilter]:
    """
    Return the filters of the webhooks, paused ones too, that want one of *kinds*.
    """
    rows = connection.execute(_WEBHOOKS)
    wanting = [row for row in rows if not frozenset(row.kinds).isdisjoint(kinds)]
    limited = [row.id for row in wanting if row.is_limited]
    limits = limit_ids(connection, outgoing_webhook_list.c.webhook_id, limited)
    return [
        WebhookFilter(
            webhook_id=row.id,
            kinds=frozenset(map(OutgoingKind, row.kinds)),
            lists=limits[row.id] if row.is_limited else None,
        )
        for row in wanting
    ]


def add_events(
    connection: sa.Connection,
    events: Iterable[OutgoingEvent],
    filters: Sequence[WebhookFilter],
    *,
    now: dt.datetime,
) -> None:
    """
    Store those of *events* that a webhook wants, two statements for every thousand.
    """
    wanted = (
        (event, numbers)
        for event in events
        if (numbers := [each.webhook_id for each in filters if each.wants(event)])
    )
    while some := list(itertools.islice(wanted, AT_ONCE)):
        there = _lock_webhooks(connection, {number for _, numbers in some for number in numbers})
        left = [(event, kept) for event, numbers in some if (kept := there.intersection(numbers))]
        if left:
            _insert(connection, left, now=now)


def _lock_webhooks(connection: sa.Connection, numbers: Collection[int]) -> set[int]:
    """
    Return those of the webhooks that were not removed meanwhile, and let none of them be removed
    until this transaction ends.
    """
    w = outgoing_webhook
    there = sa.select(w.c.id).where(w.c.id.in_(sorted(numbers))).order_by(w.c.id)
    return set(connection.scalars(there.with_for_update(read=True, key_share=True)))


def _insert(
    connection: sa.Connection,
    wanted: Sequence[tuple[OutgoingEvent, Collection[int]]],
    *,
    now: dt.datetime,
) -> None:
    ids = take_numbers(connection, outgoing_event, len(wanted))
    rows = [
        (
            event_id,
            f"evt_{secrets.token_hex(12)}",
            event.kind.value,
            now,
            event.data,
            event.subscriber_id,
            event.address,
        )
        for event_id, (event, _) in zip(ids, wanted, strict=True)
    ]
    insert_many(connection, outgoing_event, _EVENT, rows)
    are_many = len(wanted) > _FEW
    deliveries = [
        (
            webhook_id,
            event_id,
            event.subject,
            SendState.WAITING.value,
            now,
            are_many or event.kind.can_wait,
        )
        for event_id, (event, numbers) in zip(ids, wanted, strict=True)
        for webhook_id in sorted(numbers)
    ]
    insert_many(connection, outgoing_delivery, _DELIVERY, deliveries)
