"""
The first provider takes nothing any more, and the issue goes on through the second. Meanwhile one
call to the first loses its response, and the process dies at one of the points of `kills`.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Sequence
from typing import Any

from reliability.runs.row import (
    PRODUCT,
    SMALL_BATCH,
    Row,
    frozen_provider,
    most_uncertain,
    sender_function,
    sender_job,
)
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun
from reliability.suites.kills import POINTS

READERS, BATCH = 400, 50
LOST = 2
# Past the time after which the issue fails over, where that is not at once.
AFTER_S = 900
AHEAD_S = 1_000.0
FALLBACKS = {"resend": "postmark", "postmark": "resend", "plain": "plain"}


def fill(
    environment: SuiteEnvironment,
    row: Row,
    *,
    seeds: Sequence[int],
    points: Sequence[str] = POINTS,
) -> None:
    """
    Fill *row*: every point with every seed. Its notes say how many went through the fallback.
    """
    by_fallback = 0
    for point in points:
        for seed in seeds:
            by_fallback += run_once(environment, row, point=point, seed=seed)
    row.notes = f"{by_fallback} went through the fallback"


def run_once(environment: SuiteEnvironment, row: Row, *, point: str, seed: int) -> int:
    """
    Play three processes, and return how many readers the fallback took: one dies, one finds the
    first provider closed, and one asks it again.
    """
    name = f"failover-{row.sender}-{row.database}-{row.kind}-{point}-{seed}"
    # Another string would draw other moments for the same seeds.
    draw = random.Random(f"r13-{row.sender}-{row.database}-{row.kind}-{point}-{seed}")
    frozen_for = None if point.startswith("freeze.") else frozen_provider(row, BATCH)
    with environment.fresh_run(
        name,
        database=row.database,
        readers=READERS,
        script=script_for(draw, seed),
        frozen_for=frozen_for,
    ) as run:
        job = sender_job(run, row.sender, row.kind) | {"batch": BATCH}
        if row.sender == PRODUCT:
            job |= {"fallback": FALLBACKS[row.kind], "fallback_after_s": AFTER_S * (seed % 2)}
        times = 1 if point.startswith("freeze.") else draw.randint(1, 6)
        function = sender_function(row.sender)
        dies = {"point": point, "times": times, "phases": 3, "closed_from": draw.randint(3, 5)}
        death = environment.forks.run(function, job | dies)
        if death != -signal.SIGKILL:
            raise AssertionError(f"{name} ended by itself with {death}")
        lives: list[dict[str, Any]] = [
            {"ahead_s": 3 * AHEAD_S, "phases": 2, "closed_from": 1},
            {"ahead_s": 6 * AHEAD_S, "phases": 3, "reports": True},
        ]
        for life in lives:
            if (ended := environment.forks.run(function, job | life)) != 0:
                raise AssertionError(f"{name}: a restart ended with {ended}")
        lost = SMALL_BATCH if row.kind == "plain" else 0
        most = most_uncertain(row.kind, deaths=1) + lost
        row.add(f"{point} seed {seed}", run.figures(), most_uncertain=most)
        return taken_by_fallback(run)


def script_for(draw: random.Random, seed: int) -> dict[str, Any]:
    """
    Write a script by which the first provider loses one response, and in every third run refuses
    the account before it is closed.
    """
    faults = {str(LOST): "lost"}
    if seed % 3 == 2:
        faults[str(LOST + 1)] = "401"
    return {"seed": seed, "faults": faults, "delay_s": (0.0, 0.004 * draw.randint(0, 2))}


def taken_by_fallback(run: SuiteRun) -> int:
    status = json.loads((run.folder / "status.json").read_text())
    return int(status.get("taken_by", {}).get("fallback", 0))
