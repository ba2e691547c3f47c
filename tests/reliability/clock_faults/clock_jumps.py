"""
Clocks that jump by forty days, or fall back by a second again and again, in the middle of a send;
and senders that stand still for longer than their lease.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reliability.runs.checker import accepted_calls
from reliability.runs.row import (
    CONNECTIONS,
    PRODUCT,
    Row,
    frozen_provider,
    most_uncertain,
    sender_function,
    sender_job,
)
from reliability.runs.suite_environment import POSTGRES, SuiteEnvironment
from reliability.runs.suite_run import SuiteRun
from reliability.suites.kills import AHEAD_S, POINTS

READERS, BATCH = 600, 25
DELAY_S = (0.05, 0.2)
DAYS_40_S = 40 * 86_400.0
# Each batch passes seven steps.
STEPS = 7 * READERS // BATCH
# A sender has a heartbeat every two seconds: the clock is wrong for at least one of them.
WRONG_FOR_S = 3.0
# Of a lease of 8 s, and of a call's own life of 90 s: as time passed for all, and as it really did.
STOPPED_S, PASSED_S = 3.0, 200.0
REALLY_STOPPED_S = 11.0
REALLY_EVERY = 5


@dataclass(frozen=True, kw_only=True)
class Case:
    """
    When the clock is how wrong; with a `point`, the process is killed there meanwhile.
    """

    jumps: tuple[tuple[int, float], ...]
    point: str = ""
    passes: int = 1


def case_of(row: Row, seed: int) -> Case:
    # Another string would give other cases to the same seeds.
    rng = random.Random(f"r6-{row.database}-{row.kind}-{seed}")
    first = rng.randint(1, STEPS - 20)
    again = first + rng.randint(1, 40)
    jumps = (
        ((first, DAYS_40_S),),
        ((first, -DAYS_40_S),),
        ((first, DAYS_40_S), (again, 0.0)),
        ((first, -DAYS_40_S), (again, 0.0)),
        tuple((step, -float(n)) for n, step in enumerate(range(first, STEPS, 8), 1)),
    )[seed % 5]
    if not rng.randrange(2):
        return Case(jumps=jumps)
    return Case(jumps=jumps, point=rng.choice(POINTS[3:]), passes=rng.randint(2, 20))


def fill_jumps(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: a send on a wrong clock for each seed, and the next start on a right one.
    """
    for seed in seeds:
        case = case_of(row, seed)
        with _fresh_run(environment, row, f"clock-{seed}") as run:
            job = _job(run, row)
            faults = {"jumps": case.jumps, "wrong_for_s": WRONG_FOR_S if _is_watched(row) else 0.0}
            if row.sender != PRODUCT:
                faults = {}
            environment.forks.run(
                sender_function(row.sender),
                job | faults | {"point": case.point, "times": case.passes},
            )
            _finish(
                environment, row, run, job, f"clock seed {seed}, {case}", deaths=bool(case.point)
            )


def _is_watched(row: Row) -> bool:
    """
    Say whether the database has a clock of its own: then nothing goes on until somebody sets ours.
    """
    return row.database == POSTGRES


def fill_stopped(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: two senders, of which one stands still for longer than its lease, and goes on.
    """
    for seed in seeds:
        rng = random.Random(f"r6-stop-{row.database}-{row.kind}-{seed}")
        is_real = seed % REALLY_EVERY == REALLY_EVERY - 1
        with _fresh_run(environment, row, f"stop-{seed}") as run:
            clock = run.folder / "passed"
            clock.write_text("0")
            job = _job(run, row)
            if row.sender == PRODUCT:
                job |= {"clock_file": str(clock)}
            senders = [environment.forks.start(sender_function(row.sender), job) for _ in range(2)]
            _wait_for_calls(run, rng.randint(1, READERS // BATCH // 2))
            time.sleep(rng.uniform(0.0, DELAY_S[1]))
            os.kill(senders[0], signal.SIGSTOP)
            _wait_past_lease(clock, is_real=is_real)
            os.kill(senders[0], signal.SIGCONT)
            for pid in senders:
                environment.forks.wait(pid)
            _finish(environment, row, run, job, f"stop seed {seed}", deaths=1)


def _wait_past_lease(clock: Path, *, is_real: bool) -> None:
    if not is_real:
        new = clock.with_suffix(".new")
        new.write_text(str(PASSED_S))
        new.replace(clock)
    time.sleep(REALLY_STOPPED_S if is_real else STOPPED_S)


def _fresh_run(environment: SuiteEnvironment, row: Row, name: str) -> Any:
    return environment.fresh_run(
        f"clocks-{row.sender}-{row.database}-{row.kind}-{name}",
        database=row.database,
        readers=READERS,
        script={"seed": 1, "delay_s": DELAY_S},
        frozen_for=frozen_provider(row, BATCH),
    )


def _job(run: SuiteRun, row: Row) -> dict[str, Any]:
    return sender_job(run, row.sender, row.kind) | {"batch": BATCH}


def _finish(
    environment: SuiteEnvironment,
    row: Row,
    run: SuiteRun,
    job: dict[str, Any],
    name: str,
    *,
    deaths: int,
) -> None:
    """
    Start a last sender on a clock that is right, and add the run to *row*. A key is void on a clock
    that was wrong when it was used, so that a death leaves outcomes uncertain, as without keys.
    """
    last = job | {"ahead_s": AHEAD_S, "phases": 2, "reports": True}
    if environment.forks.run(sender_function(row.sender), last) != 0:
        row.wrong.append(f"{name}: the last start broke")
        return
    most = max(most_uncertain(row.kind, deaths=deaths), CONNECTIONS * BATCH * deaths)
    row.add(name, run.figures(), most_uncertain=most)


def _wait_for_calls(run: SuiteRun, count: int) -> None:
    until_s = time.monotonic() + 60
    while len(accepted_calls(run.log)) < count:
        if time.monotonic() > until_s:
            raise AssertionError(f"{run.name}: too few calls")
        time.sleep(0.02)
