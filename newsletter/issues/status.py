"""
Gather the status of an issue: the shape of `issue status --json`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.delivery.reconciliation.timing import reconciles_at
from newsletter.issues.context import PublishingContext
from newsletter.model.failover import failover_at, refusals_expire_before
from newsletter.model.issue import EDITABLE, Issue, IssueKind, IssueState
from newsletter.store.delivery import freeze
from newsletter.store.delivery.failover import failover_status
from newsletter.store.delivery.status.counts import count_deliveries, count_with_reasons, taken_by
from newsletter.store.delivery.waits import waits_of
from newsletter.store.events.account_reputation import warnings
from newsletter.store.events.outcomes import count_outcomes
from newsletter.store.flow_control.kill_switch import active_stop
from newsletter.store.flow_control.rate_limits import cooldown_until
from newsletter.store.issues.corrections import changed_briefs
from newsletter.store.issues.issues import load_issue
from newsletter.store.issues.list_settings import AudienceLists


def count_readers(
    connection: sa.Connection,
    issue: Issue,
    *,
    lists: AudienceLists | None = None,
    now: dt.datetime,
) -> int:
    """
    Count the readers that the audience rule of an issue gives now, or from its freeze on those that
    it was frozen with. Its *lists* are read unless they are given.
    """
    if issue.state not in EDITABLE and issue.state is not IssueState.FREEZING:
        return count_deliveries(connection, issue.id).audience
    if lists is not None and lists.lists:
        return freeze.count_audience(connection, issue.audience, lists.lists, lists.minus, now=now)
    return count_audience(connection, issue.audience, now=now)


def status_of(context: PublishingContext, issue_id: int) -> dict[str, Any]:
    """
    Return the status of an issue, in the shape of `issue status --json`.
    """
    with context.database.read() as connection:
        issue = load_issue(connection, issue_id)
        found, why = count_with_reasons(connection, issue_id)
        counts = found.as_json()
        changed = changed_briefs(connection, issue_id)
        waits = waits_of(connection, issue_id)
        stopped = active_stop(connection)
        outcomes = count_outcomes(connection, issue_id)
        found_warnings = warnings(connection, now=context.clock())
        taken = taken_by(connection, issue_id) if issue.failed_over_at else {}
        # Uncertain deliveries stay with the first provider; only pending ones fail over.
        fails_over = failover_time(context, connection, issue_id) if counts["pending"] else None
        cools_down_until = cooldown_until(connection, issue.current_provider, now=context.clock())
        reconciles = reconciles_at(connection, issue_id, context.provider_named)
    return {
        "id": issue_id,
        "test_of": issue.parent_id if issue.kind is IssueKind.TEST else None,
        "state": issue.state,
        **counts,
        "needs_decision": counts["uncertain"] > 0,
        "reason": issue.pause_reason,
        "stopped": str(stopped) if stopped else None,
        "reasons": why,
        "waits": [wait.as_json() for wait in waits],
        "provider": issue.provider,
        "fallback_provider": issue.fallback_provider,
        "failed_over_at": issue.failed_over_at.isoformat() if issue.failed_over_at else None,
        "failover_reason": issue.failover_reason or None,
        "failover_at": fails_over.isoformat() if fails_over else None,
        "current_provider": issue.current_provider,
        "taken_by": taken,
        "cooldown_until": cools_down_until.isoformat() if cools_down_until else None,
        "reconciles_at": reconciles.isoformat() if reconciles else None,
        "changed_briefs": [brief.id for brief in changed],
        "outcomes": outcomes,
        "warnings": [
            str(warning)
            for warning in found_warnings
            if warning.provider in (issue.provider, issue.current_provider)
        ],
    }


def failover_time(
    context: PublishingContext, connection: sa.Connection, issue_id: int
) -> dt.datetime | None:
    """
    Return when the issue fails over to its fallback provider if the first keeps refusing.
    """
    after = context.failover_after
    over = refusals_expire_before(context.clock(), after=after)
    status = failover_status(connection, issue_id, over_before=over)
    return failover_at(status, after=after) if status else None
