"""
What needs a person, as the tables have it, and what the operator was told of it already.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.schedule import SlotOutcome
from newsletter.store.tables import batch, delivery, issue, schedule, slot, source, told
from subscribers.database.columns import insert_into

# Doubt that a sender has not ended by itself in this time is told.
DOUBT_PATIENCE = dt.timedelta(minutes=10)
# A batch that was put off so many times on end (for twenty minutes at the least) is told.
TRIES_TOLD = 8
# A source that failed so many times on end is told, and one that is gone at once.
FAILURES_TOLD = 5
# What happened longer ago, and waits for nobody, is nobody's news any more.
NEWS_FOR = dt.timedelta(days=2)
# The key under which the hour of the last mail is kept.
_LAST_MAIL = ""


@dataclass(frozen=True, kw_only=True)
class Halted:
    """
    An issue that is paused, missed its time, or is a draft because it could not leave by itself.
    """

    issue_id: int
    state: IssueState
    reason: str


@dataclass(frozen=True, kw_only=True)
class Moved:
    """
    An issue that goes on, or went on to its end, through its second provider.
    """

    issue_id: int
    first: str
    second: str
    since: dt.datetime
    reason: str


def halted_issues(connection: sa.Connection) -> list[Halted]:
    """
    The issues only a person can go on with, by number.
    """
    is_stuck = (issue.c.state == IssueState.DRAFT) & issue.c.stuck_at.is_not(None)
    rows = connection.execute(
        sa.select(issue.c.id, issue.c.state, issue.c.pause_reason)
        .where(
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state.in_([IssueState.PAUSED, IssueState.MISSED]) | is_stuck,
        )
        .order_by(issue.c.id)
    )
    return [
        Halted(issue_id=row.id, state=IssueState(row.state), reason=row.pause_reason or "")
        for row in rows
    ]


def moved_issues(connection: sa.Connection, *, now: dt.datetime) -> list[Moved]:
    """
    The issues that went over to their second provider of late, by number.
    """
    rows = connection.execute(
        sa.select(
            issue.c.id.label("issue_id"),
            issue.c.provider.label("first"),
            issue.c.second_provider.label("second"),
            issue.c.second_since.label("since"),
            issue.c.second_reason.label("reason"),
        )
        .where(issue.c.kind == IssueKind.ISSUE, issue.c.second_since > now - NEWS_FOR)
        .order_by(issue.c.id)
    )
    return [Moved(**row._mapping) for row in rows]


def doubtful_issues(connection: sa.Connection, *, now: dt.datetime) -> list[int]:
    """
    The issues of whose recipients some have been uncertain for a while, by number.
    """
    long_ago = now - DOUBT_PATIENCE
    whole = sa.select(batch.c.issue_id).where(
        batch.c.state == BatchState.UNCERTAIN, batch.c.handed_at < long_ago
    )
    single = (
        sa.select(delivery.c.issue_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        # In these very words, or SQLite does not see that ix_delivery_uncertain holds them all.
        .where(sa.text("delivery.state = 'uncertain'"), batch.c.handed_at < long_ago)
    )
    known = sa.union(whole, single).subquery()
    found = connection.execute(
        sa.select(issue.c.id)
        .where(issue.c.kind == IssueKind.ISSUE, issue.c.id.in_(sa.select(known.c.issue_id)))
        .order_by(issue.c.id)
    )
    return [int(number) for number in found.scalars()]


def waiting_issues(connection: sa.Connection) -> list[tuple[int, str]]:
    """
    The issues of which a part is put off at every try, by number, and what was said at the last.
    """
    rows = connection.execute(
        sa.select(batch.c.issue_id, sa.func.max(batch.c.reason).label("reason"))
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            batch.c.state == BatchState.WAITING,
            batch.c.tries >= TRIES_TOLD,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state == IssueState.SENDING,
        )
        .group_by(batch.c.issue_id)
        .order_by(batch.c.issue_id)
    )
    return [(int(row.issue_id), row.reason or "") for row in rows]


def failing_sources(connection: sa.Connection) -> list[tuple[str, bool]]:
    """
    The sources that are gone or fail on end, by name, and whether each is gone.
    """
    rows = connection.execute(
        sa.select(source.c.name, source.c.is_gone)
        .where(source.c.is_gone | (source.c.failures >= FAILURES_TOLD))
        .order_by(source.c.name)
    )
    return [(row.name, row.is_gone) for row in rows]


def failed_slots(connection: sa.Connection, *, now: dt.datetime) -> list[tuple[str, str, str]]:
    """
    Schedule, wall time and reason of each slot that failed of late.
    """
    rows = connection.execute(
        sa.select(schedule.c.name, slot.c.slot, slot.c.reason)
        .join(schedule, schedule.c.id == slot.c.schedule_id)
        .where(slot.c.outcome == SlotOutcome.FAILED, slot.c.fired_at > now - NEWS_FOR)
        .order_by(slot.c.id)
    )
    return [(row.name, row.slot, row.reason) for row in rows]


def sent_keys(connection: sa.Connection) -> set[str]:
    """
    The troubles the operator was told of and that have not ended since.
    """
    return set(connection.scalars(sa.select(told.c.key).where(told.c.key != _LAST_MAIL)))


def forget_ended(connection: sa.Connection, current: set[str]) -> None:
    """
    Forgets the troubles that have ended: should they come again, they are told again.
    """
    for key in sent_keys(connection) - current:
        connection.execute(sa.delete(told).where(told.c.key == key))


def last_mail_at(connection: sa.Connection) -> dt.datetime | None:
    """
    When the operator was last mailed, None when never.
    """
    return connection.execute(
        sa.select(told.c.at).where(told.c.key == _LAST_MAIL)
    ).scalar_one_or_none()


def record_sent(
    connection: sa.Connection, keys: set[str], *, before: dt.datetime | None, now: dt.datetime
) -> bool:
    """
    Whether this caller is the one to tell of *keys*: the last mail is still that of *before*.
    """
    mine: dict[str, Any] = {"key": _LAST_MAIL, "at": now}
    if before is None:
        added = insert_into(connection, told).values(mine).on_conflict_do_nothing()
        is_first = connection.execute(added.returning(told.c.key)).first() is not None
    else:
        moved = sa.update(told).where(told.c.key == _LAST_MAIL, told.c.at == before)
        is_first = connection.execute(moved.values(at=now)).rowcount == 1
    if is_first:
        rows = [{"key": key, "at": now} for key in sorted(keys)]
        connection.execute(insert_into(connection, told).on_conflict_do_nothing(), rows)
    return is_first
