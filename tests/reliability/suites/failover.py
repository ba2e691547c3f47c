"""
R13: the first provider takes nothing any more, and the second goes on. Meanwhile one call to the
first loses its answer, and the process dies at one of R1's points.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Sequence
from typing import Any

from reliability.processes.fork_server import ForkServer
from reliability.runs.installations import Play, Stage
from reliability.runs.row import FEW, PRODUCT, Row, frozen_by, function_of, job_of, most_doubt
from reliability.suites.kills import POINTS

READERS, BATCH = 400, 50
LOST = 2
# Past the time after which the issue goes over, where that is not at once.
AFTER_S = 900
AHEAD_S = 1_000.0
SECONDS = {"resend": "postmark", "postmark": "resend", "plain": "plain"}


def second_carrier(
    stage: Stage,
    forks: ForkServer,
    row: Row,
    *,
    seeds: Sequence[int],
    points: Sequence[str] = POINTS,
) -> None:
    """
    Fills *row*: every point with every seed. Its notes say how many went by the second.
    """
    by_second = 0
    for point in points:
        for seed in seeds:
            by_second += one_death(stage, forks, row, point=point, seed=seed)
    row.notes = f"{by_second} went by the second"


def one_death(stage: Stage, forks: ForkServer, row: Row, *, point: str, seed: int) -> int:
    """
    How many the second took: one process dies, one finds the first closed, and one asks it again.
    """
    name = f"r13-{row.sender}-{row.database}-{row.kind}-{point}-{seed}"
    draw = random.Random(name)
    frozen_for = None if point.startswith("freeze.") else frozen_by(row, BATCH)
    with stage.play(
        name,
        database=row.database,
        readers=READERS,
        script=script_for(draw, seed),
        frozen_for=frozen_for,
    ) as play:
        job = job_of(play, row.sender, stage, row.kind) | {"batch": BATCH}
        if row.sender == PRODUCT:
            job |= {"second": SECONDS[row.kind], "second_after_s": AFTER_S * (seed % 2)}
        times = 1 if point.startswith("freeze.") else draw.randint(1, 6)
        function = function_of(row.sender)
        dies = {"point": point, "times": times, "phases": 3, "closed_from": draw.randint(3, 5)}
        death = forks.run(function, job | dies)
        if death != -signal.SIGKILL:
            raise AssertionError(f"{name} ended by itself with {death}")
        lives: list[dict[str, Any]] = [
            {"ahead_s": 3 * AHEAD_S, "phases": 2, "closed_from": 1},
            {"ahead_s": 6 * AHEAD_S, "phases": 3, "reports": True},
        ]
        for life in lives:
            if (ended := forks.run(function, job | life)) != 0:
                raise AssertionError(f"{name}: a restart ended with {ended}")
        lost = FEW if row.kind == "plain" else 0
        doubt = most_doubt(row.kind, deaths=1) + lost
        row.add(f"{point} seed {seed}", play.figures(), most_doubt=doubt)
        return taken_by_second(play)


def script_for(draw: random.Random, seed: int) -> dict[str, Any]:
    """
    One answer of the first is lost; in every third run it refuses the account before it is closed.
    """
    faults = {str(LOST): "lost"}
    if seed % 3 == 2:
        faults[str(LOST + 1)] = "401"
    return {"seed": seed, "faults": faults, "delay_s": (0.0, 0.004 * draw.randint(0, 2))}


def taken_by_second(play: Play) -> int:
    told = json.loads((play.folder / "status.json").read_text())
    return int(told.get("taken_by", {}).get("spare", 0))
