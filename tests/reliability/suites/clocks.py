"""
Of ten seeds five are sends on wrong clocks, two are senders that stand still (`clock_jumps`), and
three are days on which clocks change (`daylight_saving`).
"""

from __future__ import annotations

from collections.abc import Sequence

from reliability.clock_faults.clock_jumps import stopped, wrong_clocks
from reliability.clock_faults.daylight_saving import NIGHTS, nights
from reliability.runs.row import Row
from reliability.runs.suite_environment import POSTGRES, SuiteEnvironment

ROUND, CLOCKS, STOPS = 10, 5, 2


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fills *row*. A round of the four rows of two databases and two kinds has every night once.
    """
    place = 2 * (row.database == POSTGRES) + (row.kind == "plain")
    for seed in seeds:
        turn, done = seed % ROUND, seed // ROUND
        if turn < CLOCKS:
            wrong_clocks(environment, row, seeds=[seed])
        elif turn < CLOCKS + STOPS:
            stopped(environment, row, seeds=[STOPS * done + turn - CLOCKS])
        else:
            night = 3 * place + turn - CLOCKS - STOPS
            nights(environment, row, seeds=[night + len(NIGHTS) * done])
