"""
Parse dates and times as people and programs write them in briefs. A date without a year is not
accepted, since guessing the year would send old news as new.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo

from newsletter.errors import is_temporary

_ENGLISH = "january february march april may june july august september october november december"
_FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_GERMAN = "januar februar märz april mai juni juli august september oktober november dezember"
_SHORT = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
    "oct": 10, "nov": 11, "dec": 12, "janv": 1, "févr": 2, "avr": 4, "juil": 7, "déc": 12,
    "mär": 3, "okt": 10, "dez": 12, "jänner": 1, "fevrier": 2, "aout": 8, "decembre": 12,
}  # fmt: skip
MONTHS = _SHORT | {
    name: number
    for names in (_ENGLISH, _FRENCH, _GERMAN)
    for number, name in enumerate(names.split(), start=1)
}

_WEEKDAY = r"(?:[^\W\d]{2,10}\.?,?\s+(?:(?:the|den|le)\s+)?)?"
_LABEL = r"(?:(?:published|posted|updated|date|publié le|veröffentlicht am)(?:\s*:)?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_MONTH = r"(?P<month>[^\W\d]{3,10})\.?"
_YEAR = r"(?P<year>\d{4})"
_WORDED = tuple(
    re.compile(f"{_LABEL}{_WEEKDAY}{order}\\.?", re.IGNORECASE)
    for order in (
        f"{_MONTH}\\s+{_DAY},?\\s+{_YEAR}",
        f"{_DAY}\\s+(?:of\\s+|de\\s+)?{_MONTH},?\\s+{_YEAR}",
    )
)
_ISO = re.compile(_LABEL + r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})", re.I)
_NUMBERS = re.compile(
    _LABEL + r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})", re.I
)
_LONGEST = 60


def whole_date(text: str, *, day_first: bool) -> dt.date | None:
    """
    Parse *text* as a date; only a weekday, an ordinal suffix or a label such as "Published" may be
    added. None for a date inside a sentence, without a year, or not in the calendar. The weekday is
    not checked: authors get it wrong more often than the day.
    """
    text = " ".join(text.split())
    if len(text) > _LONGEST:
        return None
    for pattern in _WORDED:
        if found := pattern.fullmatch(text):
            return _day(found["year"], MONTHS.get(found["month"].casefold()), found["day"])
    if found := _ISO.fullmatch(text):
        return _day(found["year"], found["month"], found["day"])
    if found := _NUMBERS.fullmatch(text):
        return _numbers(found, day_first=day_first or found["mark"] == ".")
    return None


def _numbers(found: re.Match[str], *, day_first: bool) -> dt.date | None:
    day, month = (found["one"], found["two"]) if day_first else (found["two"], found["one"])
    return _day(found["year"], month, day)


def _day(year: str, month: str | int | None, day: str) -> dt.date | None:
    if month is None:
        return None
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def moment(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """
    Parse the ISO 8601 time *text* and return it in UTC; without an offset it is taken to be in
    *zone*. None if it is not such a time.
    """
    try:
        found = dt.datetime.fromisoformat(text.strip())
        aware = found if found.tzinfo else found.replace(tzinfo=zone)
        return aware.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


@functools.cache
def zone(name: str) -> zoneinfo.ZoneInfo:
    """
    Return the time zone *name*, or UTC if it is unknown (settings are checked before). Cached for
    the life of the process, since the sandboxed child cannot open files once it is limited.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        if is_temporary(error):
            raise
        return zoneinfo.ZoneInfo("UTC")
