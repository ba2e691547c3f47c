"""
Define when an issue may be sent: at each reader's own time of day, and never in quiet hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class QuietHours:
    """
    From `begin` until just before `end`, in local time, every day; past midnight if `end` is
    earlier.
    """

    begin: dt.time
    end: dt.time

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """
    What delays the batches of a frozen issue. `wall` (`2026-03-05T06:00`) is when each reader gets
    it in their local time, or in that of `timezone` if their zone is unknown; None sends to all at
    once.
    """

    timezone: str
    wall: str | None = None
    quiet: QuietHours | None = None

    def as_json(self) -> dict[str, Any]:
        """
        Return the timing as plain JSON values.
        """
        quiet = str(self.quiet) if self.quiet else None
        return {"timezone": self.timezone, "wall": self.wall, "quiet": quiet}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Timing:
        """
        Create the timing from the values that `as_json` returned.
        """
        quiet = quiet_from(values["quiet"]) if values["quiet"] else None
        return cls(timezone=values["timezone"], wall=values["wall"], quiet=quiet)


@dataclass(frozen=True, kw_only=True)
class Wave:
    """
    The part of an audience that gets an issue at the same time: the readers in `zones`, and with
    `takes_unknown` also everybody whose zone is in no wave. It is not submitted before
    `not_before`, and after `not_after` only once its quiet hours in `timezone` are over. Times are
    aware, in UTC; None means no limit.
    """

    zones: tuple[str, ...] = ()
    takes_unknown: bool = True
    timezone: str | None = None
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None


def quiet_from(text: str) -> QuietHours:
    """
    Parse quiet hours such as `22:00-07:00`.

    Raises:
        ValueError: *text* is not in that form.
    """
    begin, _, end = text.partition("-")
    hours = QuietHours(dt.time.fromisoformat(begin), dt.time.fromisoformat(end))
    if hours.begin == hours.end or str(hours) != text:
        raise ValueError(text)
    return hours
