"""
Find the IANA name of a time zone that a person typed or a file contains.
"""

from __future__ import annotations

import difflib
import functools
import zoneinfo
from collections.abc import Mapping

from subscribers.errors import UnknownTimezone
from subscribers.text.phrases import phrase

# These are not the time zones of a place: Debian links `localtime` to the machine's zone, and
# `Factory` means a clock that was never set (tzdata, file `factory`).
_NO_PLACE = frozenset({"localtime", "Factory"})


def read_timezone(text: str) -> str | None:
    """
    Return the name of the zone in the database's spelling; the case of *text* does not matter.
    Return None for anything except a name, because an offset or abbreviation can mean many zones.
    """
    return _names().get(text.strip().lower())


def parse_timezone(text: str) -> str:
    """
    Return the name of the zone as `read_timezone` does.

    Raises:
        UnknownTimezone: there is no such zone; the message names the most similar one.
    """
    name = read_timezone(text)
    if name is None:
        raise UnknownTimezone(
            phrase("time zone {text!r} is not known: {advice}", text=text, advice=_advice(text))
        )
    return name


@functools.cache
def _names() -> Mapping[str, str]:
    """
    Return the name of every zone by its lower-case name. No two names differ only by case (tzdata,
    `theory.html`, "Timezone identifiers").
    """
    return {name.lower(): name for name in zoneinfo.available_timezones() - _NO_PLACE}


def _advice(text: str) -> str:
    known = _names()
    near = difflib.get_close_matches(text.strip().lower().replace(" ", "_"), known, n=1)
    if near:
        return phrase("did you mean {known}?", known=known[near[0]])
    return phrase("use a name such as Europe/Paris, America/New_York or UTC")
