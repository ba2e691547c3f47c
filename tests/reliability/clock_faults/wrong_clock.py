"""
A wall clock that can be wrong: it jumps when so many steps of the pipeline have passed, or goes on
as far as a file says, which several processes read.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path


class WrongClock:
    """
    The machine's clock, *ahead_s* further. After each of the steps numbered in *jumps* it is as
    many seconds wrong as stands there, until *wrong_for_s* after the first of them, when somebody
    sets it (0: nobody does). *file* holds seconds that have passed for everybody.
    """

    def __init__(
        self, *, ahead_s: float, jumps: Sequence[tuple[int, float]], wrong_for_s: float, file: str
    ) -> None:
        self.ahead_s = ahead_s
        self._jumps, self._wrong_for_s, self._file = list(jumps), wrong_for_s, file
        self._steps, self._wrong_s, self._set_at_s = 0, 0.0, float("inf")

    def __call__(self) -> dt.datetime:
        if time.monotonic() >= self._set_at_s:
            self._jumps, self._wrong_s = [], 0.0
        passed_s = float(Path(self._file).read_text()) if self._file else 0.0
        moved = dt.timedelta(seconds=self.ahead_s + self._wrong_s + passed_s)
        return dt.datetime.now(dt.UTC) + moved

    def pass_step(self) -> None:
        """
        Count one more step of the pipeline.
        """
        self._steps += 1
        while self._jumps and self._jumps[0][0] <= self._steps:
            _, self._wrong_s = self._jumps.pop(0)
            if self._wrong_for_s and self._set_at_s == float("inf"):
                self._set_at_s = time.monotonic() + self._wrong_for_s
