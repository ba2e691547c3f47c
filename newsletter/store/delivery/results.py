"""
Write the plan for a result into the ledger.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.result_plan import BatchStep, Recorded, ResultPlan
from newsletter.store.delivery import batches, deliveries, finish
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.failover import record_refusal_plan
from newsletter.store.issues.pauses import try_pause
from subscribers.history.model import Origin, OriginKind
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def record_plan(
    connection: sa.Connection, claimed: ClaimedBatch, plan: ResultPlan, *, now: dt.datetime
) -> Recorded:
    """
    Write *plan* in the caller's transaction: first what a refusal means for the issue, then the
    batch and its deliveries, then the end or the pause of the issue. A batch that another worker
    has settled stays as it is.
    """
    refused = plan.refusal is not None and record_refusal_plan(connection, plan.refusal, now=now)
    is_settled = not _leave_open(connection, claimed, plan)
    is_lost = is_settled and not batches.settle(
        connection, claimed, outcome=DeliveryState.ACCEPTED, now=now
    )
    is_submitted = False
    if is_settled and not is_lost:
        _record_deliveries(connection, claimed, plan, now=now)
        is_submitted = finish.finish_issue(connection, claimed.issue_id, now=now)
    if plan.rejections_reason is not None:
        # Last, because an issue that this result completes must not be paused.
        pause_for_rejections(connection, claimed.issue_id, plan.rejections_reason, now=now)
    return Recorded(
        is_lost=is_lost,
        is_submitted=is_submitted,
        is_paused=refused and plan.refusal is not None and plan.refusal.is_paused,
        has_failed_over=refused and plan.refusal is not None and not plan.refusal.is_paused,
    )


def _leave_open(connection: sa.Connection, claimed: ClaimedBatch, plan: ResultPlan) -> bool:
    """
    Defer the batch or mark it as uncertain, if the plan says so. Return False if it is to be
    settled instead: because the plan says so, or because another worker has marked it as uncertain
    in the meantime.
    """
    if plan.step is BatchStep.UNCERTAIN:
        batches.mark_uncertain(
            connection,
            claimed,
            not_before=plan.not_before,
            reason=plan.reason,
            key_is_no_proof=plan.key_is_no_proof,
        )
        return True
    return plan.step is BatchStep.RETRY and batches.schedule_retry(
        connection,
        claimed,
        not_before=plan.not_before,
        reason=plan.reason,
        counts_as_attempt=plan.counts_as_attempt,
    )


def _record_deliveries(
    connection: sa.Connection, claimed: ClaimedBatch, plan: ResultPlan, *, now: dt.datetime
) -> None:
    for part in plan.new_batches:
        deliveries.split_off(
            connection,
            claimed,
            part.delivery_ids,
            not_before=plan.not_before,
            reason=part.reason,
        )
    deliveries.mark_deliveries(connection, plan.exceptions)
    by = Origin(kind=OriginKind.PROVIDER, name=claimed.provider, through="rejected")
    for email in plan.suppressed:
        address = parse_address(email)
        suppress(connection, address, reason=SuppressionReason.BOUNCE, by=by, now=now)


def pause_for_rejections(
    connection: sa.Connection, issue_id: int, reason: str, *, now: dt.datetime
) -> None:
    """
    Pause an issue if all its readers are rejected, until a person resumes it with a reason.
    """
    try_pause(connection, issue_id, reason, now=now, auto_paused_at=now)
