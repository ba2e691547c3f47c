"""
What `--wait` reports while an issue is being sent: each change and quiet hours once, and another
reason for a standstill at most once a minute, because each batch has times of its own.
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
    describe_time_of_day,
    describe_uncertain,
    reconciles_soon,
    waiting_word,
)

LINE_EVERY_S = 60.0


@dataclass
class WaitMessages:
    """
    Report the changes of an issue through `say`, a line at a time; `clock_s` is monotonic.
    """

    say: Callable[[str], None]
    clock_s: Callable[[], float] = time.monotonic
    _said: set[str] = field(default_factory=set)
    _said_at_s: float = float("-inf")

    def report(self, status: Status) -> None:
        """
        Report what is new in *status*, the shape of `issue status --json`.
        """
        if canary := describe_canary(status):
            self._once(f"{canary}; to send the rest now: `newsletter issue resume {status['id']}`")
        elif hours := _time_of_day(status):
            self._once(hours)
        elif reason := _standstill(status):
            self._now_and_then(reason)
        if moved := describe_failed_over(status):
            self._once(moved)

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.say(line)

    def _now_and_then(self, line: str) -> None:
        if self.clock_s() - self._said_at_s >= LINE_EVERY_S:
            self._said_at_s = self.clock_s()
            self.say(line)


def _time_of_day(status: Status) -> str | None:
    """
    Describe the quiet hours or time of day that all recipients wait for; None if they do not.
    """
    waits = status["waits"]
    return describe_time_of_day(waits[0]) if waits and _all_wait(status) else None


def _all_wait(status: Status) -> bool:
    return bool(sum(wait["recipients"] for wait in status["waits"]) == status["pending"])


def _standstill(status: Status) -> str | None:
    """
    Describe what the recipients without an outcome wait for; None while calls are made.
    """
    if not status["pending"]:
        return _uncertain(status) if status["uncertain"] else None
    waits = status["waits"]
    if status["cooldown_until"]:
        why = describe_cooldown(status)
    elif _all_wait(status):
        until = dt.datetime.fromisoformat(waits[0]["until"])
        why = f"{waiting_word(waits[0])} {until:%H:%M:%S} UTC: {waits[0]['reason']}"
    else:
        return None
    return "; ".join(filter(None, (why, describe_failover(status))))


def _uncertain(status: Status) -> str:
    if reconciles_soon(status):
        return f"{describe_uncertain(status)}; Ctrl-C leaves that to `newsletter serve`"
    return (
        f"{status['uncertain']:,} uncertain: the provider cannot be asked about them; waiting up "
        "to a minute for calls that are still open"
    )
