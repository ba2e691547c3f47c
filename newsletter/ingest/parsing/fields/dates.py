"""
Dates and times as people and machines write them into briefs. A date without a year is refused:
guessing the year has sent old news out as new.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo

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
_LABEL = r"(?:(?:published|posted|updated|date|publié le|veröffentlicht am)\s*:?\s+)?"
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
    The date that *text* is, all of it: with weekday, ordinal or "Published" at most. None for a
    date within a sentence, without a year, or that no calendar has. The weekday is not checked:
    writers get it wrong more often than the day.
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
    The instant that *text* is in ISO 8601, aware and in UTC; one without an offset is read in
    *zone*. None when it is none.
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
    The time zone *name*; UTC when there is none by that name (the settings check names first).
    Kept for good: the child process that reads briefs may open no file once it is limited.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")
