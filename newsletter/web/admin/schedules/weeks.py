"""
Arrange slots by week and day, in the time zone of the member who looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import babel.dates

from newsletter.actions.scheduling.calendar import ScheduleCalendar
from newsletter.store.scheduling.calendar import CalendarSlot
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.slot_words import ShownSlot, shown_coming, shown_start

ONE_DAY, ONE_WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
WEEKS_SHOWN = 2
# Of one schedule on one day; the page of the schedule has the others.
MOST_A_DAY = 4
_NOTABLE = ("error", "held", "late")
EARLIEST, LATEST = dt.date(2000, 1, 3), dt.date(2100, 1, 1)


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    """
    A day with its slots. `more` are schedules with more slots than are shown, and how many.
    """

    day: dt.date
    is_today: bool
    slots: Sequence[ShownSlot]
    more: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, kw_only=True)
class CalendarWeek:
    """
    A week, from Monday on.
    """

    monday: dt.date
    days: Sequence[CalendarDay]

    def title(self, words: StaffWords) -> str:
        """
        Return its first and its last day: 2 to 8 November 2026.
        """
        sunday = self.monday + 6 * ONE_DAY
        return str(babel.dates.format_interval(self.monday, sunday, "yMMMd", locale=words.locale))


def monday_of(text: str, today: dt.date) -> dt.date:
    """
    Return the Monday of the week of the day in *text*, or of *today* if that is no day.
    """
    try:
        day = dt.date.fromisoformat(text) if len(text) == len("2026-01-05") else today
    except ValueError:
        day = today
    day = min(max(day, EARLIEST), LATEST)
    return day - day.weekday() * ONE_DAY


def span_of(monday: dt.date, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """
    Return when the weeks that are shown from *monday* on begin and end, in UTC.
    """
    begin, end = (
        dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)
        for day in (monday, monday + WEEKS_SHOWN * ONE_WEEK)
    )
    return begin, end


def shown_slots(found: ScheduleCalendar, words: StaffWords, *, zone: dt.tzinfo) -> list[ShownSlot]:
    """
    Return what is shown of the slots of a calendar, by their time.
    """
    rules = {rule.id: rule for rule in found.schedules}
    started = [
        shown_start(rules[each.row.schedule_id], each, words)
        for each in without_wholes(found.started)
    ]
    walls = {(each.row.schedule_id, each.row.slot.wall) for each in found.started}
    coming = [
        shown
        for number, slots in found.coming.items()
        for shown in _with_next(
            [
                shown_coming(
                    rules[number].name, each, words, zone=zone, late_before=found.late_before
                )
                for each in slots
                if (number, each.slot.wall) not in walls
            ]
        )
    ]
    return sorted([*started, *coming], key=lambda each: (each.due, each.schedule))


def _with_next(slots: Sequence[ShownSlot]) -> list[ShownSlot]:
    """
    Return the coming *slots* of one schedule with the first that will run marked.
    """
    first = next((slot for slot in slots if slot.chip.kind == "next"), None)
    return [replace(slot, is_next=True) if slot is first else slot for slot in slots]


def without_wholes(started: Sequence[CalendarSlot]) -> list[CalendarSlot]:
    """
    Return *started* without the slots that have an issue for each brief: their parts are shown.
    """
    rows = [(each.row.schedule_id, each.row.slot.wall, each.row.part) for each in started]
    split = {(number, wall) for number, wall, part in rows if part}
    return [
        each
        for each, (number, wall, part) in zip(started, rows, strict=True)
        if part or (number, wall) not in split
    ]


def weeks_of(
    slots: Iterable[ShownSlot], monday: dt.date, *, today: dt.date, zone: dt.tzinfo
) -> list[CalendarWeek]:
    """
    Return the weeks from *monday* on, with the *slots* by the day on which they are due in *zone*.
    """
    by_day: dict[dt.date, list[ShownSlot]] = {}
    for slot in slots:
        by_day.setdefault(slot.due.astimezone(zone).date(), []).append(slot)
    mondays = [monday + number * ONE_WEEK for number in range(WEEKS_SHOWN)]
    return [
        CalendarWeek(
            monday=first,
            days=[
                _day(day, by_day.get(day, []), today)
                for day in (first + number * ONE_DAY for number in range(7))
            ],
        )
        for first in mondays
    ]


def _day(day: dt.date, slots: Sequence[ShownSlot], today: dt.date) -> CalendarDay:
    by_schedule: dict[str, list[ShownSlot]] = {}
    for slot in slots:
        by_schedule.setdefault(slot.schedule, []).append(slot)
    shown = [slot for own in by_schedule.values() for slot in _worth_showing(own)]
    more = {
        name: len(own) + sum(slot.more for slot in own) - len(_worth_showing(own))
        for name, own in by_schedule.items()
    }
    return CalendarDay(
        day=day,
        is_today=day == today,
        slots=sorted(shown, key=lambda each: (each.due, each.schedule)),
        more=[(name, count) for name, count in more.items() if count],
    )


def _worth_showing(slots: Sequence[ShownSlot]) -> Sequence[ShownSlot]:
    """
    Return the slots of one schedule on one day that are shown: all, or if they are many those that
    made an issue or could not, or else the first.
    """
    if len(slots) <= MOST_A_DAY and not any(slot.more for slot in slots):
        return slots
    notable = [slot for slot in slots if slot.issue is not None or slot.chip.kind in _NOTABLE]
    return (notable or slots[:1])[:MOST_A_DAY]
