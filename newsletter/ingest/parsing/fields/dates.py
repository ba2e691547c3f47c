"""
Parse dates and times as people and programs write them in briefs. A date without a year is not
accepted, since guessing the year would send old news as new.
"""

from __future__ import annotations

import datetime as dt
import functools
import html
import re
import zoneinfo
from collections.abc import Mapping

from newsletter.errors import is_temporary
from newsletter.ingest.parsing.fields.time_of_day import TimeOfDay
from newsletter.ingest.parsing.fields.written_date import (
    HAS_YEAR,
    YEARS,
    WrittenDate,
    parse_written,
)
from newsletter.ingest.parsing.phrases.date_labels import label_before

_LONGEST = 110
_ISO = re.compile(
    r"(?:\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
# RFC 5322, 3.3, without its obsolete forms.
_ENGLISH = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
_MAIL = re.compile(
    r"(?:[A-Z]{3}, )?(?P<day>\d\d?) (?P<month>[A-Z]{3}) (?P<year>\d{4}) "
    r"(?P<time>\d\d:\d\d:\d\d) (?P<offset>[+-]\d{4}|GMT)",
    re.ASCII,
)
# Seconds since 1970, from 2001 to 2033; later ones could be a date and an hour.
_EPOCH = re.compile(r"(?P<seconds>1\d{9})(?:\d{3}|\d{6}|\.\d{1,9})?", re.ASCII)


def whole_date(text: str, *, day_first: bool) -> dt.date | None:
    """
    Parse *text* as a date; only a weekday, a time, an ordinal suffix or a label such as "Published"
    may be added. None for a date inside a sentence, without a year, or not in the calendar. The
    weekday is not checked: authors get it wrong more often than the day.
    """
    if len(text) > _LONGEST or not HAS_YEAR.search(text):
        return None
    text = " ".join(text.split())
    if label := label_before(text):
        text = text[label.length :]
        # Only in English may the month come first in numbers.
        day_first = day_first or not label.is_english
    written = parse_written(text, day_first=day_first)
    return written.day if written else None


def moment(
    text: str,
    zone: dt.tzinfo,
    *,
    day_first: bool | None = None,
    zones: Mapping[str, dt.tzinfo] | None = None,
) -> dt.datetime | None:
    """
    Parse *text*, which is stated to be a date or time, and return it in UTC; without an offset it
    is taken to be in *zone*. None if it cannot be read for certain.

    *day_first* decides what 03/04/2019 means; with None it is not read. *zones* are meanings of the
    names of time zones, such as IST, which is not read without them.
    """
    text = " ".join(html.unescape(text).split())
    upper = text.upper()
    try:
        if found := _MAIL.fullmatch(upper):
            return _in_utc(_of_mail(found), zone)
        if _ISO.fullmatch(upper):
            return _in_utc(dt.datetime.fromisoformat(upper), zone)
        if found := _EPOCH.fullmatch(upper):
            return dt.datetime.fromtimestamp(int(found["seconds"]), dt.UTC)
    except (ValueError, OverflowError):
        pass
    written = parse_written(text, day_first=day_first, is_stated=True)
    return _at(written, zone, zones or {}) if written else None


def _of_mail(found: re.Match[str]) -> dt.datetime:
    month, over = divmod(_ENGLISH.find(found["month"]), 3)
    if over:
        raise ValueError(found["month"])
    offset = found["offset"].replace("GMT", "+0000")
    day = f"{found['year']}-{month + 1:02}-{found['day']:0>2}"
    return dt.datetime.fromisoformat(f"{day}T{found['time']}{offset}")


def _in_utc(found: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return aware.astimezone(dt.UTC) if found.year in YEARS else None


def _at(
    written: WrittenDate, zone: dt.tzinfo, zones: Mapping[str, dt.tzinfo]
) -> dt.datetime | None:
    time = written.time or TimeOfDay(hour=0, minute=0, second=0)
    if time.offset is not None:
        zone = dt.timezone(time.offset)
    if time.zone is not None and time.zone in zones:
        zone = zones[time.zone]
    elif time.zone is not None and time.offset is None:
        return None
    # 24:00 is the end of the day.
    start = dt.datetime.combine(written.day, dt.time(), zone)
    clock = dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
    return (start + clock).astimezone(dt.UTC)


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
