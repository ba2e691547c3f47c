"""
What the result of a provider call means for its batch; pure.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Sequence

from newsletter.model.delivery import (
    BatchResult,
    Capabilities,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Recipient
from newsletter.model.rate import Backoff
from newsletter.store.delivery.batches import ClaimedBatch

logger = logging.getLogger(__name__)


def leaves_batch_uncertain(capabilities: Capabilities, kinds: set[ReceiptKind]) -> bool:
    """
    Whether receipts of those *kinds* leave their whole batch in doubt: a provider that can be
    asked about it answers for all again, the refused included. Who was accepted is never asked
    about again, so with one of them the uncertain are left to a person.
    """
    if ReceiptKind.UNCERTAIN not in kinds:
        return False
    is_asked = supports_reconciliation(capabilities) and ReceiptKind.ACCEPTED not in kinds
    return kinds == {ReceiptKind.UNCERTAIN} or is_asked


def supports_reconciliation(capabilities: Capabilities) -> bool:
    """
    Whether a provider can say later what became of a call, by a look-up or by its key.
    """
    is_replayed = capabilities.idempotency is Idempotency.REPLAY
    return capabilities.look_up is not LookUp.NONE or is_replayed


def first_uncertain_reason(result: BatchResult) -> str:
    """
    The reason of the first uncertain receipt.
    """
    return next(said.reason for said in result.receipts if said.kind is ReceiptKind.UNCERTAIN)


def retry_all(recipients: Sequence[Recipient], why: str, *, rest_s: float = 0.0) -> BatchResult:
    """
    The answer of a call that was not made; it may be made in *rest_s* seconds.
    """
    receipt = Receipt(kind=ReceiptKind.RETRY, reason=why, retry_after_s=rest_s)
    return BatchResult(receipts=(receipt,) * len(recipients), counts_as_attempt=False)


def is_throttled(result: BatchResult) -> bool:
    """
    Whether the call was refused for nothing but coming too fast.
    """
    return result.rate is not None and result.rate.is_throttled


def log_summary(result: BatchResult) -> tuple[int, str]:
    """
    What a call came to, as a level and words for the log: without an address, for the reasons of
    refused readers are left out, and adapters take addresses out of the others.
    """
    counts = Counter(said.kind for said in result.receipts)
    if set(counts) <= {ReceiptKind.ACCEPTED}:
        return logging.INFO, "is handed over"
    if len(counts) == 1 and ReceiptKind.REJECTED not in counts:
        is_news = result.counts_as_attempt and not is_throttled(result)
        waits = ReceiptKind.RETRY in counts
        words = "waits" if waits else "is in doubt"
        level = logging.WARNING if is_news else logging.INFO
        return level, f"{words}: {result.receipts[0].reason}"
    shares = ", ".join(f"{count} {_IN_A_LOG[kind]}" for kind, count in counts.items())
    return logging.WARNING, f"is handed over in part: {shares}"


_IN_A_LOG = {
    ReceiptKind.ACCEPTED: "accepted",
    ReceiptKind.REJECTED: "rejected",
    ReceiptKind.RETRY: "wait",
    ReceiptKind.UNCERTAIN: "uncertain",
}


def next_attempt_at(result: BatchResult, rest: dt.timedelta, *, now: dt.datetime) -> dt.datetime:
    """
    From when on those may be handed over again whom *result* told to wait: as late as the provider
    asked for, after *rest* where it asked for nothing.
    """
    asked = [said.retry_after_s for said in result.receipts if said.retry_after_s is not None]
    if result.rate is not None and result.rate.is_throttled and result.rate.rest_s:
        asked.append(result.rate.rest_s)
    return now + (dt.timedelta(seconds=max(asked)) if asked else rest)


def look_up_delay(backoff: Backoff, attempts: int, *, elapsed: dt.timedelta) -> dt.timedelta:
    """
    How long a doubt is left alone whose call was made *since*: as much time again, however often
    the batch had waited before the call, for it must not outlast its key.
    """
    return min(backoff.wait(attempts), max(elapsed, backoff.first))


def adapter_crashed(held: ClaimedBatch, recipients: Sequence[Recipient]) -> BatchResult:
    """
    The answer of an adapter that broke in a call for a batch; its traceback is in the log.
    """
    told = {"event": "provider.broke", "issue_id": held.issue_id, "batch": held.no}
    logger.exception(
        "issue %s: the provider's adapter broke at batch %s", held.issue_id, held.no, extra=told
    )
    return uncertain_for_all(recipients, "the provider's adapter broke; see the log")


def uncertain_for_all(recipients: Sequence[Recipient], reason: str) -> BatchResult:
    """
    The answer of a call that has none.
    """
    receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=reason)
    return BatchResult(receipts=(receipt,) * len(recipients))
