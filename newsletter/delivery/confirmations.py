"""
What events have told already, heeded before a batch is handed over (again) and before its answer
is kept: whoever the provider has spoken of was accepted, and is never handed over a second time.

Called by `dispatch` and `doubt`; `record` hears the events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.delivery.settlement import exception_row
from newsletter.model.delivery import BatchResult, DeliveryState, Receipt, ReceiptKind
from newsletter.model.mail import Recipient
from newsletter.store.delivery import deliveries
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.events import outcomes

_ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
_NO_END = {ReceiptKind.RETRY, ReceiptKind.UNCERTAIN}


def unsent_deliveries(connection: sa.Connection, held: ClaimedBatch) -> Sequence[DeliveryRow]:
    """
    The batch's deliveries that are to be handed over now. Whoever may no longer be mailed is taken
    out as skipped, and whom an event named since an earlier call as accepted.
    """
    rows = deliveries.deliveries_of(connection, held)
    # Nothing was said yet of those who were never in a call.
    proved = (
        outcomes.confirmed_by_event(connection, [row.id for row in rows])
        if held.handed_at
        else set()
    )
    own = [exception_row(n, DeliveryState.ACCEPTED, outcomes.SETTLED_BY_EVENT) for n in proved]
    own += [
        exception_row(row.id, DeliveryState.SKIPPED, row.reason)
        for row in rows
        if row.reason is not None and row.id not in proved
    ]
    deliveries.mark_deliveries(connection, own)
    return [row for row in rows if row.reason is None and row.id not in proved]


def apply_confirmations(
    connection: sa.Connection,
    held: ClaimedBatch,
    recipients: Sequence[Recipient],
    result: BatchResult,
    *,
    can_be_asked: bool,
) -> BatchResult:
    """
    *result*, with ACCEPTED for those of no known end whom an event has named meanwhile: they are
    never handed over again. While the provider *can_be_asked* about others in doubt, all stay in
    doubt together, for it answers for the whole call or not at all; but where somebody was accepted
    by its answer, it is not asked again.
    """
    kinds = {said.kind for said in result.receipts}
    if not kinds & _NO_END:
        return result
    told = list(zip(recipients, result.receipts, strict=True))
    asked = [who.delivery_id for who, said in told if said.kind in _NO_END]
    outcomes.lock_batch(connection, held.id)
    proved = outcomes.confirmed_by_event(connection, asked)
    in_doubt = {who.delivery_id for who, said in told if said.kind is ReceiptKind.UNCERTAIN}
    is_asked = can_be_asked and ReceiptKind.ACCEPTED not in kinds
    if not proved or (is_asked and in_doubt - proved):
        return result
    receipts = (
        _ACCEPTED if who.delivery_id in proved and said.kind in _NO_END else said
        for who, said in told
    )
    return replace(result, receipts=tuple(receipts))
