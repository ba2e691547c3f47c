"""
What receipts do to the ledger: a batch settled, exceptions marked, refusals suppressed.

Called by `dispatch` after a call and by `doubt` after a look-up; pure SQL, no network.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections import Counter
from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from newsletter.model.delivery import (
    BatchResult,
    Capabilities,
    DeliveryState,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Recipient
from newsletter.pacing import Backoff
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import BatchRow
from subscribers.model import SuppressionReason
from subscribers.suppression import suppress
from subscribers.validation.address import parse_address

logger = logging.getLogger(__name__)


def settle_with_receipts(
    connection: sa.Connection,
    held: BatchRow,
    answers: Sequence[tuple[Recipient, Receipt]],
    *,
    now: dt.datetime,
    not_before: dt.datetime,
    halve: bool = False,
) -> None:
    """
    Settles a batch by its receipts: who was not taken goes into a new batch, or into two with
    *halve*; who was refused for good may be suppressed. A batch that is no longer ours to settle
    is left as it is.
    """
    if not batches.settle(connection, held, outcome=DeliveryState.ACCEPTED, now=now):
        told = {"event": "batch.lost", "issue_id": held.issue_id, "batch": held.no}
        logger.warning(
            "issue %s: batch %s was settled by another", held.issue_id, held.no, extra=told
        )
        return
    put_off = [(who, said) for who, said in answers if said.kind is ReceiptKind.WAIT]
    waiting = [who.delivery_id for who, _ in put_off]
    said_first = put_off[0][1].reason if put_off else ""
    reason = "refused together with others" if halve else said_first or "asked to wait"
    for part in _halves(waiting) if halve else [waiting]:
        if part:
            deliveries.split_off(connection, held, part, not_before=not_before, reason=reason)
    deliveries.mark_deliveries(
        connection, [mark for who, said in answers if (mark := _mark_for(who, said)) is not None]
    )
    for who, said in answers:
        if said.suppress:
            suppress(
                connection,
                parse_address(who.email),
                reason=SuppressionReason.BOUNCE,
                now=now,
            )
    if batches.finish_issue(connection, held.issue_id, now=now):
        told_submitted(held.issue_id)


def told_submitted(issue_id: int) -> None:
    """
    Tells the log that everybody of an issue has an answer.
    """
    told = {"event": "issue.submitted", "issue_id": issue_id}
    logger.info("issue %s is submitted", issue_id, extra=told)


def told_buried(left: BatchRow) -> None:
    """
    Tells the log what a process left in doubt that died.
    """
    told = {"event": "batch.buried", "issue_id": left.issue_id, "batch": left.no}
    words = "issue %s: batch %s is in doubt: the process that handed it over died"
    logger.warning(words, left.issue_id, left.no, extra=told)


def _halves(delivery_ids: Sequence[int]) -> list[Sequence[int]]:
    middle = (len(delivery_ids) + 1) // 2
    return [delivery_ids[:middle], delivery_ids[middle:]]


def _mark_for(who: Recipient, said: Receipt) -> dict[str, object] | None:
    if said.kind is ReceiptKind.REJECTED:
        return own_state(who.delivery_id, DeliveryState.REJECTED, said.reason)
    if said.kind is ReceiptKind.UNCERTAIN:
        return own_state(who.delivery_id, DeliveryState.UNCERTAIN, said.reason)
    number = said.provider_id or ""
    # One with a NUL in it, which PostgreSQL cannot keep, must not cost everybody the answer.
    if said.kind is ReceiptKind.ACCEPTED and number and number.isprintable():
        return own_state(who.delivery_id, None, "", number)
    return None


def own_state(
    delivery_id: int, state: DeliveryState | None, reason: str, provider_id: str | None = None
) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "state": state,
        "reason": reason,
        "provider_id": provider_id,
    }


def body_hash(mail_sha: str, key: str, recipients: Sequence[Recipient]) -> str:
    """
    The hash of everything a call is made of: the mail, the key, and each recipient's values.
    """
    told = [mail_sha, key, [(who.message_id, who.email, dict(who.values)) for who in recipients]]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_open_doubt(capabilities: Capabilities, kinds: set[ReceiptKind]) -> bool:
    """
    Whether receipts of those *kinds* leave their whole batch in doubt: a provider that can be
    asked about it answers for all again, the refused included. Who was accepted is never asked
    about again, so with one of them the uncertain are left to a person.
    """
    if ReceiptKind.UNCERTAIN not in kinds:
        return False
    is_asked = can_be_asked(capabilities) and ReceiptKind.ACCEPTED not in kinds
    return kinds == {ReceiptKind.UNCERTAIN} or is_asked


def can_be_asked(capabilities: Capabilities) -> bool:
    """
    Whether a provider can say later what became of a call, by a look-up or by its key.
    """
    is_replayed = capabilities.idempotency is Idempotency.REPLAY
    return capabilities.look_up is not LookUp.NONE or is_replayed


def doubt_in(result: BatchResult) -> str:
    """
    The reason of the first uncertain receipt.
    """
    return next(said.reason for said in result.receipts if said.kind is ReceiptKind.UNCERTAIN)


def not_called(recipients: Sequence[Recipient], why: str, *, rest_s: float = 0.0) -> BatchResult:
    """
    The answer of a call that was not made; it may be made in *rest_s* seconds.
    """
    receipt = Receipt(kind=ReceiptKind.WAIT, reason=why, retry_after_s=rest_s)
    return BatchResult(receipts=(receipt,) * len(recipients), is_try=False)


def is_throttled(result: BatchResult) -> bool:
    """
    Whether the call was refused for nothing but coming too fast.
    """
    return result.rate is not None and result.rate.is_throttled


def told_of(result: BatchResult) -> tuple[int, str]:
    """
    What a call came to, as a level and words for the log: without an address, for the reasons of
    refused readers are left out, and adapters take addresses out of the others.
    """
    counts = Counter(said.kind for said in result.receipts)
    if set(counts) <= {ReceiptKind.ACCEPTED}:
        return logging.INFO, "is handed over"
    if len(counts) == 1 and ReceiptKind.REJECTED not in counts:
        is_news = result.is_try and not is_throttled(result)
        waits = ReceiptKind.WAIT in counts
        words = "waits" if waits else "is in doubt"
        level = logging.WARNING if is_news else logging.INFO
        return level, f"{words}: {result.receipts[0].reason}"
    shares = ", ".join(f"{count} {_IN_A_LOG[kind]}" for kind, count in counts.items())
    return logging.WARNING, f"is handed over in part: {shares}"


_IN_A_LOG = {
    ReceiptKind.ACCEPTED: "accepted",
    ReceiptKind.REJECTED: "rejected",
    ReceiptKind.WAIT: "wait",
    ReceiptKind.UNCERTAIN: "uncertain",
}


def goes_again_at(result: BatchResult, rest: dt.timedelta, *, now: dt.datetime) -> dt.datetime:
    """
    From when on those may be handed over again whom *result* told to wait: as late as the provider
    asked for, after *rest* where it asked for nothing.
    """
    asked = [said.retry_after_s for said in result.receipts if said.retry_after_s is not None]
    if result.rate is not None and result.rate.is_throttled and result.rate.rest_s:
        asked.append(result.rate.rest_s)
    return now + (dt.timedelta(seconds=max(asked)) if asked else rest)


def rest_in_doubt(backoff: Backoff, tries: int, *, since: dt.timedelta) -> dt.timedelta:
    """
    How long a doubt is left alone whose call was made *since*: as much time again, however often
    the batch had waited before the call, for it must not outlast its key.
    """
    return min(backoff.wait(tries), max(since, backoff.first))


def all_broken(held: BatchRow, recipients: Sequence[Recipient]) -> BatchResult:
    """
    The answer of an adapter that broke in a call for a batch; its traceback is in the log.
    """
    told = {"event": "provider.broke", "issue_id": held.issue_id, "batch": held.no}
    logger.exception(
        "issue %s: the provider's adapter broke at batch %s", held.issue_id, held.no, extra=told
    )
    return all_uncertain(recipients, "the provider's adapter broke; see the log")


def all_uncertain(recipients: Sequence[Recipient], reason: str) -> BatchResult:
    """
    The answer of a call that has none.
    """
    receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=reason)
    return BatchResult(receipts=(receipt,) * len(recipients))
