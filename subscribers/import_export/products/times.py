"""
Read the times of a file that are written as in a country, of which the whole file shows the order.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence

from subscribers.import_export.cells import ReadTime, read_time

_CLOCK = r"(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([ap])\.?m\.?)?)?(?: UTC)?\Z"
_SLASHED = re.compile(rf"(\d{{1,2}})([/-])(\d{{1,2}})\2(\d{{4}}){_CLOCK}", re.I)
_MONTH_FIRST = re.compile(rf"([a-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}){_CLOCK}", re.I)
_DAY_FIRST = re.compile(rf"(\d{{1,2}})\.? ([a-z]{{3,9}})\.?,? (\d{{4}}){_CLOCK}", re.I)
_NAMES = (
    "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
    "aug august", "sep sept september", "oct october", "nov november", "dec december",
)  # fmt: skip
_MONTHS = {name: place for place, names in enumerate(_NAMES, start=1) for name in names.split()}
_EPOCH = re.compile(r"(1\d{9})(\d{3})?\Z")
_SHORTEST = len("1/1/2026")


def time_reader(rows: Iterable[Sequence[str]], *, is_day_first: bool | None = None) -> ReadTime:
    """
    Return a reader of the times in a file, of which these are the first rows, at most 100. A date
    such as 03/04/2026 is read in the order that another one of them shows, such as 13/04/2026, or
    as *is_day_first* says. If no date in the first 100 lines shows which, it is read as no time.
    """
    pairs = list(_slashed_dates(rows))
    day_first, month_first = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    order = day_first if day_first != month_first else is_day_first

    def read(cell: str) -> dt.datetime | None:
        text = cell.strip()
        # Seconds may be taken for a day of ISO 8601 without its hyphens.
        time = None if _EPOCH.match(text) else read_time(text)
        return time or (_read_other(text, order) if text else None)

    return read


def _slashed_dates(rows: Iterable[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """
    Yield the first two numbers of each date that is written with slashes.
    """
    for row in rows:
        for cell in row:
            text = cell.strip()
            if len(text) >= _SHORTEST and (found := _SLASHED.match(text)):
                yield int(found[1]), int(found[3])


def _read_other(text: str, is_day_first: bool | None) -> dt.datetime | None:
    try:
        if found := _SLASHED.match(text):
            first, second, year = int(found[1]), int(found[3]), int(found[4])
            if first > 12 or second > 12:
                is_day_first = first > 12
            if is_day_first is None and first != second:
                return None
            day, month = (first, second) if is_day_first else (second, first)
            return _at(year, month, day, found.groups()[4:])
        if found := _MONTH_FIRST.match(text):
            return _at(int(found[3]), _month(found[1]), int(found[2]), found.groups()[3:])
        if found := _DAY_FIRST.match(text):
            return _at(int(found[3]), _month(found[2]), int(found[1]), found.groups()[3:])
        if found := _EPOCH.match(text):
            return dt.datetime.fromtimestamp(int(found[1]), dt.UTC)
    except ValueError:
        pass
    return None


def _month(name: str) -> int:
    return _MONTHS.get(name.lower(), 0)


def _at(year: int, month: int, day: int, clock: Sequence[str | None]) -> dt.datetime:
    hour, minute, second, half = clock
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("not an hour of a half day")
        hours = hours % 12 + 12 * (half.lower() == "p")
    return dt.datetime(year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=dt.UTC)
