"""
Look up the deliveries that an event has confirmed, before a batch is submitted and before its
result is recorded. The provider has accepted them, so they are never submitted again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.delivery.results import OPEN_KINDS
from newsletter.model.delivery import BatchResult, DeliveryState, SettledBy
from newsletter.model.mail import Recipient
from newsletter.model.notice import NoticeKind, TypedNotice
from newsletter.model.result_plan import DeliveryException
from newsletter.store.delivery import deliveries
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.events import outcomes


def unsent_deliveries(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    kind: NoticeKind | TypedNotice | None,
    *,
    now: dt.datetime,
) -> Sequence[DeliveryRow]:
    """
    Return the batch's deliveries to submit now, *kind* being that of a notice. Those that may no
    longer be mailed are marked as skipped, and those that an event has confirmed since an earlier
    call as accepted.
    """
    rows = deliveries.deliveries_of(connection, claimed, kind, now=now)
    confirmed = set[int]()
    # Before its first call, no event can be about a delivery.
    if claimed.call_started_at:
        confirmed = outcomes.confirmed_by_event(connection, [row.id for row in rows])
    exceptions = [
        DeliveryException(
            delivery_id=number, state=DeliveryState.ACCEPTED, settled_by=SettledBy.EVENT
        )
        for number in confirmed
    ]
    exceptions += [
        DeliveryException(delivery_id=row.id, state=DeliveryState.SKIPPED, reason=row.reason)
        for row in rows
        if row.reason is not None and row.id not in confirmed
    ]
    deliveries.mark_deliveries(connection, exceptions)
    return [row for row in rows if row.reason is None and row.id not in confirmed]


def load_confirmed(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    recipients: Sequence[Recipient],
    result: BatchResult,
) -> set[int]:
    """
    Lock the batch against events until the transaction ends. Return those of its deliveries that
    *result* leaves open but an event has confirmed.
    """
    still_open = [
        recipient.delivery_id
        for recipient, receipt in zip(recipients, result.receipts, strict=True)
        if receipt.kind in OPEN_KINDS
    ]
    if not still_open:
        return set()
    outcomes.lock_batch(connection, claimed.id)
    return outcomes.confirmed_by_event(connection, still_open)
