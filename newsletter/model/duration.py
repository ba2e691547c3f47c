"""
Read and write lengths of time as people write them: `90s`, `15m`, `2h`, `14d`.
"""

from __future__ import annotations

import datetime as dt

from newsletter.errors import InvalidValue
from subscribers.text.phrases import phrase

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_S = 36_500 * 86_400


def parse_duration(text: str) -> dt.timedelta:
    """
    Read a length of time such as `15m`.

    Raises:
        InvalidValue: it is not a number with s, m, h or d, or longer than 36500d.
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _SECONDS:
        raise InvalidValue(
            phrase(
                "{text!r} is not a valid duration: write a number with s, m, h or d, such "
                "as 15m or 2h",
                text=text,
            )
        )
    seconds = int(number) * _SECONDS[unit]
    if seconds > LONGEST_S:
        raise InvalidValue(phrase("{text!r} is too long: write at most 36500d", text=text))
    return dt.timedelta(seconds=seconds)


def format_duration(length: dt.timedelta) -> str:
    """
    Write a length of time in its largest whole unit, so that `parse_duration` reads it back.
    """
    seconds = int(length.total_seconds())
    units = sorted(_SECONDS.items(), key=lambda unit: unit[1], reverse=True)
    unit, size = next((u for u in units if seconds and seconds % u[1] == 0), units[-1])
    return f"{seconds // size}{unit}"
