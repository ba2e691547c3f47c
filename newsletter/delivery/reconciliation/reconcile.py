"""
Reconcile batches whose call ended without a result: the process died during it, or no response
came.

In this order: by the provider's look-up; by replaying the idempotency key, if it is still valid,
the request is identical and nobody has unsubscribed since; otherwise by an event or a person. A
batch is never simply sent again.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass, replace

from newsletter.delivery.confirmations import load_confirmed
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.intent import request_hash
from newsletter.delivery.provider_call import Submission
from newsletter.delivery.result_log import adapter_crashed, log_recorded
from newsletter.delivery.results import (
    CallRecord,
    first_uncertain_reason,
    plan_result,
    uncertain_for_all,
    without_known_key,
)
from newsletter.errors import SettingsError, StoreError
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.issue import IssueState
from newsletter.store.delivery import batches, deliveries, leases
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.results import record_plan
from newsletter.store.events import outcomes
from newsletter.store.flow_control import kill_switch, provider_accounts
from newsletter.store.issues import issues

logger = logging.getLogger(__name__)

# The share of a key's documented lifetime that is relied on.
KEY_LIFE_USED = 0.8
# A provider's search finds nothing after this time: none keeps its mails longer on every plan.
LOOKED_UP_FOR = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class _Inquiry:
    """
    A submission as it was intended, and how its provider may be asked about it: by replaying its
    key, now (`may_replay`) or once nothing is stopped (`key_holds`), or by a look-up; not if it
    `has_moved` to another account since.
    """

    submission: Submission
    may_replay: bool
    key_holds: bool
    may_look_up: bool
    has_moved: bool


def reconcile_next(dispatcher: Dispatcher) -> bool:
    """
    Reconcile the next uncertain batch that is due. Return False when there is none.
    """
    with dispatcher.database.write() as connection:
        claimed = leases.claim_uncertain(
            connection, worker_id=dispatcher.worker_id, now=dispatcher.clock()
        )
    if claimed is None:
        return False
    try:
        _reconcile(dispatcher, claimed)
    except SettingsError as error:
        _defer(dispatcher, claimed, str(error), dispatcher.backoff.wait(claimed.attempts))
    except StoreError:
        raise
    except Exception:
        # Otherwise it would end this process, and every other one that reconciles this batch.
        extra = {
            "event": "reconciliation.failed",
            "issue_id": claimed.issue_id,
            "batch": claimed.no,
        }
        message = "batch %s of issue %s cannot be reconciled because of a bug"
        logger.exception(message, claimed.no, claimed.issue_id, extra=extra)
        reason = "its look-up crashed because of a bug: see the log and report it"
        _defer(dispatcher, claimed, reason, dispatcher.backoff.wait(claimed.attempts))
    return True


def _reconcile(dispatcher: Dispatcher, claimed: ClaimedBatch) -> None:
    """
    Ask the provider about the uncertain batch and record its answer, or defer the batch.

    Raises:
        SettingsError: its provider is no longer set up.
    """
    inquiry = _inquiry_about(dispatcher, claimed)
    if inquiry.may_replay:
        starts_s = _reserve(dispatcher, inquiry.submission)
        if starts_s is None:
            _defer_briefly(dispatcher, claimed, f"{inquiry.submission.provider.name} asked to wait")
            return
        submission = replace(inquiry.submission, starts_s=starts_s)
        inquiry = replace(inquiry, submission=submission)
    result = _ask(dispatcher, inquiry)
    if result.counts_as_attempt or result.split:
        _record_answer(dispatcher, inquiry, result)
    else:
        _defer_briefly(dispatcher, claimed, first_uncertain_reason(result))


def _reserve(dispatcher: Dispatcher, submission: Submission) -> float | None:
    with dispatcher.database.write() as connection:
        return dispatcher.rate_limiter.reserve(
            connection, submission.provider, len(submission.recipients)
        )


def _inquiry_about(dispatcher: Dispatcher, claimed: ClaimedBatch) -> _Inquiry:
    """
    Rebuild the submission of the batch, and determine how its provider may be asked about it.

    Raises:
        SettingsError: its provider is no longer set up.
    """
    frozen = dispatcher.mails.of(claimed.issue_id)
    now = dispatcher.clock()
    with dispatcher.database.read() as connection:
        rows = deliveries.deliveries_of(connection, claimed, frozen.notice, now=now)
        state = issues.load_issue(connection, claimed.issue_id).state
        stopped = kill_switch.active_stop(connection)
        changed_at = provider_accounts.changed_at(connection).get(claimed.provider)
        left = {row.id for row in rows if row.reason is not None}
        # For recipients that an event has confirmed, a replay is not a first submission.
        left -= outcomes.confirmed_by_event(connection, sorted(left))
    submission = Submission(
        batch=claimed,
        provider=dispatcher.provider_named(claimed.provider),
        mail=frozen.mail,
        recipients=dispatcher.recipients_for(rows, claimed.issue_id, frozen.mail, frozen.epoch),
        key=claimed.key or "",
        checked_at=now,
        called_at=claimed.call_started_at or now,
        starts_s=time.monotonic(),
    )
    is_same = claimed.request_hash == request_hash(
        frozen.sha256, submission.key, submission.recipients
    )
    # For recipients that the first call never reached, a replay is a first submission, so not in a
    # pause.
    is_sending = state is IssueState.SENDING and stopped is None
    has_moved = changed_at is not None and submission.called_at < changed_at
    key_holds = is_same and not left and not has_moved and _key_lives(submission, now)
    looks_up = submission.provider.capabilities.look_up is not LookUp.NONE
    return _Inquiry(
        submission=submission,
        may_replay=is_sending and key_holds,
        key_holds=key_holds,
        may_look_up=looks_up and not has_moved and claimed.call_started_at is not None,
        has_moved=has_moved,
    )


def _defer(dispatcher: Dispatcher, claimed: ClaimedBatch, reason: str, delay: dt.timedelta) -> None:
    now = dispatcher.clock()
    with dispatcher.database.write() as connection:
        batches.mark_uncertain(connection, claimed, not_before=now + delay, reason=reason)


def _defer_briefly(dispatcher: Dispatcher, claimed: ClaimedBatch, reason: str) -> None:
    """
    Defer a batch whose replay was not called: its key may expire soon.
    """
    _defer(dispatcher, claimed, reason, dispatcher.backoff.first)


def _ask(dispatcher: Dispatcher, inquiry: _Inquiry) -> BatchResult:
    submission = inquiry.submission
    who, called_at = submission.recipients, submission.called_at
    if inquiry.may_look_up:
        if not _is_look_up_due(submission, dispatcher.clock()):
            return uncertain_for_all(who, "too early to ask the provider")
        return _look_up(
            submission, Attempt(key=submission.key, submitted_at=called_at, recipients=who)
        )
    if inquiry.may_replay:
        return _read_replay(dispatcher.submit(submission), submission.batch)
    why = "now uses a different account" if inquiry.has_moved else "cannot tell"
    return uncertain_for_all(who, f"the provider {why}; decide with `newsletter issue resolve`")


def _is_look_up_due(submission: Submission, now: dt.datetime) -> bool:
    """
    Return whether a look-up would be reliable now, even if the call ran until its deadline.
    """
    lag, call_started_at = (
        submission.provider.capabilities.look_up_lag,
        submission.batch.call_started_at,
    )
    if not lag or call_started_at is None:
        return True
    return now - call_started_at >= lag + leases.CALL_DEADLINE


def _look_up(submission: Submission, attempt: Attempt) -> BatchResult:
    try:
        result = submission.provider.look_up(attempt)
        if len(result.receipts) != len(attempt.recipients):
            raise ValueError(f"{len(result.receipts)} receipts do not match the recipients")
    except Exception as error:
        return adapter_crashed(submission.batch, attempt.recipients, error)
    return result


def _record_answer(dispatcher: Dispatcher, inquiry: _Inquiry, result: BatchResult) -> None:
    submission, now = inquiry.submission, dispatcher.clock()
    claimed = submission.batch
    has_answers = inquiry.may_look_up and now - submission.called_at <= LOOKED_UP_FOR
    call = CallRecord(
        recipients=submission.recipients,
        capabilities=submission.provider.capabilities,
        attempts=claimed.attempts,
        called_at=submission.called_at,
        retry_at=now,
        can_be_asked=inquiry.key_holds or has_answers,
        goes_again=False,
    )
    with dispatcher.database.write() as connection:
        confirmed = load_confirmed(connection, claimed, call.recipients, result)
        plan = plan_result(call, result, confirmed=confirmed, backoff=dispatcher.backoff, now=now)
        recorded = record_plan(connection, claimed, plan, now=now)
        dispatcher.record_rate_feedback(connection, submission, result)
    log_recorded(claimed, plan, recorded)


def _key_lives(submission: Submission, now: dt.datetime) -> bool:
    capabilities, call_started_at = (
        submission.provider.capabilities,
        submission.batch.call_started_at,
    )
    if capabilities.idempotency is not Idempotency.REPLAY or call_started_at is None:
        return False
    if capabilities.key_life is None:
        return True
    return dt.timedelta(0) <= now - call_started_at < capabilities.key_life * KEY_LIFE_USED


def _read_replay(result: BatchResult, claimed: ClaimedBatch) -> BatchResult:
    """
    Return what a replay says about the first call. RETRY only says that this call was not taken.
    But a replayed key gets the response of the first call, so a refusal of its content holds for
    both. A key that is only known to the provider says nothing if the first call was answered with
    a server error.
    """
    if result.split:
        return result
    if claimed.key_is_no_proof:
        result = without_known_key(result)
    receipts = tuple(
        Receipt(kind=ReceiptKind.UNCERTAIN, reason=receipt.reason)
        if receipt.kind is ReceiptKind.RETRY
        else receipt
        for receipt in result.receipts
    )
    return replace(result, receipts=receipts)
