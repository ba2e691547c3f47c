"""
When an issue goes on through its second provider: the rule, and nothing else. Pure; `store/second`
has what it is fed with, `going_over` does what comes of it.

At once where the first refuses the account, for waiting mends nothing there; else when it has taken
nothing for a while. Only batches that certainly never left go over: `Dispatcher.begin` claims no
others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from newsletter.model.delivery import BatchResult, ReceiptKind

AT_ONCE = dt.timedelta(0)
# Longer than a call and the beats about it.
SLACK = dt.timedelta(minutes=5)
_TAKES_NOTHING = {ReceiptKind.RETRY, ReceiptKind.UNCERTAIN}


@dataclass(frozen=True, kw_only=True)
class FailoverStatus:
    """
    What the ledger knows of an issue and its two providers: since when the `first` has taken
    nothing of it, and since when it goes on through the `second`. None is not so.
    """

    issue_id: int
    first: str
    second: str
    refused_since: dt.datetime | None = None
    second_since: dt.datetime | None = None


def is_refusal(result: BatchResult) -> bool:
    """
    Whether a call ended with nobody taken for certain, and for nothing that was in it: a
    connection refused, a call that came too fast, an error, no answer.
    """
    kinds = {receipt.kind for receipt in result.receipts}
    return bool(kinds) and kinds <= _TAKES_NOTHING and result.counts_as_attempt and not result.split


def is_cooldown(result: BatchResult) -> bool:
    """
    Whether no call was made because the provider still asks everybody for a rest.
    """
    return not result.counts_as_attempt and any(said.retry_after_s for said in result.receipts)


def refusals_expire_before(now: dt.datetime, *, after: dt.timedelta) -> dt.datetime:
    """
    A time without anybody taken that began before then is over. Somebody is tried again in it when
    the issue goes over at the latest, so if it did not, nobody was tried later: it was night,
    everything was stopped, or no machine ran.
    """
    return now - 2 * after - SLACK


def failover_at(one: FailoverStatus, *, after: dt.timedelta) -> dt.datetime | None:
    """
    From when on the issue's open batches may go through the second provider, once the first has
    taken nothing for *after*; None while it takes something.
    """
    if one.second_since is not None:
        return one.second_since
    return one.refused_since + after if one.refused_since is not None else None


def earliest(not_before: dt.datetime, goes_over: dt.datetime | None) -> dt.datetime:
    """
    When a batch that was not taken may go again: nobody waits for a provider any longer than the
    issue does.
    """
    return not_before if goes_over is None else min(not_before, goes_over)
