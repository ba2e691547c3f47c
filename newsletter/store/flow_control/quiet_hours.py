"""
Defer open batches that reach their readers' quiet hours, and end that wait if a person wants so;
uncertain ones stay uncertain and are reconciled afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.model.canary import CANARY_WAIT
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
    set_timing(connection, about.id, timing, only_in=EDITABLE)
    return replace(about, timing=timing)


def set_timing(
    connection: sa.Connection, issue_id: int, timing: Timing, *, only_in: Iterable[IssueState]
) -> bool:
    """
    Store the *timing* of an issue. Return False if it is in none of the given states.
    """
    changed = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state.in_(list(only_in)))
        .values(timing=timing.as_json())
    )
    return changed.rowcount == 1


def zones_of(connection: sa.Connection, issue_id: int) -> list[str]:
    """
    Return the time zones whose clocks the open batches of an issue follow.
    """
    found = sa.select(batch.c.timezone).where(
        batch.c.issue_id == issue_id, batch.c.state != BatchState.SETTLED
    )
    return list(connection.scalars(found.where(batch.c.timezone.is_not(None)).distinct()))


def end_wait(
    connection: sa.Connection,
    issue_id: int,
    timezone: str,
    *,
    not_before: dt.datetime,
    now: dt.datetime,
) -> None:
    """
    Let the readers of one zone get their mail in quiet hours, from *not_before* on. What else their
    batches wait for stays; a canary hold ends as if the issue had been sent *now*.
    """
    of_zone = (batch.c.issue_id == issue_id) & (batch.c.timezone == timezone)
    is_waiting = of_zone & (batch.c.state == BatchState.WAITING)
    hold = HoldReason.TIME_OF_DAY if not_before > now else None
    connection.execute(
        sa.update(batch)
        .where(is_waiting, batch.c.hold == HoldReason.TIME_OF_DAY)
        .values(hold=hold, reason="the wait for quiet hours was ended", not_before=not_before)
    )
    held_until = max(not_before, now + CANARY_WAIT)
    connection.execute(
        sa.update(batch)
        .where(is_waiting, batch.c.hold == HoldReason.CANARY, batch.c.not_before > held_until)
        .values(not_before=held_until)
    )
    connection.execute(
        sa.update(batch).where(of_zone, batch.c.state != BatchState.SETTLED).values(not_after=None)
    )


def waiting_issues(connection: sa.Connection, issue_ids: Sequence[int]) -> list[int]:
    """
    Return those of the issues that are being sent and wait for quiet hours, sorted. An issue that
    follows each reader's clock waits for that too, and is left out.
    """
    waits = sa.exists().where(
        batch.c.issue_id == issue.c.id,
        batch.c.state == BatchState.WAITING,
        batch.c.hold == HoldReason.TIME_OF_DAY,
    )
    found = sa.select(issue.c.id).where(
        issue.c.id.in_(issue_ids),
        issue.c.state == IssueState.SENDING,
        issue.c.timing["wall"].as_string().is_(None),
        waits,
    )
    return sorted(connection.scalars(found))


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
