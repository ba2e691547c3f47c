"""
Whether the wall clock jumped, told by a clock that never does. Pure; `sender` and `schedule` do
nothing on a jump until two readings agree again.

A machine that slept counts as a jump too: the monotonic clock of Linux stands still meanwhile.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

# How far apart the two clocks may run between two readings.
MOST_BACKWARD_S = 5.0
MOST_FORWARD_S = 300.0


@dataclass
class ClockWatch:
    """
    Two clocks, read side by side.
    """

    _last: tuple[dt.datetime, float] | None = None

    def jump_s(self, now: dt.datetime, monotonic_s: float) -> float | None:
        """
        By how many seconds the wall clock jumped since the reading before; None when it did not.
        """
        last, self._last = self._last, (now, monotonic_s)
        if last is None:
            return None
        jump_s = (now - last[0]).total_seconds() - (monotonic_s - last[1])
        return None if -MOST_BACKWARD_S <= jump_s <= MOST_FORWARD_S else jump_s
