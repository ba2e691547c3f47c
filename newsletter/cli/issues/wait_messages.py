"""
What somebody at `--wait` is told meanwhile: each news once, and why nothing moves, at most once a
minute, for each batch has times of its own.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.cli.issues.live_status import (
    Status,
    describe_canary,
    describe_cooldown,
    describe_failed_over,
    describe_failover,
    describe_uncertain,
    reconciles_soon,
)

LINE_EVERY_S = 60.0


@dataclass
class WaitMessages:
    """
    Heard by *say*, a line at a time; `clock_s` never jumps.
    """

    say: Callable[[str], None]
    clock_s: Callable[[], float] = time.monotonic
    _said: set[str] = field(default_factory=set)
    _said_at_s: float = float("-inf")

    def report(self, found: Status) -> None:
        """
        Says what is new in *found*, the shape of `issue status --json`.
        """
        if alone := describe_canary(found):
            self._once(f"{alone}; `newsletter issue resume {found['id']}` ends the wait")
        elif stands := _standstill(found):
            self._now_and_then(stands)
        if moved := describe_failed_over(found):
            self._once(moved)

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.say(line)

    def _now_and_then(self, line: str) -> None:
        if self.clock_s() - self._said_at_s >= LINE_EVERY_S:
            self._said_at_s = self.clock_s()
            self.say(line)


def _standstill(found: Status) -> str | None:
    """
    What everybody without an answer waits for; None while calls are made.
    """
    if not found["pending"]:
        return _doubt(found) if found["uncertain"] else None
    waits = found["waits"]
    if found["rests_until"]:
        why = describe_cooldown(found)
    elif sum(wait["recipients"] for wait in waits) == found["pending"]:
        until = dt.datetime.fromisoformat(waits[0]["until"])
        why = f"waits until {until:%H:%M:%S} UTC: {waits[0]['reason']}"
    else:
        return None
    return "; ".join(filter(None, (why, describe_failover(found))))


def _doubt(found: Status) -> str:
    if reconciles_soon(found):
        return f"{describe_uncertain(found)}; Ctrl-C leaves that to `newsletter serve`"
    return (
        f"{found['uncertain']:,} uncertain: nobody can be asked about them by now; looking for a "
        "minute whether a call still ends"
    )
