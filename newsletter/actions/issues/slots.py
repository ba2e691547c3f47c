"""
Actions on the slots of a schedule: fire one, and explain the outcome of the last ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.actions.guard.objects import the_schedule
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.rendering import shortened_in
from newsletter.model.access import Actor, Permission
from newsletter.model.issue import IssueState
from newsletter.model.schedule import Schedule, Slot
from newsletter.scheduling.firing import (
    fire_due,
    fire_slot,
    overdue_slot,
    resume_held_slot,
    upcoming,
)
from newsletter.scheduling.slots import slot_at
from newsletter.store.flow_control.kill_switch import active_stop
from newsletter.store.issues.issues import load_issue
from newsletter.store.scheduling.schedules import SlotRow, find_schedule, last_slots
from subscribers.text.phrases import joined, phrase


@dataclass(frozen=True, kw_only=True)
class SlotRun:
    """
    The result of firing a slot. `wall` is its local time, None if no slot was due; `has_fired` is
    False if it had fired before. `rows` are what the schedule made of it, one for each issue.
    """

    wall: str | None = None
    has_fired: bool = False
    rows: Sequence[SlotRow] = ()

    @property
    def issues(self) -> set[int]:
        """
        The issues that were made.
        """
        return {row.issue_id for row in self.rows if row.issue_id is not None}


@requires(Permission.ISSUES_SEND, "schedule.run", about=the_schedule(), in_steps=True)
def run_slot(app: App, name: str, *, wall: str | None = None, by: Actor) -> SlotRun:
    """
    Fire the slot of a schedule that is due, or the one at the local time *wall*, and make its
    issues at once.

    Raises:
        NotFound: there is no such schedule.
        Refused: the slot at *wall* is in the future.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
    fired = _fire(app, rule, wall)
    if fired is not None:
        pipeline.publish_slot(app.publishing, fired, waits=False)
    shown = fired.slot.wall if fired is not None else wall
    if shown is None:
        return SlotRun()
    with app.database.read() as connection:
        rows = last_slots(connection, rule.id, most=1000)
    made = [_with_shortened(app, row) for row in rows if row.slot.wall == shown]
    return SlotRun(wall=shown, has_fired=fired is not None, rows=made)


def _fire(app: App, rule: Schedule, wall: str | None) -> SlotRow | None:
    if wall is None:
        return fire_due(app.database, rule, now=app.clock()) or resume_held_slot(
            app.database, rule, now=app.clock()
        )
    wanted = slot_at(wall, rule.timezone)
    if wanted.due > app.clock():
        raise Refused(
            phrase(
                "slot {wall} of {rule} is in the future: name one that is due",
                wall=wall,
                rule=rule.name,
            )
        )
    return fire_slot(app.database, rule, wanted, now=app.clock()) or resume_held_slot(
        app.database, rule, wall=wanted.wall, now=app.clock()
    )


@dataclass(frozen=True, kw_only=True)
class SlotHistory:
    """
    The last slots of a schedule, newest first, and what may keep the next from firing. `overdue` is
    due and has not fired; `stop` is the active stop, if any.
    """

    rule: Schedule
    rows: Sequence[SlotRow]
    next_due: dt.datetime | None
    overdue: Slot | None
    stop: str | None


@requires(Permission.SCHEDULES_READ, "schedule.why", about=the_schedule())
def slot_history(app: App, name: str, *, limit: int, by: Actor) -> SlotHistory:
    """
    Return the outcome of a schedule's last slots.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
        rows = [_with_draft(connection, row) for row in last_slots(connection, rule.id, most=limit)]
        coming = upcoming(rule, now=app.clock(), count=1)
        stop = active_stop(connection)
        return SlotHistory(
            rule=rule,
            rows=[_with_shortened(app, row) for row in rows],
            next_due=coming[0].due if coming else None,
            overdue=overdue_slot(app.database, rule, now=app.clock()),
            stop=str(stop) if stop else None,
        )


def _with_draft(connection: sa.Connection, row: SlotRow) -> SlotRow:
    """
    Add to *row* why its issue is still a draft, if it is one.
    """
    if row.issue_id is None:
        return row
    issue = load_issue(connection, row.issue_id)
    if issue.state is not IssueState.DRAFT:
        return row
    # The slot already says what held the draft, or kept it from being sent.
    is_noted = issue.held_by is not None or issue.stuck_at is not None
    if is_noted and issue.part == row.part:
        return row
    why = issue.pause_reason or phrase("waiting for a decision")
    return _with_reason(row, phrase("its issue is a draft: {why}", why=why))


def _with_shortened(app: App, row: SlotRow) -> SlotRow:
    """
    Add to *row* how many briefs were shortened in its issue.
    """
    count = len(shortened_in(app.publishing, row.issue_id)) if row.issue_id is not None else 0
    if not count:
        return row
    return _with_reason(
        row, phrase("{number} shortened to keep the email small enough", number=count)
    )


def _with_reason(row: SlotRow, reason: str) -> SlotRow:
    return replace(row, reason=joined("; ", filter(None, [row.reason, reason])))
