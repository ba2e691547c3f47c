"""
Actions that show what schedules did and will do: all of them in a span of time, and one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_schedule
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import NotFound, Refused
from newsletter.issues.trials.slot_trial import TrialSelection, try_selection
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.schedule import Schedule, SlotOutcome
from newsletter.model.timing import QuietHours
from newsletter.scheduling.coming_slots import ComingSlot, coming_slots, quiet_of
from newsletter.scheduling.firing import FIRED_WITHIN, upcoming
from newsletter.scheduling.quiet_hours import day_off_on
from newsletter.store.issues.list_settings import quiet_hours_by_list
from newsletter.store.scheduling.calendar import (
    CalendarSlot,
    latest_slots,
    slots_at,
    slots_within,
)
from newsletter.store.scheduling.days_off import CalledOff, called_off_days
from newsletter.store.scheduling.schedules import SlotRow, all_schedules, find_schedule
from subscribers.text.phrases import phrase

# How far ahead the slots of one schedule are shown.
AHEAD = dt.timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class ScheduleCalendar:
    """
    The schedules within reach, the slots of a span of time that were started, and those that were
    not, by the number of the schedule. Of these, the ones due before `late_before` should have been
    started by now.
    """

    schedules: Sequence[Schedule]
    started: Sequence[CalendarSlot]
    coming: Mapping[int, Sequence[ComingSlot]]
    late_before: dt.datetime


@requires(Permission.SCHEDULES_READ, "schedule.calendar", about=shared(ObjectKind.SCHEDULE))
def calendar(app: App, *, since: dt.datetime, until: dt.datetime, by: Actor) -> ScheduleCalendar:
    """
    Return the slots of all schedules within reach that are due from *since* until before *until*.
    """
    with app.database.read() as connection:
        every = all_schedules(connection)
        found = [rule for rule in every if by.sees_all(rule.audience.lists)]
        quiet = quiet_hours_by_list(connection)
        started = slots_within(connection, [rule.id for rule in found], since=since, until=until)
    return ScheduleCalendar(
        schedules=found,
        started=started,
        coming={rule.id: _not_started(rule, quiet, since=since, until=until) for rule in found},
        late_before=app.clock() - FIRED_WITHIN,
    )


def _not_started(
    rule: Schedule, quiet: dict[str, QuietHours], *, since: dt.datetime, until: dt.datetime
) -> Sequence[ComingSlot]:
    if rule.is_paused or rule.last_due is None:
        return ()
    # A slot that is due at *since* belongs to the span.
    after = max(rule.last_due, since - dt.timedelta(seconds=1))
    if after >= until:
        return ()
    return coming_slots(rule, quiet_of(rule, quiet), after=after, until=until)


@dataclass(frozen=True, kw_only=True)
class ScheduleDetails:
    """
    A schedule with its next slots, those on its days off too, and the newest that were started.
    `called_off` says who called off each of its days off, as far as that is known.
    """

    rule: Schedule
    coming: Sequence[ComingSlot]
    started: Sequence[CalendarSlot]
    late_before: dt.datetime
    called_off: Mapping[str, CalledOff]


@requires(Permission.SCHEDULES_READ, "schedule.details", about=the_schedule())
def details(app: App, name: str, *, coming: int, started: int, by: Actor) -> ScheduleDetails:
    """
    Return a schedule with its next slots, at most *coming* of them, and at most *started* of those
    that were started.

    Raises:
        NotFound: there is no such schedule.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
        return ScheduleDetails(
            rule=rule,
            coming=_next(app, connection, rule, coming),
            started=latest_slots(connection, rule.id, most=started),
            late_before=app.clock() - FIRED_WITHIN,
            called_off=called_off_days(connection, name) if rule.days_off else {},
        )


def _next(app: App, connection: sa.Connection, rule: Schedule, count: int) -> list[ComingSlot]:
    """
    Return the slots that come up to the one that is the *count*th to run.
    """
    following = upcoming(rule, now=app.clock(), count=count)
    if rule.is_paused or not following:
        return []
    until = min(following[-1].due, app.clock() + AHEAD) + dt.timedelta(seconds=1)
    quiet = quiet_of(rule, quiet_hours_by_list(connection))
    found = coming_slots(rule, quiet, after=rule.last_due or app.clock(), until=until)
    return found[: 2 * count]


@dataclass(frozen=True, kw_only=True)
class SlotDetails:
    """
    A slot of a schedule, its parts after it. If it made no issue, `selection` is what the rule says
    now of the briefs that were there then. `called_off` says who called its day off, if that is
    known.
    """

    rule: Schedule
    slots: Sequence[CalendarSlot]
    selection: TrialSelection | None
    called_off: CalledOff | None


@requires(Permission.SCHEDULES_READ, "schedule.slot", about=the_schedule())
def slot_details(app: App, name: str, *, wall: str, by: Actor) -> SlotDetails:
    """
    Return what became of the slot of a schedule at the local time *wall*.

    Raises:
        NotFound: there is no such schedule, or the slot was not started.
    """
    with app.database.read() as connection:
        rule = find_schedule(connection, name)
        found = slots_at(connection, rule.id, wall)
        if not found:
            shown = f"`newsletter schedule why {name}`"
            raise NotFound(
                phrase(
                    "schedule {name} has not run at {wall}: {shown} lists its runs",
                    name=name,
                    wall=wall,
                    shown=shown,
                )
            )
        return SlotDetails(
            rule=rule,
            slots=found,
            selection=_selection(connection, rule, found),
            called_off=_called_off(connection, rule, found[0].row),
        )


def _called_off(connection: sa.Connection, rule: Schedule, row: SlotRow) -> CalledOff | None:
    """
    Return who called off the day of a slot that was skipped because of it.
    """
    day_off = day_off_on(rule.days_off, row.slot.day)
    if day_off is None or row.outcome is not SlotOutcome.SKIPPED:
        return None
    return called_off_days(connection, rule.name).get(day_off)


def _selection(
    connection: sa.Connection, rule: Schedule, found: Sequence[CalendarSlot]
) -> TrialSelection | None:
    if any(each.issue is not None for each in found):
        return None
    row = found[0].row
    try:
        return try_selection(connection, rule, row.slot.due, seen_by=row.fired_at)
    except Refused:
        # The patterns of the rule take too long: the stored reason says so.
        return None
