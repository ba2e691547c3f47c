"""
Two senders and the sink itself, any of them killed at any moment, again and again.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reliability.processes import sender
from reliability.processes.fork_server import Function
from reliability.runs.checker import accepted_calls
from reliability.runs.row import (
    CONNECTIONS,
    PRODUCT,
    SMALL_BATCH,
    Row,
    frozen_provider,
    sender_function,
    sender_job,
)
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

BATCH = 50
AHEAD_S = 1_000.0
SENDERS = 2


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How many readers, how long the sink takes for a call, and the seconds between two kills.
    """

    readers: int = 20_000
    delay_s: tuple[float, float] = (0.05, 0.3)
    gap_s: tuple[float, float] = (0.5, 5.0)
    most_kills: int = 60


@dataclass(kw_only=True)
class Storm:
    """
    One run: the senders alive, and how many calls a death may have left uncertain.
    """

    environment: SuiteEnvironment
    function: Function
    job: dict[str, object]
    random: random.Random
    alive: list[int] = field(default_factory=list)
    kills: int = 0
    uncertain_calls: int = 0

    def begin(self) -> None:
        self.alive = [self._start() for _ in range(SENDERS)]

    def kill_one(self) -> None:
        """
        Kill a sender, or more seldom the sink, and start it again.
        """
        self.kills += 1
        victim = self.random.randrange(2 * SENDERS + 1)
        if victim == 2 * SENDERS:
            self.environment.sink.kill()
            self.environment.sink.start()
            self.uncertain_calls += CONNECTIONS * SENDERS
            return
        self.end(victim % SENDERS)
        self.alive[victim % SENDERS] = self._start()
        self.uncertain_calls += CONNECTIONS

    def end(self, place: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.alive[place], signal.SIGKILL)
        self.environment.forks.wait(self.alive[place])

    def _start(self) -> int:
        return self.environment.forks.start(self.function, self.job)


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int], size: Size) -> None:
    """
    Fill *row*: a run for each seed.
    """
    for seed in seeds:
        run_once(environment, row, seed=seed, size=size)


def run_once(environment: SuiteEnvironment, row: Row, *, seed: int, size: Size) -> None:
    name = f"storms-{row.sender}-{row.database}-{row.kind}-{seed}"
    script = {"seed": seed, "delay_s": size.delay_s, "odds": odds_for(row.kind)}
    frozen_for = frozen_provider(row, BATCH)
    with environment.fresh_run(
        name, database=row.database, readers=size.readers, script=script, frozen_for=frozen_for
    ) as run:
        storm = Storm(
            environment=environment,
            function=sender_function(row.sender),
            job=sender_job(run, row.sender, row.kind) | {"batch": BATCH},
            random=random.Random(f"storm-{seed}"),
        )
        storm.begin()
        while storm.kills < size.most_kills and not is_over(run, storm, row):
            time.sleep(storm.random.uniform(*size.gap_s))
            storm.kill_one()
            environment.sink.set_script(name, script)
        for place in range(SENDERS):
            storm.end(place)
        storm.uncertain_calls += SENDERS * CONNECTIONS
        # One refusal more would make all that is left wait past the last phase.
        environment.sink.set_script(name, script | {"odds": {}})
        drain = storm.job | {"ahead_s": AHEAD_S, "phases": 4, "reports": True}
        if environment.forks.run(storm.function, drain) != 0:
            raise AssertionError(f"{name}: the last start broke")
        most = storm.uncertain_calls * SMALL_BATCH if row.kind == "plain" else 0
        row.add(f"seed {seed}, {storm.kills} kills", run.figures(), most_uncertain=most)
        row.kills += storm.kills
        row.notes = f"{row.kills} kills"


def odds_for(kind: str) -> dict[str, float]:
    """
    Return what else goes wrong meanwhile: nothing that leaves uncertain what cannot be reconciled,
    and little throttling, for a storm that waits most of the time is none.
    """
    if kind == "plain":
        return {"429": 0.004}
    return {"429": 0.004, "lost": 0.02, "500": 0.02, "half": 0.02}


def is_over(run: SuiteRun, storm: Storm, row: Row) -> bool:
    """
    Say whether nobody is left to be sent to; where outcomes stay uncertain, the sink never sees
    all.
    """
    if row.sender != PRODUCT or row.kind != "plain":
        return has_all(run)
    return (
        storm.environment.forks.run(sender.report_only, storm.job) == 0
        and run.status()["pending"] == 0
    )


def has_all(run: SuiteRun) -> bool:
    accepted = {who for call in accepted_calls(run.log) for who in call["accepted"]}
    return len(accepted) >= len(run.audience)
