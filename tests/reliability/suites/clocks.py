"""
Of ten seeds five are sends on wrong clocks, two are senders that stand still (`clock_jumps`), and
three are days on which clocks change (`daylight_saving`).
"""

from __future__ import annotations

from collections.abc import Sequence

from reliability.clock_faults.clock_jumps import fill_jumps, fill_stopped
from reliability.clock_faults.daylight_saving import CHANGES, fill_changes
from reliability.runs.row import Row
from reliability.runs.suite_environment import POSTGRES, SuiteEnvironment

ROUND, CLOCKS, STOPS = 10, 5, 2


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*. A round of the four rows of two databases and two kinds has every change once.
    """
    place = 2 * (row.database == POSTGRES) + (row.kind == "plain")
    for seed in seeds:
        turn, done = seed % ROUND, seed // ROUND
        if turn < CLOCKS:
            fill_jumps(environment, row, seeds=[seed])
        elif turn < CLOCKS + STOPS:
            fill_stopped(environment, row, seeds=[STOPS * done + turn - CLOCKS])
        else:
            change = 3 * place + turn - CLOCKS - STOPS
            fill_changes(environment, row, seeds=[change + len(CHANGES) * done])
