"""
The one call of a hand-over: it waits for its turn, and asks the provider. Touches no book, so a
lane's thread may do it; `dispatch` begins and finishes what it carries.
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

# An intent's look at who left is trusted this long; a call that would begin later begins anew.
INTENT_LIFE = dt.timedelta(seconds=30)

# The look whether a rest was asked for takes a moment, by which the call should not be late.
LOOK_AHEAD_S = 0.03


@dataclass(frozen=True, kw_only=True)
class Submission:
    """
    One batch on its way: what the call needs, and what `finish` needs to know it by. Who may be
    mailed was looked up at `checked_at`, for the first call of this key at `called_at`; the turn is
    at `starts_s` of the monotonic clock.
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
    turns: RateLimiter,
    clock: Callable[[], dt.datetime],
    on_step: Callable[[str], None],
) -> BatchResult:
    """
    The provider's answer, or why it was not asked. The one call that leaves the house.
    """
    if not submission.recipients:
        return BatchResult(receipts=())
    _sleep_until(submission.starts_s - LOOK_AHEAD_S)
    try:
        rest_s = turns.cooldown_s(submission.provider)
    except StoreError:
        # Nothing has left: a lane that broke here would leave all of them in doubt.
        return retry_all(submission.recipients, "the pace could not be looked up")
    _sleep_until(
        turns.start_time(submission.provider, submission.starts_s, len(submission.recipients))
    )
    if rest_s > 0:
        return retry_all(submission.recipients, "its provider rests", after_s=rest_s)
    if not _is_fresh(submission, clock()):
        return retry_all(submission.recipients, "its turn came too late")
    try:
        result = submission.provider.send(submission.mail, submission.recipients, submission.key)
        if len(result.receipts) != len(submission.recipients):
            raise ValueError(f"{len(result.receipts)} receipts for another number of people")
    except Exception:
        # An adapter that breaks in mid-call may have been heard: that is doubt, not failure.
        result = adapter_crashed(submission.batch, submission.recipients)
    if result.rate is not None:
        turns.cool_down_locally(submission.provider, result.rate)
    on_step("call.after")
    return result


def _sleep_until(moment_s: float) -> None:
    time.sleep(max(moment_s - time.monotonic(), 0.0))


def _is_fresh(submission: Submission, now: dt.datetime) -> bool:
    """
    Whether the intent still holds; not after a clock's jump either way, nor in quiet hours.
    """
    not_after = submission.batch.not_after
    if not_after is not None and now >= not_after:
        return False
    return abs(now - submission.checked_at) <= INTENT_LIFE
