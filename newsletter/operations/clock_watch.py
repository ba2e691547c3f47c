"""
Detect that the machine's clock jumped (against the monotonic clock) or is far from the database's.
Pure; a worker and the timer pause until two readings agree again.

A machine that was suspended counts as a jump too: the monotonic clock of Linux stops in suspend.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

# How far the two clocks may drift apart between two readings.
MAX_BACKWARD_S = 5.0
MAX_FORWARD_S = 300.0
# How far the database's clock may be off, and how often it is read.
MAX_OFFSET_S = 5.0
COMPARE_EVERY_S = 60.0


@dataclass
class ClockWatch:
    """
    Compare the machine's clock with the monotonic one and the database's.
    """

    _last: tuple[dt.datetime, float] | None = None
    _compared_at_s: float = float("-inf")
    _offset_s: float = 0.0

    def problem(
        self, now: dt.datetime, monotonic_s: float, database_clock: Callable[[], dt.datetime | None]
    ) -> str | None:
        """
        Return one line that says why *now* cannot be trusted, or None. *database_clock* reads the
        database's own clock, and returns None if it has none.
        """
        jump_s = self.jump_s(now, monotonic_s)
        if monotonic_s - self._compared_at_s >= COMPARE_EVERY_S:
            self._compared_at_s = monotonic_s
            theirs = database_clock()
            self._offset_s = (now - theirs).total_seconds() if theirs is not None else 0.0
        if jump_s is not None:
            return f"this machine's clock jumped by {jump_s:.0f} s"
        if abs(self._offset_s) > MAX_OFFSET_S:
            offset = f"{abs(self._offset_s):.0f} s off the database's clock"
            return f"this machine's clock is {offset}: correct one of them"
        return None

    def jump_s(self, now: dt.datetime, monotonic_s: float) -> float | None:
        """
        Return by how many seconds the machine's clock jumped since the last reading, or None.
        """
        last, self._last = self._last, (now, monotonic_s)
        if last is None:
            return None
        jump_s = (now - last[0]).total_seconds() - (monotonic_s - last[1])
        return None if -MAX_BACKWARD_S <= jump_s <= MAX_FORWARD_S else jump_s
