"""
Log the results of calls, without addresses.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from newsletter.delivery.flow_control.failover import log_refusal
from newsletter.delivery.results import is_throttled, uncertain_for_all
from newsletter.model.delivery import BatchResult, ReceiptKind
from newsletter.model.mail import Recipient
from newsletter.model.result_plan import Recorded, ResultPlan
from newsletter.settings.plugins import last_line
from newsletter.store.delivery.batches import ClaimedBatch

logger = logging.getLogger(__name__)


def log_recorded(claimed: ClaimedBatch, plan: ResultPlan, recorded: Recorded) -> None:
    """
    Log what changed besides the batch.
    """
    if plan.refusal is not None and (recorded.is_paused or recorded.has_failed_over):
        log_refusal(plan.refusal)
    if recorded.is_lost:
        extra = {"event": "batch.claim_lost", "issue_id": claimed.issue_id, "batch": claimed.no}
        message = "batch %s of issue %s was settled by another worker"
        logger.warning(message, claimed.no, claimed.issue_id, extra=extra)
    if recorded.is_submitted:
        log_submitted(claimed.issue_id)


def log_finished(claimed: ClaimedBatch, result: BatchResult) -> None:
    """
    Log the result of a call.
    """
    level, words = log_summary(result)
    extra = {"event": "batch.finished", "issue_id": claimed.issue_id, "batch": claimed.no}
    logger.log(level, "batch %s of issue %s %s", claimed.no, claimed.issue_id, words, extra=extra)


def log_summary(result: BatchResult) -> tuple[int, str]:
    """
    Return the log level and the text for a result. The text contains no address: the reasons of
    rejected recipients are omitted, and adapters remove addresses from the others.
    """
    counts = Counter(receipt.kind for receipt in result.receipts)
    if set(counts) <= {ReceiptKind.ACCEPTED}:
        return logging.INFO, "was accepted"
    if len(counts) == 1 and ReceiptKind.REJECTED not in counts:
        is_news = result.counts_as_attempt and not is_throttled(result)
        words = "will be retried" if ReceiptKind.RETRY in counts else "has an uncertain outcome"
        level = logging.WARNING if is_news else logging.INFO
        return level, f"{words}: {result.receipts[0].reason}"
    shares = ", ".join(f"{count} {_KIND_WORDS[kind]}" for kind, count in counts.items())
    return logging.WARNING, f"was accepted in part: {shares}"


_KIND_WORDS = {
    ReceiptKind.ACCEPTED: "accepted",
    ReceiptKind.REJECTED: "rejected",
    ReceiptKind.RETRY: "retried later",
    ReceiptKind.UNCERTAIN: "uncertain",
}


def log_submitted(issue_id: int) -> None:
    """
    Log that an issue is submitted.
    """
    extra = {"event": "issue.submitted", "issue_id": issue_id}
    logger.info("issue %s is submitted", issue_id, extra=extra)


def log_orphaned(orphan: ClaimedBatch) -> None:
    """
    Log that a batch became uncertain because the worker that submitted it died.
    """
    extra = {"event": "batch.orphaned", "issue_id": orphan.issue_id, "batch": orphan.no}
    message = "batch %s of issue %s has an uncertain outcome: the worker that sent it died"
    logger.warning(message, orphan.no, orphan.issue_id, extra=extra)


def adapter_crashed(
    claimed: ClaimedBatch, recipients: Sequence[Recipient], error: Exception
) -> BatchResult:
    """
    Log the exception that an adapter raised in a call, and make the result of that call.
    """
    crash = last_line(error)
    extra = {"event": "provider.crashed", "issue_id": claimed.issue_id, "batch": claimed.no}
    message = "a bug: the adapter of the provider crashed on batch %s of issue %s"
    logger.exception(message, claimed.no, claimed.issue_id, extra=extra)
    result = uncertain_for_all(recipients, f"the provider's adapter crashed: {crash}")
    return replace(result, crash=crash)
