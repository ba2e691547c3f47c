"""
Two `newsletter worker` processes, as an engineer starts them, send one issue on PostgreSQL. One of
them is killed every few seconds, and stays away until the other's next batch was accepted. The same
happens to two that are known to be wrong (`known_bad.workers`). Meanwhile people join, as in
`unsubscribes`.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from reliability.known_bad.workers import Ledger, left_in
from reliability.processes.programs import command_for, environment_of_child
from reliability.runs.log_tail import Tail
from reliability.runs.row import (
    CONNECTIONS,
    PRODUCT,
    Row,
    frozen_provider,
    sender_function,
    sender_job,
)
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

BATCH = 100
AHEAD_S = 1_000.0
WORKERS = 2
# A survivor goes on within this, or the run is wrong.
LONGEST_GAP_S = 10.0
GIVEN_UP_S = 180.0
LOOK_S = 0.02
READY = "sending, with up to"


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How many readers, how long the sink takes for a call, and the seconds between two kills.
    """

    readers: int = 200_000
    joiners: int = 2_000
    delay_s: tuple[float, float] = (0.0, 0.05)
    gap_s: tuple[float, float] = (2.0, 6.0)
    longest_s: float = 1_800.0


@dataclass(kw_only=True)
class WorkerGroup:
    """
    The workers of one run, of the product or of a bad *sender*. `gaps` has, for each kill, the
    seconds until a call that began after it was accepted.
    """

    run: SuiteRun
    sink: str
    sender: str = PRODUCT
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    started: int = 0

    def start(self, workers: int = WORKERS) -> None:
        for _ in range(workers):
            self.add()

    def add(self) -> None:
        self.processes.append(self._started())

    def wait_until_ready(self) -> None:
        """
        Wait until every worker has said that it works: before, it is no survivor and knows no
        SIGTERM.
        """
        ends_s = time.monotonic() + GIVEN_UP_S
        while time.monotonic() < ends_s:
            if (self.run.folder / "workers.log").read_text().count(READY) >= self.started:
                return
            time.sleep(LOOK_S)
        raise AssertionError("a worker did not start")

    def _started(self) -> subprocess.Popen[bytes]:
        self.started += 1
        settings = {
            "UNUSED": "key",
            "NEWSLETTER_PROVIDER__BULK__BASE_URL": self.sink,
            "PYTHONWARNINGS": "ignore",
        }
        with (self.run.folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                self._command(), env=environment_of_child() | settings, stderr=log
            )

    def _command(self) -> list[str | Path]:
        if self.sender == PRODUCT:
            program = Path(sys.executable).with_name("newsletter")
            return [program, "--config", self.run.folder / "newsletter.toml", "worker"]
        return [*command_for("reliability.known_bad.workers"), self.run.folder, self.sink]

    def kill(self, place: int) -> None:
        """
        Kill one, and start it again after the other's next batch.
        """
        tail = Tail(self.run.log)
        tail.new_calls()
        self.processes[place].kill()
        killed_at = time.time()
        self.processes[place].wait()
        self.gaps.append(gap_after(killed_at, tail))
        self.processes[place] = self._started()

    def end(self) -> list[int]:
        """
        Send SIGTERM to all, and return the statuses they ended with.
        """
        self.wait_until_ready()
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(timeout=100) for process in self.processes]


def gap_after(killed_at: float, tail: Tail) -> float:
    """
    Measure the seconds from a kill to the next accepted call that began after it; GIVEN_UP_S for
    none.
    """
    while time.time() < killed_at + GIVEN_UP_S:
        for call in tail.new_calls():
            if call["at"] > killed_at:
                return float(call["at"] - killed_at)
        time.sleep(LOOK_S)
    return GIVEN_UP_S


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int], size: Size) -> None:
    """
    Fill *row*: a run for each seed.
    """
    for seed in seeds:
        run_once(environment, row, seed=seed, size=size)


def run_once(environment: SuiteEnvironment, row: Row, *, seed: int, size: Size) -> None:
    name = f"workers-{row.database}-{seed}"
    script = {"seed": seed, "delay_s": size.delay_s}
    with environment.fresh_run(
        name,
        database=row.database,
        readers=size.readers,
        script=script,
        frozen_for=frozen_provider(row, BATCH),
    ) as run:
        group = WorkerGroup(
            run=run, sink=f"{environment.sink.url(name)}/{row.kind}", sender=row.sender
        )
        chance, began_s = random.Random(f"workers-{seed}"), time.monotonic()
        left = open_batch_counter(group)
        joins = 0
        if row.sender == PRODUCT:
            joins = environment.start_joining(run, kind=row.kind, batch=BATCH, joiners=size.joiners)
        group.start()
        try:
            kill_until_few_are_left(group, chance, size, left=left)
            if joins and environment.forks.wait(joins) != 0:
                row.wrong.append(f"seed {seed}: not everybody could join")
        finally:
            statuses, took_s = group.end(), time.monotonic() - began_s
        job = sender_job(run, row.sender, row.kind) | {"batch": BATCH}
        drain = job | {"ahead_s": AHEAD_S, "phases": 4, "reports": True}
        if environment.forks.run(sender_function(row.sender), drain) != 0:
            raise AssertionError(f"{name}: the last start broke")
        kills = len(group.gaps)
        most = kills * CONNECTIONS * BATCH if joins else 0
        row.add(f"seed {seed}, {kills} kills", run.figures(), most_uncertain=most)
        judge(row, group, statuses, took_s)


def open_batch_counter(group: WorkerGroup) -> Callable[[], int]:
    """
    Return what counts the batches that nobody has submitted yet; for a bad sender, make its ledger.
    """
    if group.sender != PRODUCT:
        Ledger(group.run.folder).begin(group.run.audience, BATCH)
        return partial(left_in, group.run.folder)
    # No connection is kept, so that there is none to close.
    engine = sa.create_engine(group.run.database_url, poolclass=sa.NullPool)
    return lambda: open_batches(engine)


def kill_until_few_are_left(
    group: WorkerGroup, chance: random.Random, size: Size, *, left: Callable[[], int]
) -> None:
    """
    Kill until the workers have nothing left but what those who were killed had in flight.
    """
    ends_s = time.monotonic() + size.longest_s
    while (open_ones := left()) and time.monotonic() < ends_s:
        time.sleep(min(chance.uniform(*size.gap_s), 0.5 + open_ones))
        group.wait_until_ready()
        if left() > WORKERS * CONNECTIONS:
            group.kill(chance.randrange(WORKERS))


def open_batches(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        counted = "SELECT count(*) FROM batch WHERE state IN ('pending', 'claimed', 'waiting')"
        return int(connection.exec_driver_sql(counted).scalar_one())


def judge(row: Row, group: WorkerGroup, statuses: Sequence[int], took_s: float) -> None:
    """
    Add to *row* what the figures do not say: how each worker ended, and how long a survivor took to
    go on.
    """
    gap_s = max(group.gaps, default=0.0)
    row.kills += len(group.gaps)
    # The call of a notice is not replayed once one of its readers has gone, so it may stay
    # uncertain where its worker was killed; nobody leaves the issue itself.
    if uncertain := group.run.status()["uncertain"]:
        row.wrong.append(f"{uncertain} mails of the issue are uncertain")
    row.notes = (
        f"{row.kills} kills, a survivor went on in {gap_s:.1f} s, {took_s:.0f} s in all; "
        f"{group.run.notice_counts()}"
    )
    if any(statuses):
        row.wrong.append(f"workers ended with {statuses}")
    if gap_s > LONGEST_GAP_S:
        row.wrong.append(f"a survivor went on after {gap_s:.1f} s")
