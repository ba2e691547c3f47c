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
    earlier. `timezone` is whose local time; None means each reader's or the schedule's own.
    """

    begin: dt.time
    end: dt.time
    timezone: str | None = None

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """
    What delays the batches of a frozen issue. `wall` (`2026-03-05T06:00`) is when each reader gets
    it in their local time, or in that of `timezone` if their zone is unknown; None sends to all at
    once. Nothing is submitted in any of the `quiet` hours, unless it `ignores_quiet`. Before the
    freeze these are only the schedule's own; without them, those of the lists are added then.
    """

    timezone: str
    wall: str | None = None
    quiet: tuple[QuietHours, ...] = ()
    ignores_quiet: bool = False

    @property
    def kept_quiet(self) -> tuple[QuietHours, ...]:
        """
        Return the quiet hours in which nothing is submitted.
        """
        return () if self.ignores_quiet else self.quiet

    def as_json(self) -> dict[str, Any]:
        """
        Return the timing as plain JSON values.
        """
        return {
            "timezone": self.timezone,
            "wall": self.wall,
            "quiet": [{"hours": str(one), "timezone": one.timezone} for one in self.quiet],
            "ignores_quiet": self.ignores_quiet,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Timing:
        """
        Create the timing from the values that `as_json` returned.
        """
        return cls(
            timezone=values["timezone"],
            wall=values["wall"],
            quiet=tuple(quiet_from(one["hours"], one["timezone"]) for one in values["quiet"]),
            ignores_quiet=values["ignores_quiet"],
        )


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


def quiet_from(text: str, timezone: str | None = None) -> QuietHours:
    """
    Parse quiet hours such as `22:00-07:00`.

    Raises:
        ValueError: *text* is not in that form.
    """
    begin, _, end = text.partition("-")
    hours = QuietHours(dt.time.fromisoformat(begin), dt.time.fromisoformat(end), timezone)
    if hours.begin == hours.end or str(hours) != text:
        raise ValueError(text)
    return hours
