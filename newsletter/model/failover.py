"""
Decide when an issue fails over to its fallback provider. Pure.

It does so at once if the first provider refuses the account, because waiting would not help, and
otherwise after the provider has accepted nothing for a while. Only batches that were certainly
never sent fail over, because `Dispatcher.prepare_next` claims no others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from newsletter.model.delivery import BatchResult, ReceiptKind

AT_ONCE = dt.timedelta(0)
# Longer than a call and the heartbeats around it take.
SLACK = dt.timedelta(minutes=5)
_ACCEPTS_NOTHING = {ReceiptKind.RETRY, ReceiptKind.UNCERTAIN}


@dataclass(frozen=True, kw_only=True)
class FailoverStatus:
    """
    An issue and its two providers: since when the `first` has accepted none of its mails, and since
    when it is sent through the `fallback`. Each is None if that is not the case.
    """

    issue_id: int
    first: str
    fallback: str
    refused_since: dt.datetime | None = None
    failed_over_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """
    A provider accepts none of an issue's mails, and `reason` says why. `status` is None if there is
    no fallback provider left. `is_account_problem` means that a person has to act before it accepts
    anything again. `is_notice` and `has_canary` (the fallback provider starts with a canary) are
    loaded only where they matter.
    """

    issue_id: int
    reason: str
    status: FailoverStatus | None
    is_account_problem: bool = False
    is_notice: bool = False
    has_canary: bool = False


@dataclass(frozen=True, kw_only=True)
class RefusalPlan:
    """
    What a refusal means for its issue. From `failover_at` on, its open batches may go through the
    fallback provider. Now it fails over to `fails_over_to`, is paused, or neither.
    """

    issue_id: int
    reason: str
    failover_at: dt.datetime | None = None
    fails_over_to: str | None = None
    has_canary: bool = False
    is_paused: bool = False


def plan_refusal(refusal: Refusal, *, after: dt.timedelta, now: dt.datetime) -> RefusalPlan:
    """
    Decide whether the issue waits, fails over or is paused. *after* is how long the first provider
    may refuse calls; a refused account fails over at once, or pauses the issue if there is no other
    provider. A notice is not paused but retried, because no list of issues shows it to a person who
    could resume it.
    """
    plan = RefusalPlan(issue_id=refusal.issue_id, reason=refusal.reason)
    status = refusal.status
    if status is None:
        return replace(plan, is_paused=refusal.is_account_problem and not refusal.is_notice)
    due = failover_at(status, after=AT_ONCE if refusal.is_account_problem else after)
    if due is None or due > now or status.failed_over_at is not None:
        return replace(plan, failover_at=due)
    return replace(
        plan, failover_at=due, fails_over_to=status.fallback, has_canary=refusal.has_canary
    )


def is_refusal(result: BatchResult) -> bool:
    """
    Return whether a call certainly accepted nobody, for a reason other than its content: a refused
    connection, throttling, a server error, no response.
    """
    kinds = {receipt.kind for receipt in result.receipts}
    return (
        bool(kinds) and kinds <= _ACCEPTS_NOTHING and result.counts_as_attempt and not result.split
    )


def is_cooldown(result: BatchResult) -> bool:
    """
    Return whether no call was made because the provider is in a cooldown.
    """
    return not result.counts_as_attempt and any(said.retry_after_s for said in result.receipts)


def refusals_expire_before(now: dt.datetime, *, after: dt.timedelta) -> dt.datetime:
    """
    Return the time before which the start of a run of refusals is no longer valid. An older run
    should have ended in a failover; if it did not, nothing was submitted since, because of quiet
    hours, the kill switch, or because no worker ran.
    """
    return now - 2 * after - SLACK


def failover_at(status: FailoverStatus, *, after: dt.timedelta) -> dt.datetime | None:
    """
    Return when the issue's open batches may go through the fallback provider, once the first has
    accepted nothing for *after*; None while it accepts something.
    """
    if status.failed_over_at is not None:
        return status.failed_over_at
    return status.refused_since + after if status.refused_since is not None else None


def earliest(not_before: dt.datetime, failover: dt.datetime | None) -> dt.datetime:
    """
    Return when a batch that was not accepted may be submitted again. No batch waits for a provider
    longer than its issue does.
    """
    return not_before if failover is None else min(not_before, failover)
