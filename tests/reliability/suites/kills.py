"""
`kill -9` at each of twelve points between pressing Send and the last receipt, and a restart. Where
an issue is frozen already, confirmations and welcomes wait beside it.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from reliability.runs.checker import Figures
from reliability.runs.row import Row, frozen_provider, most_uncertain, sender_function, sender_job
from reliability.runs.suite_environment import SuiteEnvironment

POINTS = (
    "freeze.before",
    "freeze.before_commit",
    "freeze.after",
    "claim.before",
    "claim.after",
    "intent.before_commit",
    "intent.after",
    "call.half",
    "call.written",
    "call.after",
    "result.before_commit",
    "result.after",
)
READERS, JOINERS = 1_000, 60
BATCH = 50
AHEAD_S = 1_000.0


@dataclass(frozen=True, kw_only=True)
class Kill:
    point: str
    seed: int

    @property
    def times(self) -> int:
        """
        Return at which passing of the point it comes: one of those that every sender gets to.
        """
        if self.point.startswith("freeze."):
            return 1
        return random.Random(f"{self.point}-{self.seed}").randint(1, READERS // BATCH - 4)


def fill(
    environment: SuiteEnvironment,
    row: Row,
    *,
    seeds: Sequence[int],
    points: Sequence[str] = POINTS,
) -> None:
    """
    Fill *row*: every point with every seed.
    """
    for point in points:
        for seed in seeds:
            found = run_once(environment, row, Kill(point=point, seed=seed))
            row.add(
                f"{point} seed {seed}", found, most_uncertain=most_uncertain(row.kind, deaths=1)
            )


def run_once(environment: SuiteEnvironment, row: Row, kill: Kill) -> Figures:
    """
    Kill a sender, start it again, and return the figures.
    """
    name = f"kills-{row.sender}-{row.database}-{row.kind}-{kill.point}-{kill.seed}"
    script = {"seed": kill.seed, "delay_s": (0.0, 0.004 * (kill.seed % 3))}
    frozen_for = None if kill.point.startswith("freeze.") else frozen_provider(row, BATCH)
    with environment.fresh_run(
        name,
        database=row.database,
        readers=READERS,
        script=script,
        frozen_for=frozen_for,
        joiners=JOINERS,
    ) as run:
        job = sender_job(run, row.sender, row.kind) | {"batch": BATCH}
        function = sender_function(row.sender)
        death = environment.forks.run(function, job | {"point": kill.point, "times": kill.times})
        if death != -signal.SIGKILL:
            raise AssertionError(f"{name} ended by itself with {death}")
        life = environment.forks.run(function, job | {"ahead_s": AHEAD_S, "reports": True})
        if life != 0:
            raise AssertionError(f"{name}: the restart ended with {life}")
        return run.figures()
