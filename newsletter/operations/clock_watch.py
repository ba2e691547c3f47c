"""
Whether the wall clock can be believed: it jumped, told by a clock that never does, or is far from
the database's. Pure; `sender` and `schedule` do nothing until two readings agree again.

A machine that slept counts as a jump too: the monotonic clock of Linux stands still meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

# How far apart the two clocks may run between two readings.
MOST_BACKWARD_S = 5.0
MOST_FORWARD_S = 300.0
# How far the database's clock may be, and how often it is asked.
MOST_APART_S = 5.0
ASK_EVERY_S = 60.0


@dataclass
class ClockWatch:
    """
    Clocks read side by side.
    """

    _last: tuple[dt.datetime, float] | None = None
    _asked_at_s: float = float("-inf")
    _apart_s: float = 0.0

    def trouble(
        self, now: dt.datetime, monotonic_s: float, theirs: Callable[[], dt.datetime | None]
    ) -> str | None:
        """
        Why *now* is not to be believed, in one line; None when it is. *theirs* gives the database's
        own clock, None where it has none.
        """
        jump_s = self.jump_s(now, monotonic_s)
        if monotonic_s - self._asked_at_s >= ASK_EVERY_S:
            self._asked_at_s = monotonic_s
            told = theirs()
            self._apart_s = (now - told).total_seconds() if told is not None else 0.0
        if jump_s is not None:
            return f"this machine's clock jumped by {jump_s:.0f} s"
        if abs(self._apart_s) > MOST_APART_S:
            apart = f"{abs(self._apart_s):.0f} s apart from the database's"
            return f"this machine's clock is {apart}: set one of them"
        return None

    def jump_s(self, now: dt.datetime, monotonic_s: float) -> float | None:
        """
        By how many seconds the wall clock jumped since the reading before; None when it did not.
        """
        last, self._last = self._last, (now, monotonic_s)
        if last is None:
            return None
        jump_s = (now - last[0]).total_seconds() - (monotonic_s - last[1])
        return None if -MOST_BACKWARD_S <= jump_s <= MOST_FORWARD_S else jump_s
