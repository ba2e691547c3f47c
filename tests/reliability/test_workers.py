"""
Workers on PostgreSQL as processes: what one leaves that dies, and what does not stop them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from reliability.runs.checker import Figures
from reliability.runs.row import (
    CONNECTIONS,
    PRODUCT,
    Row,
    frozen_provider,
    sender_function,
    sender_job,
)
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.suites.workers import (
    AHEAD_S,
    BATCH,
    LONGEST_GAP_S,
    LOOK_S,
    WorkerGroup,
    open_batches,
)

ROW = Row(suite="workers", sender=PRODUCT, database="postgresql", kind="resend")
TAKEN = """
SELECT count(*) FILTER (WHERE status = 'todo') = 0, count(*) FILTER (WHERE status = 'doing')
FROM procrastinate.procrastinate_jobs
"""
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2
"""


@contextlib.contextmanager
def group_for(
    environment: SuiteEnvironment, name: str, *, readers: int, delay_s: float, workers: int
) -> Iterator[WorkerGroup]:
    """
    Start workers that send an issue to a sink which takes its time, and kill them at the end.
    """
    script = {"seed": 1, "delay_s": (delay_s, delay_s)}
    with environment.fresh_run(
        name,
        database=ROW.database,
        readers=readers,
        script=script,
        frozen_for=frozen_provider(ROW, BATCH),
    ) as run:
        group = WorkerGroup(run=run, sink=f"{environment.sink.url(name)}/{ROW.kind}")
        group.start(workers)
        try:
            yield group
        finally:
            for process in group.processes:
                process.kill()
                process.wait()


def figures_of(environment: SuiteEnvironment, group: WorkerGroup) -> Figures:
    """
    Return what the checker finds when the clock is past every look-up.
    """
    job = sender_job(group.run, ROW.sender, ROW.kind) | {"batch": BATCH}
    drain = job | {"ahead_s": AHEAD_S, "phases": 4, "reports": True}
    assert environment.forks.run(sender_function(ROW.sender), drain) == 0
    return group.run.figures()


def test_what_a_dead_worker_had_not_begun_is_sent_within_ten_seconds(
    environment: SuiteEnvironment,
) -> None:
    with group_for(environment, "tail", readers=2_000, delay_s=1.5, workers=2) as group:
        engine = sa.create_engine(group.run.database_url)
        wait_until_the_last_are_taken(engine)
        killed_at = time.time()
        group.processes[0].kill()
        while open_batches(engine) and time.time() < killed_at + 3 * LONGEST_GAP_S:
            time.sleep(LOOK_S)
        took_s = time.time() - killed_at
        engine.dispose()
        assert (group.processes[1].poll(), took_s < LONGEST_GAP_S) == (None, True), took_s
        group.processes.pop(0).wait()
        assert group.end() == [0]
        assert figures_of(environment, group) == Figures()


def wait_until_the_last_are_taken(engine: sa.Engine) -> None:
    """
    Until each worker has some batches in hand, others waiting behind them, and none are left.
    """
    ends_s = time.monotonic() + 60
    while time.monotonic() < ends_s:
        with engine.connect() as connection:
            if connection.exec_driver_sql(TAKEN).one() >= (True, 4 * CONNECTIONS - 1):
                return
        time.sleep(LOOK_S)
    raise AssertionError("the last batches were never taken")


@pytest.mark.ci
@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_connections_cut_at_random_stop_no_worker_and_cost_nobody(
    environment: SuiteEnvironment, isolation: str
) -> None:
    name = f"cut-{isolation.replace(' ', '-')}"
    with group_for(environment, name, readers=6_000, delay_s=0.3, workers=2) as group:
        engine = sa.create_engine(group.run.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            database = engine.url.database
            connection.exec_driver_sql(
                f"ALTER DATABASE {database} SET default_transaction_isolation = '{isolation}'"
            )
        # One that finds no database at its start refuses, and whoever started it tries again.
        group.wait_until_ready()
        ends_s = time.monotonic() + 60
        while open_batches(engine) and time.monotonic() < ends_s:
            with engine.connect() as connection:
                connection.exec_driver_sql(CUT)
            time.sleep(0.3)
        engine.dispose()
        assert [process.poll() for process in group.processes] == [None, None]
        assert group.end() == [0, 0]
        assert figures_of(environment, group) == Figures()
