"""
The figures of sending for monitoring: deliveries, batches, issues. Every query is cheap except
`count_deliveries`, which reads one issue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery.failover import CURRENT_PROVIDER
from newsletter.store.delivery.status.shown import IN_BATCH, SHOWN_STATE, any_issue
from newsletter.store.tables import batch, delivery, issue

# The deliveries of an issue are counted until so long after its freeze, and until it has ended.
COUNTED_FOR = dt.timedelta(hours=24)
UNSETTLED = tuple(state for state in BatchState if state is not BatchState.SETTLED)
_ENDED = (IssueState.SUBMITTED, IssueState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class CountedIssue:
    """
    An issue whose deliveries are counted. Its counts cannot have changed while it is equal to what
    was read before, if it `has_ended`.
    """

    id: int
    state: IssueState
    submitted_at: dt.datetime | None
    unsettled: int
    uncertain: int

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED and self.unsettled == 0


@dataclass(frozen=True, kw_only=True)
class LedgerCounts:
    """
    The deliveries of an issue by state, and how many contradict the rest of the ledger.
    """

    by_state: dict[DeliveryState, int]
    contradictions: int


def counted_issues(connection: sa.Connection, *, now: dt.datetime) -> list[CountedIssue]:
    """
    Return the issues whose deliveries are counted: those that are being sent or paused, and those
    of the last day.
    """
    unsettled = sa.select(sa.func.count()).where(
        batch.c.issue_id == issue.c.id, batch.c.state.in_(UNSETTLED)
    )
    # As literal text, or SQLite does not use the index ix_delivery_uncertain.
    uncertain = sa.select(sa.func.count()).where(
        delivery.c.issue_id == issue.c.id, sa.text("delivery.state = 'uncertain'")
    )
    rows = connection.execute(
        sa.select(
            issue.c.id,
            issue.c.state,
            issue.c.submitted_at,
            unsettled.scalar_subquery().label("unsettled"),
            uncertain.scalar_subquery().label("uncertain"),
        )
        .where(
            issue.c.kind == IssueKind.ISSUE,
            issue.c.frozen_at.is_not(None),
            issue.c.state.in_([IssueState.SENDING, IssueState.PAUSED])
            | (issue.c.frozen_at > now - COUNTED_FOR),
        )
        .order_by(issue.c.id)
    )
    return [CountedIssue(**{**row._mapping, "state": IssueState(row.state)}) for row in rows]


def count_deliveries(connection: sa.Connection, issue_id: int) -> LedgerCounts:
    """
    Count the deliveries of an issue by state, in one statement, and those that contradict the rest
    of the ledger: without a batch, in a settled batch without an outcome, or not settled although
    the issue is submitted.
    """
    rows = connection.execute(
        sa.select(
            issue.c.state.label("issue_state"),
            SHOWN_STATE.label("state"),
            batch.c.id.is_(None).label("is_lost"),
            sa.func.count().label("deliveries"),
        )
        .select_from(delivery)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .outerjoin(batch, IN_BATCH)
        .where(delivery.c.issue_id == any_issue(issue_id))
        .group_by(issue.c.state, SHOWN_STATE, batch.c.id.is_(None))
    ).all()
    by_state: dict[DeliveryState, int] = {}
    for row in rows:
        if row.state is not None:
            state = DeliveryState(row.state)
            by_state[state] = by_state.get(state, 0) + row.deliveries
    wrong = [
        row.deliveries
        for row in rows
        if row.is_lost or row.state is None or _is_late(row.issue_state, row.state)
    ]
    return LedgerCounts(by_state=by_state, contradictions=sum(wrong))


def _is_late(issue_state: str, state: str) -> bool:
    return issue_state == IssueState.SUBMITTED and state == DeliveryState.PENDING


def count_batches(connection: sa.Connection) -> dict[BatchState, int]:
    """
    Count the batches that are not settled, by state.
    """
    rows = connection.execute(
        sa.select(batch.c.state, sa.func.count().label("batches"))
        .where(batch.c.state.in_(UNSETTLED))
        .group_by(batch.c.state)
    )
    return {BatchState(row.state): row.batches for row in rows}


def oldest_batches(
    connection: sa.Connection, *, now: dt.datetime
) -> dict[BatchState, dt.datetime | None]:
    """
    Return since when the oldest batch of each state has been in it: since its call if it is
    submitting or uncertain, since the end of its wait if it is waiting, and since its issue was
    frozen or resumed if it is pending. Batches of issues that are not being sent do not wait.
    """
    is_sending = issue.c.state == IssueState.SENDING
    called = {
        state: sa.select(sa.func.min(batch.c.call_started_at)).where(batch.c.state == state)
        for state in (BatchState.SUBMITTING, BatchState.UNCERTAIN)
    }
    waiting = (
        sa.select(sa.func.min(batch.c.not_before))
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(batch.c.state == BatchState.WAITING, batch.c.not_before <= now, is_sending)
    )
    begun = sa.func.coalesce(issue.c.resumed_at, issue.c.frozen_at)
    has_pending = sa.exists().where(
        batch.c.issue_id == issue.c.id, batch.c.state == BatchState.PENDING
    )
    pending = sa.select(sa.func.min(begun)).where(is_sending, has_pending)
    queries = {**called, BatchState.WAITING: waiting, BatchState.PENDING: pending}
    return {state: connection.scalar(query) for state, query in queries.items()}


def oldest_uncertain(connection: sa.Connection) -> dt.datetime | None:
    """
    Return when the call was made whose outcome has been uncertain for longest, for a whole batch or
    for some of its deliveries.
    """
    whole = sa.select(sa.func.min(batch.c.call_started_at)).where(
        batch.c.state == BatchState.UNCERTAIN
    )
    single = (
        sa.select(sa.func.min(batch.c.call_started_at))
        .select_from(delivery)
        .join(batch, IN_BATCH)
        .where(sa.text("delivery.state = 'uncertain'"))
    )
    found = (connection.scalar(query) for query in (whole, single))
    return min((at for at in found if at is not None), default=None)


def count_due_batches(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Count the batches that a worker may submit now, apart from limits of the provider.
    """
    is_open = batch.c.not_after.is_(None) | (batch.c.not_after > now)
    due = [
        sa.select(sa.func.count())
        .select_from(batch)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(issue.c.state == IssueState.SENDING, is_open, condition)
        for condition in (
            batch.c.state == BatchState.PENDING,
            (batch.c.state == BatchState.WAITING) & (batch.c.not_before <= now),
        )
    ]
    return sum(int(connection.scalar(query) or 0) for query in due)


def last_settled_at(connection: sa.Connection, issue_ids: Sequence[int]) -> dt.datetime | None:
    """
    Return when a batch of these issues was last settled.
    """
    settled_at: dt.datetime | None = connection.scalar(
        sa.select(sa.func.max(batch.c.settled_at)).where(batch.c.issue_id.in_(issue_ids))
    )
    return settled_at


def sending_issues(connection: sa.Connection) -> list[int]:
    """
    Return the issues that are being sent.
    """
    found = sa.select(issue.c.id).where(
        issue.c.state == IssueState.SENDING, issue.c.kind == IssueKind.ISSUE
    )
    return list(connection.scalars(found))


def count_issues(connection: sa.Connection) -> dict[IssueState, int]:
    """
    Count the issues by state.
    """
    rows = connection.execute(
        sa.select(issue.c.state, sa.func.count().label("issues"))
        .where(issue.c.kind == IssueKind.ISSUE)
        .group_by(issue.c.state)
    )
    return {IssueState(row.state): row.issues for row in rows}


def refusing_since(connection: sa.Connection) -> dict[str, dt.datetime]:
    """
    Return since when each provider accepts nothing of the issues that are being sent through it.
    """
    provider = CURRENT_PROVIDER.label("provider")
    rows = connection.execute(
        sa.select(provider, sa.func.min(issue.c.refused_since).label("since"))
        .where(issue.c.state == IssueState.SENDING, issue.c.refused_since.is_not(None))
        .group_by(provider)
    )
    return {row.provider: row.since for row in rows}
