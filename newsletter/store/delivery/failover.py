"""
The failover of an issue in the ledger: its current provider, how long the first has accepted
nothing, and the statement that fails it over. The rule is in `newsletter/model/failover.py`.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.failover import FailoverStatus, RefusalPlan
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.flow_control import canary
from newsletter.store.flow_control.rate_limits import in_cooldown, now_of
from newsletter.store.issues.issues import load_issue
from newsletter.store.issues.pauses import try_pause
from newsletter.store.tables import batch, delivery, issue, rate_limit
from subscribers.text.phrases import phrase

# The provider that an issue goes through now.
CURRENT_PROVIDER = sa.case(
    (issue.c.failed_over_at.is_(None), issue.c.provider), else_=issue.c.fallback_provider
)
_HAS_A_CHOICE = (
    issue.c.state == IssueState.SENDING,
    issue.c.fallback_provider.is_not(None),
    issue.c.failed_over_at.is_(None),
)
# Whether the first provider has accepted anybody since. One such batch is enough.
_ACCEPTS_AGAIN = sa.exists().where(
    batch.c.issue_id == issue.c.id,
    batch.c.state == BatchState.SETTLED,
    batch.c.provider == issue.c.provider,
    batch.c.settled_at > issue.c.refused_since,
    sa.exists().where(
        delivery.c.issue_id == batch.c.issue_id,
        delivery.c.batch_no == batch.c.no,
        delivery.c.state.is_(None) | (delivery.c.state == DeliveryState.ACCEPTED),
    ),
)
_ENDED = (IssueState.SUBMITTED, IssueState.CANCELLED)


def set_fallback_provider(connection: sa.Connection, issue_id: int, name: str | None) -> None:
    """
    Set or remove the fallback provider of an issue.

    Raises:
        NotFound: no such issue.
        Refused: it has ended, or has failed over already.
    """
    named = connection.execute(
        sa.update(issue)
        .where(
            issue.c.id == issue_id,
            issue.c.state.not_in(_ENDED),
            issue.c.failed_over_at.is_(None),
        )
        .values(fallback_provider=name)
    )
    if named.rowcount == 1:
        return
    found = load_issue(connection, issue_id)
    if found.failed_over_at is not None:
        raise Refused(
            phrase(
                "issue {issue} has failed over to {fallback_provider} and stays there",
                issue=issue_id,
                fallback_provider=found.fallback_provider,
            )
        )
    raise Refused(
        phrase(
            "issue {issue} is {state}: there is nothing left to send",
            issue=issue_id,
            state=found.state,
        )
    )


def record_refusal(
    connection: sa.Connection, claimed: ClaimedBatch, *, now: dt.datetime, over_before: dt.datetime
) -> FailoverStatus | None:
    """
    Record that the issue's first provider accepted nothing of a batch. This starts a run of
    refusals, unless one that started at *over_before* or later is still going on. Return the
    issue's status, or None if the batch did not go through the first of two providers.
    """
    theirs = (issue.c.id == claimed.issue_id, issue.c.provider == claimed.provider)
    _record_refused_since(connection, *theirs, now=now, over_before=over_before)
    one = _statuses(
        connection,
        *theirs,
        issue.c.fallback_provider.is_not(None),
    )
    return one[0] if one else None


def failover_status(
    connection: sa.Connection, issue_id: int, *, over_before: dt.datetime
) -> FailoverStatus | None:
    """
    Return the status of a sending issue, or None if it has no fallback provider left. A run of
    refusals that began before *over_before* has ended.
    """
    is_refused = (issue.c.refused_since >= over_before) & ~_ACCEPTS_AGAIN
    since = sa.case((is_refused, issue.c.refused_since))
    one = _statuses(connection, issue.c.id == issue_id, *_HAS_A_CHOICE, since=since)
    return one[0] if one else None


def record_cooldowns(
    connection: sa.Connection, *, now: dt.datetime, over_before: dt.datetime
) -> list[FailoverStatus]:
    """
    Record a refusal for each issue whose batches are due while its first provider is in a cooldown,
    and return the status of these issues. No call is made in a cooldown, so none could be refused.
    """
    is_theirs = rate_limit.c.provider == issue.c.provider
    asked = sa.exists().where(is_theirs, in_cooldown(now_of(connection, now)))
    _record_refused_since(connection, asked, _is_due(now), now=now, over_before=over_before)
    return _statuses(connection, *_HAS_A_CHOICE, asked, _is_due(now))


def _is_due(now: dt.datetime) -> sa.ColumnElement[bool]:
    pending, waiting = (
        sa.exists().where(batch.c.issue_id == issue.c.id, batch.c.state == state, *also)
        for state, also in (
            (BatchState.PENDING, ()),
            (BatchState.WAITING, (batch.c.not_before <= now,)),
        )
    )
    return pending | waiting


def _record_refused_since(
    connection: sa.Connection,
    *which: sa.ColumnElement[bool],
    now: dt.datetime,
    over_before: dt.datetime,
) -> None:
    since = issue.c.refused_since
    connection.execute(
        sa.update(issue)
        .where(*_HAS_A_CHOICE, *which, since.is_(None) | (since < over_before) | _ACCEPTS_AGAIN)
        .values(refused_since=now)
    )


def _statuses(
    connection: sa.Connection,
    *which: sa.ColumnElement[bool],
    since: sa.ColumnElement[dt.datetime | None] = issue.c.refused_since,
) -> list[FailoverStatus]:
    rows = connection.execute(
        sa.select(
            issue.c.id.label("issue_id"),
            issue.c.provider.label("first"),
            issue.c.fallback_provider.label("fallback"),
            since.label("refused_since"),
            issue.c.failed_over_at.label("failed_over_at"),
        ).where(*which)
    )
    return [FailoverStatus(**row._mapping) for row in rows]


def record_refusal_plan(connection: sa.Connection, plan: RefusalPlan, *, now: dt.datetime) -> bool:
    """
    Pause the issue or fail it over, if *plan* says so. Return whether it did.
    """
    if plan.is_paused:
        return try_pause(connection, plan.issue_id, plan.reason, now=now)
    if plan.fails_over_to is None:
        return False
    if not fail_over(connection, plan.issue_id, reason=plan.reason, now=now):
        return False
    if plan.has_canary:
        _hold_for_canary(connection, plan.issue_id, plan.fails_over_to, now=now)
    return True


def _hold_for_canary(
    connection: sa.Connection, issue_id: int, provider: str, *, now: dt.datetime
) -> None:
    """
    Hold most readers for a canary if *provider* has never sent anything from this domain.
    """
    found = load_issue(connection, issue_id)
    if found.kind is IssueKind.ISSUE and canary.is_new_domain(
        connection, provider=provider, address=found.sender.address
    ):
        canary.restart(connection, issue_id, now=now)


def fail_over(connection: sa.Connection, issue_id: int, *, reason: str, now: dt.datetime) -> bool:
    """
    Send the rest of the issue through its fallback provider. Return False if it is not sending, or
    has failed over already. Batches in a call, or of uncertain outcome, stay with the provider they
    were submitted to.
    """
    went = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, *_HAS_A_CHOICE)
        .values(failed_over_at=now, failover_reason=reason)
    )
    return went.rowcount == 1
