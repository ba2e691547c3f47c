"""
Load the slots of a span of time, each with its issue, for the calendar of schedules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import IssueState
from newsletter.store.scheduling.schedules import SlotRow, slot_from_row
from newsletter.store.tables import batch, issue, issue_brief, slot
from subscribers.text.stored_phrases import stored_reason

# More than any time zone differs from UTC: the column of local times is indexed, that of UTC not.
_WIDEST_OFFSET = dt.timedelta(days=1)
MOST_SLOTS = 2_000


@dataclass(frozen=True, kw_only=True)
class SlotIssue:
    """
    What a calendar shows of the issue of a slot. `readers` are those it was frozen for, 0 before.
    """

    id: int
    state: IssueState
    number: int | None
    pause_reason: str | None
    deadline: dt.datetime | None
    briefs: int
    readers: int


@dataclass(frozen=True, kw_only=True)
class CalendarSlot:
    """
    A slot that was started, with the issue that it made.
    """

    row: SlotRow
    issue: SlotIssue | None


def slots_within(
    connection: sa.Connection,
    schedule_ids: Collection[int],
    *,
    since: dt.datetime,
    until: dt.datetime,
) -> list[CalendarSlot]:
    """
    Return the slots of some schedules that were due from *since* until before *until*, the oldest
    first, at most MOST_SLOTS.
    """
    first, last = since - _WIDEST_OFFSET, until + _WIDEST_OFFSET
    rows = connection.execute(
        _WITH_ISSUE.where(
            slot.c.schedule_id.in_(list(schedule_ids)),
            slot.c.slot >= f"{first:%Y-%m-%dT%H:%M}",
            slot.c.slot <= f"{last:%Y-%m-%dT%H:%M}",
            slot.c.due >= since,
            slot.c.due < until,
        )
        .order_by(slot.c.due, slot.c.id)
        .limit(MOST_SLOTS)
    )
    return [_calendar_slot(row) for row in rows]


def slots_at(connection: sa.Connection, schedule_id: int, wall: str) -> list[CalendarSlot]:
    """
    Return the slot of a schedule at the local time *wall*, and its parts after it.
    """
    rows = connection.execute(
        _WITH_ISSUE.where(slot.c.schedule_id == schedule_id, slot.c.slot == wall).order_by(
            slot.c.part != "", slot.c.id
        )
    )
    return [_calendar_slot(row) for row in rows]


def latest_slots(connection: sa.Connection, schedule_id: int, *, most: int) -> list[CalendarSlot]:
    """
    Return the newest *most* slots of a schedule, the newest first.
    """
    rows = connection.execute(
        _WITH_ISSUE.where(slot.c.schedule_id == schedule_id)
        .order_by(slot.c.due.desc(), slot.c.id.desc())
        .limit(most)
    )
    return [_calendar_slot(row) for row in rows]


_BRIEFS = (
    sa.select(sa.func.count())
    .where(issue_brief.c.issue_id == issue.c.id)
    .correlate(issue)
    .scalar_subquery()
)
_READERS = (
    sa.select(sa.func.coalesce(sa.func.sum(batch.c.size), 0))
    .where(batch.c.issue_id == issue.c.id)
    .correlate(issue)
    .scalar_subquery()
)
_WITH_ISSUE = sa.select(
    slot,
    issue.c.state.label("issue_state"),
    issue.c.number.label("issue_number"),
    issue.c.pause_reason,
    issue.c.pause_phrase,
    issue.c.deadline,
    _BRIEFS.label("briefs"),
    _READERS.label("readers"),
).outerjoin(issue, issue.c.id == slot.c.issue_id)


def _calendar_slot(row: Any) -> CalendarSlot:
    return CalendarSlot(row=slot_from_row(row), issue=_slot_issue(row) if row.issue_id else None)


def _slot_issue(row: Any) -> SlotIssue:
    return SlotIssue(
        id=row.issue_id,
        state=IssueState(row.issue_state),
        number=row.issue_number,
        pause_reason=stored_reason(row, "pause_reason"),
        deadline=row.deadline,
        briefs=row.briefs,
        readers=int(row.readers),
    )
