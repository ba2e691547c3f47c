"""
Reads a time zone, as a person or a file wrote it, into its name in the IANA database; imports and
the command line ask before `subscriber.timezone` is written.
"""

from __future__ import annotations

import difflib
import functools
import zoneinfo
from collections.abc import Mapping

from subscribers.errors import UnknownTimezone

# No zones of anybody: Debian links `localtime` to the clock of the machine, and `Factory` is the
# database's own word for a clock that was never set (tzdata, file `factory`).
_NOBODYS = frozenset({"localtime", "Factory"})


def read_timezone(text: str) -> str | None:
    """
    The name of the zone in the spelling of the database, whatever the case of *text*; None for
    anything but a name in it, for an offset or an abbreviation may be many zones.
    """
    return _names().get(text.strip().lower())


def parse_timezone(text: str) -> str:
    """
    The same, for who can type it again.

    Raises:
        UnknownTimezone: there is none; the line names the nearest.
    """
    name = read_timezone(text)
    if name is None:
        raise UnknownTimezone(f"time zone {text!r} is not known: {_advice(text)}")
    return name


@functools.cache
def _names() -> Mapping[str, str]:
    """
    Every zone by its name in small letters. No two names differ by case alone (tzdata,
    `theory.html`, "Timezone identifiers").
    """
    return {name.lower(): name for name in zoneinfo.available_timezones() - _NOBODYS}


def _advice(text: str) -> str:
    known = _names()
    near = difflib.get_close_matches(text.strip().lower().replace(" ", "_"), known, n=1)
    if near:
        return f"did you mean {known[near[0]]}?"
    return "use a name such as Europe/Paris, America/New_York or UTC"
