"""
Parse cron expressions: five fields, as crontab(5) and POSIX describe them. `slots` turns them into
instants; nothing here knows about time zones.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.errors import Refused
from subscribers.text.phrases import phrase

_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_ITEM = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\w+))?", re.A)
_NUMBER = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, kw_only=True)
class CronField:
    """
    One of the five fields: its name, its range, and the names of its numbers.
    """

    name: str
    lowest: int
    highest: int
    names: Mapping[str, int] = field(default_factory=dict)


_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MINUTE = CronField(name=phrase("minute"), lowest=0, highest=59)
HOUR = CronField(name=phrase("hour"), lowest=0, highest=23)
DAY = CronField(name=phrase("day of month"), lowest=1, highest=31)
MONTH = CronField(
    name=phrase("month"), lowest=1, highest=12, names={m: n for n, m in enumerate(_MONTHS, start=1)}
)
# Sunday is both 0 and 7, so that FRI-SUN and 5-7 are valid ranges.
WEEKDAY = CronField(
    name=phrase("day of week"), lowest=0, highest=7, names={d: n for n, d in enumerate(_WEEKDAYS)}
)
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@dataclass(frozen=True, kw_only=True)
class Cron:
    """
    A parsed expression: the wall times of a day, and the days. `weekdays` counts from Sunday, 0.
    `is_either` if day of month and day of week are both restricted; then either is enough.
    """

    expression: str
    times: tuple[dt.time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either: bool

    def is_on(self, day: dt.date) -> bool:
        """
        Return True if *day* is one of the days.
        """
        if day.month not in self.months:
            return False
        is_day, is_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (is_day or is_weekday) if self.is_either else (is_day and is_weekday)


def parse_cron(expression: str) -> Cron:
    """
    Parse five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`.

    Raises:
        Refused: a field is not valid, or the day does not exist; the message names the field.
    """
    texts = _SHORTHANDS.get(expression.strip().lower(), expression).split()
    if len(texts) != len(FIELDS):
        raise Refused(
            phrase(
                "cron {expression!r} has {number} fields, not 5: write minute, hour, day "
                "of month, month, day of week (0 9 * * MON), or one of {shorthands}",
                expression=expression,
                number=len(texts),
                shorthands=", ".join(_SHORTHANDS),
            )
        )
    minutes, hours, days, months, weekdays = (
        _values(field, text) for field, text in zip(FIELDS, texts, strict=True)
    )
    # crontab(5): a field that starts with * counts as unrestricted, with or without a step.
    is_either = not texts[2].startswith("*") and not texts[4].startswith("*")
    if not is_either and not _may_come(days, months):
        raise Refused(
            phrase(
                "cron {expression!r}: day of month {day} does not exist in month {month}",
                expression=expression,
                day=texts[2],
                month=texts[3],
            )
        )
    return Cron(
        expression=expression,
        times=tuple(dt.time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)),
        days=days,
        months=months,
        weekdays=frozenset(weekday % 7 for weekday in weekdays),
        is_either=is_either,
    )


def _values(field: CronField, text: str) -> frozenset[int]:
    return frozenset(value for item in text.split(",") for value in _item(field, item))


def _item(field: CronField, text: str) -> range:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise Refused(
            phrase(
                "cron: {field} cannot be {text!r}: write *, 5, 1-5, */10 or 1,15",
                field=field.name,
                text=text,
            )
        )
    step = _step(field, match["step"])
    if match["all"]:
        return range(field.lowest, field.highest + 1, step)
    first = _value(field, match["first"])
    if match["last"] is None:
        if match["step"] is not None:
            raise Refused(
                phrase(
                    "cron: {field} {text!r}: a step must follow * or a range such as 0-30/10",
                    field=field.name,
                    text=text,
                )
            )
        return range(first, first + 1)
    last = _value(field, match["last"])
    if field is WEEKDAY and last == 0:
        last = 7
    if last < first:
        raise Refused(
            phrase(
                "cron: {field} {text!r} runs backwards: write two ranges, with a comma",
                field=field.name,
                text=text,
            )
        )
    return range(first, last + 1, step)


def _step(field: CronField, text: str | None) -> int:
    if text is None:
        return 1
    if not _NUMBER.fullmatch(text) or int(text) == 0:
        raise Refused(
            phrase(
                "cron: {field}: a step must be a number from 1 on, not {text!r}",
                field=field.name,
                text=text,
            )
        )
    return int(text)


def _value(field: CronField, text: str) -> int:
    value = field.names.get(text.upper())
    if value is None and _NUMBER.fullmatch(text):
        value = int(text)
    if value is None or not field.lowest <= value <= field.highest:
        known = [*field.names]
        names = phrase(" or {first}-{last}", first=known[0], last=known[-1]) if known else ""
        raise Refused(
            phrase(
                "cron: {field} {text!r} is not in {lowest}-{highest}{names}",
                field=field.name,
                text=text,
                lowest=field.lowest,
                highest=field.highest,
                names=names,
            )
        )
    return value


def _may_come(days: frozenset[int], months: frozenset[int]) -> bool:
    # 2024 is a leap year, so 29 February counts.
    return any(min(days) <= calendar.monthrange(2024, month)[1] for month in months)
