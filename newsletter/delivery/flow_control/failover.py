"""
What becomes of an issue whose provider takes nothing: it waits, goes on through its second
provider, or is paused. Called by `dispatch` with each refusal, and at each beat of a sender.
"""

from __future__ import annotations

import datetime as dt
import logging
import platform
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import BatchResult
from newsletter.model.failover import (
    AT_ONCE,
    FailoverStatus,
    earliest,
    failover_at,
    is_cooldown,
    is_refusal,
    refusals_expire_before,
)
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery import failover as second
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.flow_control import canary
from newsletter.store.issues import issues

logger = logging.getLogger(__name__)

# How soon a batch is offered again that a process with other settings could not begin.
LEFT_FOR = dt.timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Failover:
    """
    An issue goes over once its first provider has taken nothing for `after`; `has_canary` is
    whether the first readers go alone where a new sending domain begins with a provider.
    """

    after: dt.timedelta
    has_canary: Callable[[str], bool]

    def on_result(
        self,
        connection: sa.Connection,
        held: ClaimedBatch,
        result: BatchResult,
        *,
        now: dt.datetime,
    ) -> dt.datetime | None:
        """
        From when on what *result* leaves open of a batch may go through the issue's second
        provider; None where the one it went through took something, or there is no other to go to.
        An account that is refused loses its issue at once, or pauses it.
        """
        if result.account_problem is not None:
            return self.on_account_refused(connection, held, result.account_problem, now=now)
        if not is_refusal(result) and not is_cooldown(result):
            return None
        return self.on_refused(connection, held, result.receipts[0].reason, now=now)

    def on_account_refused(
        self, connection: sa.Connection, held: ClaimedBatch, reason: str, *, now: dt.datetime
    ) -> dt.datetime | None:
        """
        As `heed`, of a provider that takes nothing before a person has done something. A notice,
        which no list shows to be resumed, is tried again by itself.
        """
        one = second.record_refusal(
            connection, held, now=now, over_before=refusals_expire_before(now, after=self.after)
        )
        if one is None:
            if issues.load_issue(connection, held.issue_id).kind is IssueKind.NOTICE:
                return None
            if issues.try_move(connection, held.issue_id, IssueState.PAUSED, pause_reason=reason):
                told = {"event": "issue.paused", "issue_id": held.issue_id}
                logger.error("issue %s is paused: %s", held.issue_id, reason, extra=told)
            return None
        return self._go_over_if_due(connection, one, reason, now=now, after=AT_ONCE)

    def defer_unconfigured(
        self,
        connection: sa.Connection,
        held: ClaimedBatch,
        error: str,
        *,
        to: Collection[str],
        now: dt.datetime,
    ) -> None:
        """
        Leaves a batch whose provider this process cannot open *to* the others that send: they may
        have other settings. Where there are none, a person is wanted.
        """
        reason = f"on {platform.node()}: {error}"
        goes_over = None if to else self.on_account_refused(connection, held, reason, now=now)
        until = earliest(now + LEFT_FOR, goes_over)
        batches.schedule_retry(connection, held, not_before=until, reason=reason)
        told = {"event": "batch.left", "issue_id": held.issue_id, "batch": held.no}
        logger.error("issue %s: batch %s is left, %s", held.issue_id, held.no, reason, extra=told)

    def on_refused(
        self, connection: sa.Connection, held: ClaimedBatch, reason: str, *, now: dt.datetime
    ) -> dt.datetime | None:
        """
        As `heed`, of a provider that takes nothing now: *reason* says why.
        """
        one = second.record_refusal(
            connection, held, now=now, over_before=refusals_expire_before(now, after=self.after)
        )
        if one is None:
            return None
        return self._go_over_if_due(connection, one, reason, now=now, after=self.after)

    def on_cooldowns(self, connection: sa.Connection, *, now: dt.datetime) -> None:
        """
        Has those issues go over whose provider asks for rest upon rest and takes nothing.
        """
        for one in second.record_cooldowns(
            connection, now=now, over_before=refusals_expire_before(now, after=self.after)
        ):
            reason = f"{one.first} asks to wait"
            self._go_over_if_due(connection, one, reason, now=now, after=self.after)

    def _go_over_if_due(
        self,
        connection: sa.Connection,
        one: FailoverStatus,
        reason: str,
        *,
        now: dt.datetime,
        after: dt.timedelta,
    ) -> dt.datetime | None:
        due = failover_at(one, after=after)
        if due is None or due > now:
            return due
        if second.fail_over(connection, one.issue_id, reason=reason, now=now):
            self._begin_slowly(connection, one, now=now)
            told = {"event": "issue.went_over", "issue_id": one.issue_id, "provider": one.second}
            words = "issue %s goes on through %s: %s"
            logger.warning(words, one.issue_id, one.second, reason, extra=told)
        return due

    def _begin_slowly(
        self, connection: sa.Connection, one: FailoverStatus, *, now: dt.datetime
    ) -> None:
        """
        Most readers wait where nothing ever came to anybody from this domain through the second.
        """
        issue = issues.load_issue(connection, one.issue_id)
        if issue.kind is not IssueKind.ISSUE or not self.has_canary(one.second):
            return
        if canary.is_new_domain(connection, provider=one.second, address=issue.sender.address):
            canary.restart(connection, one.issue_id, now=now)


def split_to_fit(
    connection: sa.Connection,
    held: ClaimedBatch,
    rows: Sequence[DeliveryRow],
    *,
    most: int,
    now: dt.datetime,
) -> Sequence[DeliveryRow]:
    """
    The first *most* of a batch that was made for the calls of another provider. The others get
    batches of their own.
    """
    for start in range(most, len(rows), most):
        deliveries.split_off(
            connection,
            held,
            [row.id for row in rows[start : start + most]],
            not_before=now,
            reason=f"cut to what {held.provider} takes in a call",
        )
    return rows[:most]
