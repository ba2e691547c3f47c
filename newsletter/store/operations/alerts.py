"""
Find what needs a person's attention, and record which alerts were sent to the operator.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.schedule import SlotOutcome
from newsletter.model.source import SourceStanding
from newsletter.store.content import sources
from newsletter.store.delivery.finish import STANDS
from newsletter.store.tables import batch, delivery, issue, schedule, sent_alert, slot, source
from subscribers.database.columns import insert_into
from subscribers.text.stored_phrases import stored_reason

# An uncertain outcome is reported if reconciliation has not settled it in this time.
UNCERTAIN_FOR = dt.timedelta(minutes=10)
# A batch is reported after this many attempts in a row (at least twenty minutes).
ATTEMPTS_BEFORE_ALERT = 8
# A source is reported after this many failures in a row, and at once if it is gone.
FAILURES_BEFORE_ALERT = 5
# How long to report a past event that needs no decision.
ALERT_FOR = dt.timedelta(days=2)
# Nobody misses a single notice to typed addresses; others are missed when they stop.
_CONCERNS_STAFF = (issue.c.kind == IssueKind.ISSUE) | STANDS
_IS_FAILING = source.c.paused_at.is_(None) & (
    source.c.is_gone
    | (source.c.failures >= FAILURES_BEFORE_ALERT)
    | source.c.held_since.is_not(None)
)
# The key of the row that holds the time of the last mail.
_LAST_MAIL = ""


@dataclass(frozen=True, kw_only=True)
class Halted:
    """
    An issue that is paused, missed its scheduled time, or is a draft because it could not be
    released.
    """

    issue_id: int
    state: IssueState
    reason: str


@dataclass(frozen=True, kw_only=True)
class FailedOver:
    """
    An issue that failed over to its fallback provider.
    """

    issue_id: int
    first: str
    second: str
    since: dt.datetime
    reason: str


def halted_issues(connection: sa.Connection) -> list[Halted]:
    """
    Return the issues that only a person can continue, by number.
    """
    rows = connection.execute(_halted().order_by(issue.c.id))
    return [
        Halted(
            issue_id=row.id,
            state=IssueState(row.state),
            reason=stored_reason(row, "pause_reason") or "",
        )
        for row in rows
    ]


def _halted() -> sa.Select[Any]:
    is_stuck = (issue.c.state == IssueState.DRAFT) & issue.c.stuck_at.is_not(None)
    is_halted = issue.c.state.in_([IssueState.PAUSED, IssueState.MISSED]) | is_stuck
    return sa.select(issue.c.id, issue.c.state, issue.c.pause_reason, issue.c.pause_phrase).where(
        _CONCERNS_STAFF, is_halted
    )


def failed_over_issues(connection: sa.Connection, *, now: dt.datetime) -> list[FailedOver]:
    """
    Return the issues that failed over recently, by number.
    """
    rows = connection.execute(_failed_over(now).order_by(issue.c.id))
    return [FailedOver(**row._mapping) for row in rows]


def _failed_over(now: dt.datetime) -> sa.Select[Any]:
    return sa.select(
        issue.c.id.label("issue_id"),
        issue.c.provider.label("first"),
        issue.c.fallback_provider.label("second"),
        issue.c.failed_over_at.label("since"),
        issue.c.failover_reason.label("reason"),
    ).where(_CONCERNS_STAFF, issue.c.failed_over_at > now - ALERT_FOR)


def uncertain_issues(connection: sa.Connection, *, now: dt.datetime) -> list[int]:
    """
    Return the issues some of whose recipients have been uncertain for a while, by number.
    """
    found = connection.execute(_uncertain(now).order_by(issue.c.id))
    return [int(number) for number in found.scalars()]


def _uncertain(now: dt.datetime) -> sa.Select[Any]:
    before = now - UNCERTAIN_FOR
    whole = sa.select(batch.c.issue_id).where(
        batch.c.state == BatchState.UNCERTAIN, batch.c.call_started_at < before
    )
    single = (
        sa.select(delivery.c.issue_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        # As literal text, or SQLite does not use the index ix_delivery_uncertain.
        .where(sa.text("delivery.state = 'uncertain'"), batch.c.call_started_at < before)
    )
    uncertain = sa.union(whole, single).subquery()
    return sa.select(issue.c.id).where(
        _CONCERNS_STAFF, issue.c.id.in_(sa.select(uncertain.c.issue_id))
    )


def waiting_issues(connection: sa.Connection) -> list[tuple[int, str]]:
    """
    Return the issues with a batch that is deferred at every attempt, by number, each with the last
    reason.
    """
    rows = connection.execute(_waiting().order_by(batch.c.issue_id))
    return [(int(row.issue_id), row.reason or "") for row in rows]


def _waiting() -> sa.Select[Any]:
    return (
        sa.select(batch.c.issue_id, sa.func.max(batch.c.reason).label("reason"))
        .join(issue, issue.c.id == batch.c.issue_id)
        .where(
            batch.c.state == BatchState.WAITING,
            batch.c.attempts >= ATTEMPTS_BEFORE_ALERT,
            _CONCERNS_STAFF,
            issue.c.state == IssueState.SENDING,
        )
        .group_by(batch.c.issue_id)
    )


def failing_sources(connection: sa.Connection) -> list[SourceStanding]:
    """
    Return the sources that are gone, held or fail at every poll, by name; not those that staff
    paused.
    """
    return sources.with_last_error(connection, _IS_FAILING)


def failed_slots(connection: sa.Connection, *, now: dt.datetime) -> list[tuple[str, str, str]]:
    """
    Return schedule, wall time and reason of each slot that failed recently.
    """
    rows = connection.execute(_failed_slots(now).order_by(slot.c.id))
    return [(row.name, row.slot, row.reason) for row in rows]


def _failed_slots(now: dt.datetime) -> sa.Select[Any]:
    return (
        sa.select(schedule.c.name, slot.c.slot, slot.c.reason)
        .join(schedule, schedule.c.id == slot.c.schedule_id)
        .where(slot.c.outcome == SlotOutcome.FAILED, slot.c.fired_at > now - ALERT_FOR)
    )


@dataclass(frozen=True, kw_only=True)
class Faults:
    """
    What went wrong with issues, slots and sources; each as the function of its name returns it.
    """

    halted: list[Halted]
    failed_over: list[FailedOver]
    uncertain: list[int]
    waiting: list[tuple[int, str]]
    slots: list[tuple[str, str, str]]
    sources: list[SourceStanding]


def load_faults(connection: sa.Connection, *, now: dt.datetime) -> Faults:
    """
    Return what went wrong. One statement says what there is, which is mostly nothing.
    """
    selects = {
        "halted": _halted(),
        "failed_over": _failed_over(now),
        "uncertain": _uncertain(now),
        "waiting": _waiting(),
        "slots": _failed_slots(now),
        "sources": sa.select(source.c.id).where(_IS_FAILING),
    }
    # Counted, and not EXISTS: PostgreSQL may read a whole table for that.
    counts = (
        sa.select(sa.func.count()).select_from(each.subquery()).scalar_subquery().label(name)
        for name, each in selects.items()
    )
    number_of = connection.execute(sa.select(*counts)).one()
    return Faults(
        halted=halted_issues(connection) if number_of.halted else [],
        failed_over=failed_over_issues(connection, now=now) if number_of.failed_over else [],
        uncertain=uncertain_issues(connection, now=now) if number_of.uncertain else [],
        waiting=waiting_issues(connection) if number_of.waiting else [],
        slots=failed_slots(connection, now=now) if number_of.slots else [],
        sources=failing_sources(connection) if number_of.sources else [],
    )


def sent_keys(connection: sa.Connection) -> set[str]:
    """
    Return the keys of the alerts that were sent and have not ended since.
    """
    return set(
        connection.scalars(sa.select(sent_alert.c.key).where(sent_alert.c.key != _LAST_MAIL))
    )


def delete_ended(connection: sa.Connection, current: set[str]) -> None:
    """
    Delete the keys of alerts that have ended, so that they are sent again if they recur.
    """
    for key in sent_keys(connection) - current:
        connection.execute(sa.delete(sent_alert).where(sent_alert.c.key == key))


def last_mail_at(connection: sa.Connection) -> dt.datetime | None:
    """
    Return when the operator was last mailed, or None.
    """
    return connection.execute(
        sa.select(sent_alert.c.at).where(sent_alert.c.key == _LAST_MAIL)
    ).scalar_one_or_none()


def record_sent(
    connection: sa.Connection, keys: set[str], *, last_mail_at: dt.datetime | None, now: dt.datetime
) -> bool:
    """
    Record that the alerts with these *keys* are being sent. Return False, and record nothing, if
    another process has sent a mail since *last_mail_at*.
    """
    values: dict[str, Any] = {"key": _LAST_MAIL, "at": now}
    if last_mail_at is None:
        added = insert_into(connection, sent_alert).values(values).on_conflict_do_nothing()
        is_first = connection.execute(added.returning(sent_alert.c.key)).first() is not None
    else:
        moved = sa.update(sent_alert).where(
            sent_alert.c.key == _LAST_MAIL, sent_alert.c.at == last_mail_at
        )
        is_first = connection.execute(moved.values(at=now)).rowcount == 1
    if is_first:
        rows = [{"key": key, "at": now} for key in sorted(keys)]
        connection.execute(insert_into(connection, sent_alert).on_conflict_do_nothing(), rows)
    return is_first
