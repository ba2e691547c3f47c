"""
Decide from the last attempts whether a webhook works: for how long nothing is sent to it, and when
it is paused.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from newsletter.model.outgoing import (
    OutgoingWebhook,
    PauseCause,
    RetryPolicy,
    SendResult,
    WebhookState,
)

# Fewer failures prove little: this program may have been stopped between them.
_FEWEST = 5


def health_after(
    webhook: OutgoingWebhook,
    results: Sequence[SendResult],
    policy: RetryPolicy,
    *,
    now: dt.datetime,
) -> OutgoingWebhook:
    """
    Return the webhook as it is after *results*, in the order in which they came.
    """
    failures, failing_since = webhook.failures, webhook.failing_since
    last_success_at = webhook.last_success_at
    for result in results:
        if result.is_delivered:
            failures, failing_since, last_success_at = 0, None, result.at
        else:
            failures, failing_since = failures + 1, failing_since or result.at
    after = dataclasses.replace(
        webhook,
        failures=failures,
        failing_since=failing_since,
        last_success_at=last_success_at,
        next_at=_next_at(failures, results, policy, now=now),
    )
    cause = _cause(after, results, policy, now=now)
    if cause is None or webhook.state is WebhookState.PAUSED:
        return after
    return dataclasses.replace(after, state=WebhookState.PAUSED, pause_cause=cause, paused_at=now)


def _next_at(
    failures: int, results: Sequence[SendResult], policy: RetryPolicy, *, now: dt.datetime
) -> dt.datetime | None:
    """
    Return until when nothing is sent: as the receiver asked, or because of failures in a row.
    """
    asked = [
        result.at + min(dt.timedelta(seconds=result.retry_after_s), policy.longest)
        for result in results
        if result.retry_after_s is not None
    ]
    probe = policy.next_probe(failures, now=now)
    times = [time for time in (*asked, probe) if time is not None and time > now]
    return max(times, default=None)


def _cause(
    webhook: OutgoingWebhook,
    results: Sequence[SendResult],
    policy: RetryPolicy,
    *,
    now: dt.datetime,
) -> PauseCause | None:
    if any(result.is_gone for result in results):
        return PauseCause.GONE
    since = webhook.failing_since
    if since is None or webhook.failures < _FEWEST:
        return None
    is_failing = now - since >= policy.pause_after
    return PauseCause.FAILING if is_failing else None
