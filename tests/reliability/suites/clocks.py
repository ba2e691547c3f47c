"""
R6: time. Of ten seeds five are sends on wrong clocks, two are senders that stand still
(`wrong_clocks`), and three are nights on which clocks change (`nights`).
"""

from __future__ import annotations

from collections.abc import Sequence

from reliability.clock_faults.clock_jumps import stopped, wrong_clocks
from reliability.clock_faults.daylight_saving import NIGHTS, nights
from reliability.processes.fork_server import ForkServer
from reliability.runs.installations import POSTGRES, Stage
from reliability.runs.row import Row

ROUND, CLOCKS, STOPS = 10, 5, 2


def times(stage: Stage, forks: ForkServer, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fills *row*. A round of the four rows of two databases and two kinds has every night once.
    """
    place = 2 * (row.database == POSTGRES) + (row.kind == "plain")
    for seed in seeds:
        turn, done = seed % ROUND, seed // ROUND
        if turn < CLOCKS:
            wrong_clocks(stage, forks, row, seeds=[seed])
        elif turn < CLOCKS + STOPS:
            stopped(stage, forks, row, seeds=[STOPS * done + turn - CLOCKS])
        else:
            night = 3 * place + turn - CLOCKS - STOPS
            nights(stage, forks, row, seeds=[night + len(NIGHTS) * done])
