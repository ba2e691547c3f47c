"""
Make a cron expression of the days and times that were chosen in a form, and back.
"""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import re
from dataclasses import dataclass

from newsletter.errors import Refused
from newsletter.scheduling.cron import Cron, parse_cron
from newsletter.web.admin.schedules.when_words import (
    EVERY_DAY,
    EVERY_MONTH,
    EVERY_WEEKDAY,
    MONDAY_TO_FRIDAY,
)

# The intervals that divide the hour or the day, in minutes.
INTERVALS = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720)
_MOST_TIMES = 6
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])", re.A)
_DAY = re.compile(r"[0-9]{1,2}", re.A)


class Repeats(enum.StrEnum):
    """
    The ways to say when a schedule runs.
    """

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    INTERVAL = "interval"
    CRON = "cron"


class CronProblem(enum.Enum):
    """
    Why no expression can be made of what was chosen.
    """

    NO_WEEKDAY = enum.auto()
    NO_TIME = enum.auto()
    OTHER_MINUTES = enum.auto()
    NO_DAY = enum.auto()
    NO_INTERVAL = enum.auto()
    NOT_CRON = enum.auto()


@dataclass(frozen=True, kw_only=True)
class CronFields:
    """
    What is chosen in the form. Sunday is weekday 0; `times` and `month_days` are lists as they are
    typed, `interval` is in minutes.
    """

    repeats: Repeats = Repeats.WEEKLY
    weekdays: tuple[int, ...] = tuple(sorted(MONDAY_TO_FRIDAY))
    times: str = "07:00"
    month_days: str = "1"
    interval: int = 60
    cron: str = ""

    def expression(self) -> str | CronProblem:
        """
        Return the cron expression, or why there is none.
        """
        if self.repeats is Repeats.CRON:
            return self.cron.strip() if _is_cron(self.cron) else CronProblem.NOT_CRON
        if self.repeats is Repeats.INTERVAL:
            return self._every_interval()
        days = self._days()
        if isinstance(days, CronProblem):
            return days
        times = parse_times(self.times)
        if not times:
            return CronProblem.NO_TIME
        minutes = {time.minute for time in times}
        if len(minutes) > 1:
            return CronProblem.OTHER_MINUTES
        hours = ",".join(str(time.hour) for time in times)
        return f"{minutes.pop()} {hours} {days}"

    def _days(self) -> str | CronProblem:
        if self.repeats is Repeats.WEEKLY:
            return f"* * {_weekdays(self.weekdays)}" if self.weekdays else CronProblem.NO_WEEKDAY
        days = _parse_days(self.month_days)
        return f"{','.join(map(str, days))} * *" if days else CronProblem.NO_DAY

    def _every_interval(self) -> str | CronProblem:
        if self.interval not in INTERVALS:
            return CronProblem.NO_INTERVAL
        if not self.weekdays:
            return CronProblem.NO_WEEKDAY
        hours, minutes = divmod(self.interval, 60)
        often = f"0 {'*' if hours == 1 else f'*/{hours}'}" if hours else f"*/{minutes} *"
        return f"{often} * * {_weekdays(self.weekdays)}"


def cron_fields_of(expression: str) -> CronFields:
    """
    Return what to choose in the form for an expression.
    """
    try:
        cron = parse_cron(expression)
    except Refused:
        return CronFields(repeats=Repeats.CRON, cron=expression)
    if cron.months != EVERY_MONTH or cron.is_either:
        return CronFields(repeats=Repeats.CRON, cron=expression)
    weekdays = tuple(sorted(cron.weekdays))
    if interval := _interval_of(cron):
        return CronFields(
            repeats=Repeats.INTERVAL, weekdays=weekdays, interval=interval, cron=expression
        )
    times = ", ".join(f"{time:%H:%M}" for time in cron.times)
    is_short = len(cron.times) <= _MOST_TIMES and len({time.minute for time in cron.times}) == 1
    if not is_short:
        return CronFields(repeats=Repeats.CRON, cron=expression)
    if cron.days == EVERY_DAY:
        return CronFields(weekdays=weekdays, times=times, cron=expression)
    if cron.weekdays == EVERY_WEEKDAY:
        days = ", ".join(map(str, sorted(cron.days)))
        return CronFields(repeats=Repeats.MONTHLY, times=times, month_days=days, cron=expression)
    return CronFields(repeats=Repeats.CRON, cron=expression)


def parse_times(text: str) -> list[dt.time]:
    """
    Return the times of day in *text*, sorted; none if one of them is no time.
    """
    found = [_TIME.fullmatch(part) for part in re.split(r"[,;\s]+", text) if part]
    if not all(found):
        return []
    return sorted({dt.time(int(match[1]), int(match[2])) for match in found if match})


def _parse_days(text: str) -> list[int]:
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    days = sorted({int(part) for part in parts if _DAY.fullmatch(part)})
    is_valid = all(_DAY.fullmatch(part) for part in parts) and all(1 <= day <= 31 for day in days)
    return days if is_valid else []


def _interval_of(cron: Cron) -> int | None:
    minutes = [time.hour * 60 + time.minute for time in cron.times]
    steps = {later - earlier for earlier, later in itertools.pairwise(minutes)}
    if cron.days != EVERY_DAY or minutes[0] or len(steps) != 1:
        return None
    step = steps.pop()
    is_whole_day = step * len(minutes) == 24 * 60
    return step if is_whole_day and step in INTERVALS else None


def _weekdays(weekdays: tuple[int, ...]) -> str:
    """
    Return the field for days of the week.
    """
    chosen = set(weekdays)
    if chosen == EVERY_WEEKDAY:
        return "*"
    return "1-5" if chosen == MONDAY_TO_FRIDAY else ",".join(str(day) for day in sorted(chosen))


def _is_cron(text: str) -> bool:
    try:
        parse_cron(text)
    except Refused:
        return False
    return True
