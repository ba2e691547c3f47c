"""
Defer open batches that reach their readers' quiet hours; uncertain ones stay uncertain and are
reconciled afterwards.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.issue import EDITABLE, Issue, IssueState
from newsletter.model.timing import Timing
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, issue

_OPEN = (BatchState.PENDING, BatchState.WAITING, BatchState.UNCERTAIN)


@dataclass(frozen=True, kw_only=True)
class QuietMet:
    """
    Batches of one issue and one time zone whose quiet hours began at `not_after`.
    """

    issue_id: int
    timezone: str
    not_after: dt.datetime


def set_ignores_quiet(connection: sa.Connection, about: Issue, *, ignores: bool) -> Issue:
    """
    Let an issue that is not frozen ignore the quiet hours, or keep them, and return it.
    """
    timing = replace(about.timing or Timing(timezone="UTC"), ignores_quiet=ignores)
    connection.execute(
        sa.update(issue)
        .where(issue.c.id == about.id, issue.c.state.in_(list(EDITABLE)))
        .values(timing=timing.as_json())
    )
    return replace(about, timing=timing)


def batches_past(connection: sa.Connection, *, now: dt.datetime) -> list[QuietMet]:
    """
    Return the open batches of sending issues that reached their quiet hours.
    """
    rows = connection.execute(
        sa.select(batch.c.issue_id, batch.c.timezone, batch.c.not_after)
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            issue.c.state == IssueState.SENDING,
            batch.c.state.in_(_OPEN),
            batch.c.not_after <= now,
        )
        .distinct()
    )
    return [QuietMet(**row._mapping) for row in rows]


def defer(
    connection: sa.Connection,
    met: QuietMet,
    *,
    not_before: dt.datetime,
    not_after: dt.datetime | None,
) -> None:
    """
    Defer those batches until *not_before*, or longer if they are already waiting for something
    else.
    """
    waits_longer = batch.c.not_before > not_before
    is_uncertain = batch.c.state == BatchState.UNCERTAIN
    deferred = connection.execute(
        sa.update(batch)
        .where(
            batch.c.issue_id == met.issue_id,
            batch.c.timezone == met.timezone,
            batch.c.not_after == met.not_after,
            batch.c.state.in_(_OPEN),
        )
        .values(
            state=sa.case((is_uncertain, BatchState.UNCERTAIN), else_=BatchState.WAITING),
            hold=sa.case(
                (is_uncertain | waits_longer | batch.c.hold.is_not(None), batch.c.hold),
                else_=HoldReason.TIME_OF_DAY,
            ),
            not_before=sa.case((waits_longer, batch.c.not_before), else_=sa.literal(not_before)),
            not_after=not_after,
        )
        .returning(batch.c.id)
    )
    enqueue(deferred.scalars().all(), connection)
