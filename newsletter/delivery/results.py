"""
Decide what the result of a provider call means for its batch. Pure: `confirmations` and
`flow_control/failover` load what is needed here, `store/delivery/results` writes the plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from newsletter.model.delivery import (
    BatchResult,
    Capabilities,
    DeliveryState,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.failover import RefusalPlan, earliest
from newsletter.model.mail import Recipient
from newsletter.model.rate import Backoff
from newsletter.model.result_plan import BatchStep, DeliveryException, NewBatch, ResultPlan

_ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
# Receipts that settle nothing yet: their recipients are submitted or asked about again.
OPEN_KINDS = frozenset({ReceiptKind.RETRY, ReceiptKind.UNCERTAIN})


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """
    What a plan needs to know about a call besides its result. `attempts` counts those before the
    call, which was made at `called_at`. `can_be_asked`: the provider can say later what became of
    this call. `goes_again`: a batch of which nothing was accepted is submitted again under its
    number, as after a call; after a look-up it is not, because it needs a new key. Retries are due
    at `retry_at`.
    """

    recipients: Sequence[Recipient]
    capabilities: Capabilities
    attempts: int
    called_at: dt.datetime
    retry_at: dt.datetime
    can_be_asked: bool
    goes_again: bool = True


def plan_result(
    call: CallRecord,
    result: BatchResult,
    *,
    confirmed: AbstractSet[int] = frozenset(),
    refusal: RefusalPlan | None = None,
    rejections_reason: str | None = None,
    backoff: Backoff,
    now: dt.datetime,
) -> ResultPlan:
    """
    Plan what to record after a call or a look-up. *confirmed* are the deliveries that an event has
    confirmed: the provider accepted them, whatever the result of the call.
    """
    result = _with_confirmations(call, result, confirmed)
    kinds = {receipt.kind for receipt in result.receipts}
    plan = ResultPlan(
        step=BatchStep.SETTLE,
        not_before=earliest(call.retry_at, refusal.failover_at if refusal else None),
        refusal=refusal,
        rejections_reason=rejections_reason,
    )
    if leaves_batch_uncertain(call.capabilities, kinds):
        return replace(
            plan,
            step=BatchStep.UNCERTAIN,
            not_before=_look_up_at(call, backoff, now=now),
            reason=first_uncertain_reason(result),
            key_is_no_proof=result.is_server_error or result.is_known_key,
        )
    answered = list(zip(call.recipients, result.receipts, strict=True))
    plan = replace(
        plan,
        new_batches=tuple(_new_batches(answered, split=result.split)),
        exceptions=tuple(_exceptions(answered)),
        suppressed=tuple(who.email for who, receipt in answered if receipt.suppress),
    )
    if kinds != {ReceiptKind.RETRY} or result.split or not call.goes_again:
        return plan
    return replace(
        plan,
        step=BatchStep.RETRY,
        reason=result.receipts[0].reason,
        counts_as_attempt=result.counts_as_attempt and not is_throttled(result),
    )


def _with_confirmations(
    call: CallRecord, result: BatchResult, confirmed: AbstractSet[int]
) -> BatchResult:
    """
    Replace the open receipts of confirmed deliveries by ACCEPTED, so that they are never submitted
    again. As long as the provider can be asked about the other uncertain ones, all stay uncertain
    together, because it answers for the whole call or not at all. If its response accepted
    somebody, it is not asked again.
    """
    if not confirmed:
        return result
    answered = list(zip(call.recipients, result.receipts, strict=True))
    kinds = {receipt.kind for receipt in result.receipts}
    uncertain = {
        who.delivery_id for who, receipt in answered if receipt.kind is ReceiptKind.UNCERTAIN
    }
    is_asked = call.can_be_asked and ReceiptKind.ACCEPTED not in kinds
    if is_asked and uncertain - confirmed:
        return result
    receipts = (
        _ACCEPTED if who.delivery_id in confirmed and receipt.kind in OPEN_KINDS else receipt
        for who, receipt in answered
    )
    return replace(result, receipts=tuple(receipts))


def _new_batches(
    answered: Sequence[tuple[Recipient, Receipt]], *, split: bool
) -> Iterator[NewBatch]:
    waiting = [
        (who.delivery_id, receipt.reason)
        for who, receipt in answered
        if receipt.kind is ReceiptKind.RETRY
    ]
    if not waiting:
        return
    numbers = tuple(number for number, _ in waiting)
    if not split:
        yield NewBatch(delivery_ids=numbers, reason=waiting[0][1] or "asked to wait")
        return
    middle = (len(numbers) + 1) // 2
    for half in (numbers[:middle], numbers[middle:]):
        if half:
            yield NewBatch(delivery_ids=half, reason="refused together with others")


def _exceptions(answered: Sequence[tuple[Recipient, Receipt]]) -> Iterator[DeliveryException]:
    for who, receipt in answered:
        if receipt.kind is ReceiptKind.REJECTED:
            yield DeliveryException(
                delivery_id=who.delivery_id, state=DeliveryState.REJECTED, reason=receipt.reason
            )
        elif receipt.kind is ReceiptKind.UNCERTAIN:
            yield DeliveryException(
                delivery_id=who.delivery_id, state=DeliveryState.UNCERTAIN, reason=receipt.reason
            )
        # PostgreSQL cannot store an id with a NUL. The other receipts must not be lost because of
        # it.
        elif (
            receipt.kind is ReceiptKind.ACCEPTED
            and receipt.provider_id
            and receipt.provider_id.isprintable()
        ):
            yield DeliveryException(
                delivery_id=who.delivery_id, state=None, provider_id=receipt.provider_id
            )


def _look_up_at(call: CallRecord, backoff: Backoff, *, now: dt.datetime) -> dt.datetime:
    delay = look_up_delay(backoff, call.attempts, elapsed=now - call.called_at)
    return now + max(delay, call.capabilities.look_up_lag)


def leaves_batch_uncertain(capabilities: Capabilities, kinds: AbstractSet[ReceiptKind]) -> bool:
    """
    Return whether receipts of those *kinds* leave their whole batch uncertain. A provider that can
    be asked answers for everybody again, including those it rejected. Once somebody is accepted,
    the provider is not asked again, so a person has to decide about the uncertain ones.
    """
    if ReceiptKind.UNCERTAIN not in kinds:
        return False
    is_asked = supports_reconciliation(capabilities) and ReceiptKind.ACCEPTED not in kinds
    return kinds == {ReceiptKind.UNCERTAIN} or is_asked


def supports_reconciliation(capabilities: Capabilities) -> bool:
    """
    Return whether a provider can report the result of a call later, by a look-up or by its key.
    """
    is_replayed = capabilities.idempotency is Idempotency.REPLAY
    return capabilities.look_up is not LookUp.NONE or is_replayed


def first_uncertain_reason(result: BatchResult) -> str:
    """
    Return the reason of the first uncertain receipt.
    """
    return next(
        receipt.reason for receipt in result.receipts if receipt.kind is ReceiptKind.UNCERTAIN
    )


def without_known_key(result: BatchResult) -> BatchResult:
    """
    Return *result* for a call whose key nobody should know, or whose earlier call failed: that the
    provider knows the key does not prove that these recipients were accepted.
    """
    if not result.is_known_key:
        return result
    receipts = (
        replace(receipt, kind=ReceiptKind.UNCERTAIN)
        if receipt.kind is ReceiptKind.ACCEPTED
        else receipt
        for receipt in result.receipts
    )
    return replace(result, receipts=tuple(receipts))


def is_throttled(result: BatchResult) -> bool:
    """
    Return whether the call was refused only because calls came too fast.
    """
    return result.rate is not None and result.rate.is_throttled


def next_attempt_at(result: BatchResult, delay: dt.timedelta, *, now: dt.datetime) -> dt.datetime:
    """
    Return when the recipients that were not accepted may be submitted again: at the time the
    provider asked for, or else after *delay*.
    """
    asked_s = [
        receipt.retry_after_s for receipt in result.receipts if receipt.retry_after_s is not None
    ]
    if result.rate is not None and result.rate.is_throttled and result.rate.cooldown_s:
        asked_s.append(result.rate.cooldown_s)
    return now + (dt.timedelta(seconds=max(asked_s)) if asked_s else delay)


def look_up_delay(backoff: Backoff, attempts: int, *, elapsed: dt.timedelta) -> dt.timedelta:
    """
    Return how long to wait before the next look-up: at most the time *elapsed* since the call,
    however often the batch waited before. So look-ups happen while its key is valid.
    """
    return min(backoff.wait(attempts), max(elapsed, backoff.first))


def retry_all(recipients: Sequence[Recipient], reason: str, *, after_s: float = 0.0) -> BatchResult:
    """
    Return the result of a call that was not made and may be made in *after_s* seconds.
    """
    receipt = Receipt(kind=ReceiptKind.RETRY, reason=reason, retry_after_s=after_s)
    return BatchResult(receipts=(receipt,) * len(recipients), counts_as_attempt=False)


def uncertain_for_all(recipients: Sequence[Recipient], reason: str) -> BatchResult:
    """
    Return the result of a call whose outcome is unknown: every recipient is uncertain.
    """
    receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=reason)
    return BatchResult(receipts=(receipt,) * len(recipients))
