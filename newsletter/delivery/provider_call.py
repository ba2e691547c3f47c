"""
Call the provider for a submission once its rate limiter slot has come. Nothing here writes to the
database, so it may run in a sending thread.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.delivery.result_log import adapter_crashed
from newsletter.delivery.results import retry_all
from newsletter.errors import StoreError
from newsletter.model.delivery import BatchResult, Provider
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery.batches import ClaimedBatch

# How long an intent is valid. A later call needs a new one, because recipients may unsubscribe.
INTENT_LIFE = dt.timedelta(seconds=30)

# Checking for a cooldown takes a moment, which must not make the call late.
LOOK_AHEAD_S = 0.03


@dataclass(frozen=True, kw_only=True)
class Submission:
    """
    A batch that is being submitted. The recipients were checked at `checked_at`, and for the first
    call of this key at `called_at`; the call may start at `starts_s` on the monotonic clock.
    """

    batch: ClaimedBatch
    provider: Provider
    mail: Mail
    recipients: tuple[Recipient, ...]
    key: str
    checked_at: dt.datetime
    called_at: dt.datetime
    starts_s: float


def submit_batch(
    submission: Submission,
    *,
    rate_limiter: RateLimiter,
    clock: Callable[[], dt.datetime],
    on_step: Callable[[str], None],
) -> BatchResult:
    """
    Call the provider and return its result, or why it was not called.
    """
    if not submission.recipients:
        return BatchResult(receipts=())
    _sleep_until(submission.starts_s - LOOK_AHEAD_S)
    try:
        cooldown_s = rate_limiter.cooldown_s(submission.provider)
    except StoreError:
        # Nothing was sent; an exception here would leave all recipients uncertain.
        return retry_all(submission.recipients, "the rate limit could not be read")
    _sleep_until(
        rate_limiter.start_time(
            submission.provider, submission.starts_s, len(submission.recipients)
        )
    )
    if cooldown_s > 0:
        return retry_all(submission.recipients, "its provider asked to wait", after_s=cooldown_s)
    if not _is_fresh(submission, clock()):
        return retry_all(submission.recipients, "its slot came too late")
    try:
        result = submission.provider.send(submission.mail, submission.recipients, submission.key)
        if len(result.receipts) != len(submission.recipients):
            raise ValueError(f"{len(result.receipts)} receipts do not match the recipients")
    except Exception as error:
        # The provider may have received what a crashed adapter sent: the outcome is uncertain.
        result = adapter_crashed(submission.batch, submission.recipients, error)
    if result.rate is not None:
        rate_limiter.cool_down_locally(submission.provider, result.rate)
    on_step("call.after")
    return result


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(moment_s - time.monotonic(), 0.0))


def _is_fresh(submission: Submission, now: dt.datetime) -> bool:
    """
    Return whether the intent is still valid. It is not after a jump of the clock, or in quiet
    hours.
    """
    not_after = submission.batch.not_after
    if not_after is not None and now >= not_after:
        return False
    return abs(now - submission.checked_at) <= INTENT_LIFE
