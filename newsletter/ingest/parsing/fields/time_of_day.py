"""
Find the time of day and its offset in a date as written. `written_date` parses the rest.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

# Time zones by the names that feeds use, in hours from UTC; those with None mean several zones.
ZONES: dict[str, float | None] = {
    "TU": 0, "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1,
    "MET": 1, "CEST": 2, "MESZ": 2, "MEST": 2, "EET": 2, "SAST": 2, "CAT": 2, "EEST": 3, "MSK": 3,
    "EAT": 3, "IDT": 3, "PKT": 5, "NPT": 5.75, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "AWST": 8,
    "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "ACDT": 10.5, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "BRT": -3, "ART": -3, "ADT": -3, "EDT": -4, "EST": -5, "CDT": -5,
    "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8, "AKDT": -8, "AKST": -9, "HST": -10,
    "AST": None, "CT": None, "ET": None, "IST": None, "MT": None, "PT": None,
}  # fmt: skip
_AFTERNOON = frozenset({"p", "μ", "م", "下午", "午後", "오후"})
_HALF = r"[ap]\.?\s?m\.?|[μπ]\.?\s?μ\.?|[مص]"
# Before and after noon, in front of the time.
_EAST = r"凌晨|早上|上午|下午|午前|午後|오전|오후|AM|PM"
# One alternative for each way to write a time; the groups h0 to h9, with their minutes and seconds,
# are numbered because no name may be used twice.
_TIME = re.compile(
    rf"(?<![\d:./])(?:(?P<east>{_EAST})\s?)?(?:"
    r"(?P<h1>\d{1,2}):(?P<m1>\d{2})(?::(?P<s1>\d{2})(?:[.,]\d{1,9})?)?(?![\d:])"
    r"|(?P<h2>\d{1,2})\s?h(?:\s?(?P<m2>\d{2})(?:\s?min(?:\s(?P<s2>\d{2})\s?s)?)?)?(?![^\W_])"
    r"|(?<=kl\s)(?P<h3>\d{1,2})\.(?P<m3>\d{2})(?!\.?\d)"
    r"|(?<=kl\.\s)(?P<h4>\d{1,2})\.(?P<m4>\d{2})(?!\.?\d)"
    r"|(?<=klo\s)(?P<h5>\d{1,2})\.(?P<m5>\d{2})(?!\.?\d)"
    r"|(?P<h6>\d{1,2})\.(?P<m6>\d{2})(?=\s?[ap]\.?m\b|\s(?:uhr|hrs|uur)\b)"
    r"|(?:(?<=\d{4}\s)|(?<=\d{4},\s))(?P<h9>\d{1,2})\.(?P<m9>\d{2})(?!\.?\d)"
    r"|(?P<h0>\d{1,2})\.(?P<m0>\d{2})\.(?P<s0>\d{2})(?!\.?\d)"
    r"|(?P<h7>\d{1,2})\s?[時时点點시](?:\s?(?P<m7>\d{1,2})\s?[分분](?:\s?(?P<s7>\d{1,2})\s?[秒초])?)?"
    rf"|(?P<h8>\d{{1,2}})(?=\s?[ap]\.?m\b))"
    rf"(?:\s?(?P<half>{_HALF})(?![^\W\d_]))?",
    re.IGNORECASE,
)
# What may be "before noon" or "after noon" in a language that is not known here: "m.d.", "e.m.".
_OTHER_HALF = re.compile(r"\s?[^\W\d_]\.\s?[^\W\d_]\.?(?![^\W\d_])")
_NAMED = re.compile(r"\s*[(\[]?(?P<name>[a-z]{1,5})[)\]]?(?![^\W\d_])", re.IGNORECASE)
_OFFSET = re.compile(r"\s*(?P<sign>[+\u2212-])(?P<h>\d{1,2}?):?(?P<m>\d{2})(?![\d:])")
_SHORT_OFFSET = re.compile(r"(?P<sign>[+\u2212-])(?P<h>\d{1,2})(?::(?P<m>\d{2}))?(?![\d:./-])")
# What programs put after an offset: "(Central European Standard Time)", "[Europe/Berlin]".
_COMMENT = re.compile(r"\s?(?:\([^()]{0,60}\)|\[[\w/+-]{1,60}\])$")
# An offset or a zone after the date: "Tue Mar 5 14:00:00 2019 +0100", "14:00, 5 March 2019 (UTC)".
_LAST = re.compile(r"\s(?=[+-]\d{4}$|\(?[A-Z]{2,5}\)?$)")
# In minutes: no zone is farther from UTC.
_FARTHEST = 14 * 60


@dataclass(frozen=True, kw_only=True)
class TimeOfDay:
    """
    A time as written. `hour` may be 24. `zone` is the name of a time zone, if it is written with
    one and without an offset in numbers; `offset` is None if the name can mean several.
    """

    hour: int
    minute: int
    second: int
    offset: dt.timedelta | None = None
    zone: str | None = None


def take_time(text: str) -> tuple[TimeOfDay | None, str]:
    """
    Return the time in *text*, None if there is none, and *text* without it.
    """
    found = _TIME.search(text)
    if found is None:
        return None, text
    hour, minute, second = (_number(found, part) for part in "hms")
    half = found["half"] or found["east"]
    if half is not None and not 1 <= hour <= 12:
        return None, text
    if half is not None:
        hour = hour % 12 + 12 * (half[0].casefold() in _AFTERNOON or half in _AFTERNOON)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return None, text
    offset, zone, end = _zone_after(text, found.end())
    rest = f"{text[: found.start()]} {text[end:]}"
    if offset is None and zone is None and (last := _LAST.search(rest)):
        offset, zone, end = _zone_after(rest, last.start())
        rest = rest[: last.start()] + rest[end:]
    if offset is not None:
        rest = _COMMENT.sub("", rest)
    time = TimeOfDay(hour=hour, minute=minute, second=min(second, 59), offset=offset, zone=zone)
    return time, rest


def _number(found: re.Match[str], part: str) -> int:
    groups = (value for name, value in found.groupdict().items() if name[0] == part and value)
    return int(next((value for value in groups if value.isdecimal()), 0))


def _zone_after(text: str, start: int) -> tuple[dt.timedelta | None, str | None, int]:
    """
    Return the offset, the name without one in numbers, and where both end in *text*. An offset in
    numbers takes precedence over a name. What cannot be known counts as a name.
    """
    if other := _OTHER_HALF.match(text, start):
        return None, other[0].strip(), other.end()
    name, at = _name_at(text, start)
    offset, end = _offset_at(text, at, is_named=name in ("UTC", "GMT"))
    if offset is not None:
        _, end = _name_at(text, end)
        return offset, None, end
    if name is None:
        return None, None, start
    hours = ZONES[name]
    return None if hours is None else dt.timedelta(hours=hours), name, at


def _name_at(text: str, start: int) -> tuple[str | None, int]:
    found = _NAMED.match(text, start)
    name = found["name"].upper() if found else None
    return (name, found.end()) if found and name in ZONES else (None, start)


def _offset_at(text: str, start: int, *, is_named: bool = False) -> tuple[dt.timedelta | None, int]:
    found = _OFFSET.match(text, start)
    if found is None and (is_named or text[start - 1 : start].isdecimal()):
        found = _SHORT_OFFSET.match(text, start)
    if found is None:
        return None, start
    minutes = int(found["h"]) * 60 + int(found["m"] or 0)
    if minutes > _FARTHEST:
        return None, start
    return dt.timedelta(minutes=minutes if found["sign"] == "+" else -minutes), found.end()
