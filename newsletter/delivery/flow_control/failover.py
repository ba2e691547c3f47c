"""
Decide what happens to an issue whose provider accepts nothing: it waits, fails over to its fallback
provider, or is paused. `Dispatcher` reports each refusal, housekeeping each cooldown.
"""

from __future__ import annotations

import datetime as dt
import logging
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import BatchResult
from newsletter.model.failover import (
    FailoverStatus,
    Refusal,
    RefusalPlan,
    earliest,
    is_cooldown,
    is_refusal,
    plan_refusal,
    refusals_expire_before,
)
from newsletter.model.issue import IssueKind
from newsletter.store.database import Database
from newsletter.store.delivery import batches, deliveries, leases
from newsletter.store.delivery import failover as ledger
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.issues import issues

logger = logging.getLogger(__name__)

# How soon a batch that this process cannot submit with its settings may be claimed again.
DEFERRED_FOR = dt.timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Failover:
    """
    The failover of all issues. An issue fails over when its first provider has accepted nothing for
    `after`; `has_canary` says whether a new sending domain begins with a canary at a provider.
    """

    after: dt.timedelta
    has_canary: Callable[[str], bool]

    def plan_for_result(
        self,
        connection: sa.Connection,
        claimed: ClaimedBatch,
        result: BatchResult,
        *,
        now: dt.datetime,
    ) -> RefusalPlan | None:
        """
        If *result* is a refusal, record it and return what it means for the issue. Return None if
        the provider accepted something, or refused only the content of the call.
        """
        problem = result.account_problem
        if problem is not None:
            return self._plan(connection, claimed, problem, now=now, is_account_problem=True)
        if not is_refusal(result) and not is_cooldown(result):
            return None
        return self._plan(connection, claimed, result.receipts[0].reason, now=now)

    def _plan(
        self,
        connection: sa.Connection,
        claimed: ClaimedBatch,
        reason: str,
        *,
        now: dt.datetime,
        is_account_problem: bool = False,
    ) -> RefusalPlan:
        status = ledger.record_refusal(
            connection, claimed, now=now, over_before=refusals_expire_before(now, after=self.after)
        )
        may_pause = is_account_problem and status is None
        refusal = Refusal(
            issue_id=claimed.issue_id,
            reason=reason,
            status=status,
            is_account_problem=is_account_problem,
            is_notice=may_pause
            and issues.load_issue(connection, claimed.issue_id).kind is IssueKind.NOTICE,
            has_canary=status is not None and self.has_canary(status.fallback),
        )
        return plan_refusal(refusal, after=self.after, now=now)

    def defer_for_cooldown(
        self,
        connection: sa.Connection,
        claimed: ClaimedBatch,
        cooldown_s: float,
        *,
        now: dt.datetime,
    ) -> None:
        """
        Defer a batch until the cooldown of its provider is over or its issue fails over.
        """
        reason = f"{claimed.provider} asked to wait"
        failover = _record(connection, self._plan(connection, claimed, reason, now=now), now=now)
        until = earliest(now + dt.timedelta(seconds=cooldown_s), failover)
        batches.schedule_retry(
            connection, claimed, not_before=until, reason=reason, counts_as_attempt=False
        )

    def defer_unconfigured(
        self,
        database: Database,
        claimed: ClaimedBatch,
        error: str,
        *,
        worker_id: str,
        now: dt.datetime,
    ) -> None:
        """
        Leave the batch to other workers, whose settings may differ, because *worker_id* cannot open
        its provider. If there are no other workers, treat the account as refused.
        """
        reason = f"on {platform.node()}: {error}"
        failover = None
        with database.write() as connection:
            if not set(leases.live_workers(connection, database.file, now=now)) - {worker_id}:
                plan = self._plan(connection, claimed, reason, now=now, is_account_problem=True)
                failover = _record(connection, plan, now=now)
            until = earliest(now + DEFERRED_FOR, failover)
            batches.schedule_retry(connection, claimed, not_before=until, reason=reason)
        extra = {"event": "batch.deferred", "issue_id": claimed.issue_id, "batch": claimed.no}
        message = "batch %s of issue %s is left to other workers: its provider cannot be used %s"
        logger.error(message, claimed.no, claimed.issue_id, reason, extra=extra)

    def on_cooldowns(self, connection: sa.Connection, *, now: dt.datetime) -> None:
        """
        Fail over the issues whose provider has accepted nothing for too long because its cooldowns
        follow each other.
        """
        for status in ledger.record_cooldowns(
            connection, now=now, over_before=refusals_expire_before(now, after=self.after)
        ):
            plan = plan_refusal(self._cooldown(status), after=self.after, now=now)
            _record(connection, plan, now=now)

    def _cooldown(self, status: FailoverStatus) -> Refusal:
        return Refusal(
            issue_id=status.issue_id,
            reason=f"{status.first} asks to wait",
            status=status,
            has_canary=self.has_canary(status.fallback),
        )


def _record(
    connection: sa.Connection, plan: RefusalPlan, *, now: dt.datetime
) -> dt.datetime | None:
    if ledger.record_refusal_plan(connection, plan, now=now):
        log_refusal(plan)
    return plan.failover_at


def log_refusal(plan: RefusalPlan) -> None:
    """
    Log that an issue was paused or has failed over.
    """
    if plan.is_paused:
        extra = {"event": "issue.paused", "issue_id": plan.issue_id}
        logger.error("issue %s is paused: %s", plan.issue_id, plan.reason, extra=extra)
        return
    provider = plan.fails_over_to
    extra = {"event": "issue.failed_over", "issue_id": plan.issue_id, "provider": provider}
    message = "issue %s failed over to %s: %s"
    logger.warning(message, plan.issue_id, provider, plan.reason, extra=extra)


def split_to_fit(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    rows: Sequence[DeliveryRow],
    *,
    limit: int,
    now: dt.datetime,
) -> Sequence[DeliveryRow]:
    """
    Keep the first *limit* deliveries in a batch that was made for the calls of another provider,
    and move the rest into new batches.
    """
    for start in range(limit, len(rows), limit):
        deliveries.split_off(
            connection,
            claimed,
            [row.id for row in rows[start : start + limit]],
            not_before=now,
            reason=f"split to fit one call of {claimed.provider}",
        )
    return rows[:limit]
