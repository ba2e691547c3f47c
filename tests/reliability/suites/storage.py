"""
Storage that fails at any one of its calls, and the next start. SQLite: reads, writes and syncs, a
full disk, a quota, a limit of pages; PostgreSQL: connections cut on either side of a packet,
backends ended or stopped, a server that crashes and comes back.
"""

from __future__ import annotations

import contextlib
import json
import math
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from postgres import own_server

from reliability.processes.fork_server import path_of
from reliability.runs.row import PRODUCT, Row, most_uncertain, sender_function, sender_job
from reliability.runs.suite_environment import POSTGRES, SQLITE, SuiteEnvironment
from reliability.runs.suite_run import SuiteRun, write_settings
from reliability.storage_faults import faulty_sender
from reliability.storage_faults.faulty_sender import BROKEN
from reliability.storage_faults.postgres_proxy import HARMS, PostgresProxy
from reliability.storage_faults.sqlite_disk import CALL_OF
from reliability.suites.kills import AHEAD_S, POINTS

READERS, BATCH = 300, 25
FAULTS = {SQLITE: (*CALL_OF, "pages", "quota"), POSTGRES: HARMS}
# How many pages or KiB a database may still grow: from not at all to all that a send needs.
MOST_GROWTH = 200
IN_A_ROW = (1, 1, 1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Case:
    """
    One fault: the `at`-th call, `times` in a row; with a `point`, the process is also killed.
    """

    fault: str
    at: int
    times: int = 1
    point: str = ""
    passes: int = 1


def case_of(row: Row, seed: int, calls_of: Callable[[str], int]) -> Case:
    """
    Draw the case of a seed; early calls as often as late ones, on a scale of powers.
    """
    # Another string would give other cases to the same seeds.
    rng = random.Random(f"r5-{row.database}-{row.kind}-{seed}")
    fault = FAULTS[row.database][seed % len(FAULTS[row.database])]
    return Case(
        fault=fault,
        at=round(math.exp(rng.uniform(0.0, math.log(calls_of(fault))))),
        times=rng.choice(IN_A_ROW),
        point=rng.choice(["", rng.choice(POINTS)]) if row.sender == PRODUCT else "",
        passes=rng.randint(1, READERS // BATCH - 4),
    )


@dataclass(kw_only=True)
class StorageCases:
    """
    What the cases of one row share; `proxy` is None for SQLite.
    """

    environment: SuiteEnvironment
    row: Row
    proxy: PostgresProxy | None
    _calls: dict[str, int] = field(default_factory=dict)

    def calls_of(self, fault: str) -> int:
        """
        Count the calls of that kind in a send without faults.
        """
        kind = CALL_OF.get(fault, "packet" if self.proxy is not None else "")
        if not kind:
            return MOST_GROWTH
        if kind not in self._calls:
            with self._fresh_run(f"{kind}-counted") as run:
                self._first_start(run, Case(fault=fault, at=0))
                self._calls[kind] = self._seen(run)
        return self._calls[kind]

    def run_once(self, seed: int) -> None:
        """
        Start a sender with a fault and one without, and judge what came of both.
        """
        row, case = self.row, case_of(self.row, seed, self.calls_of)
        with self._fresh_run(str(seed)) as run:
            status = self._first_start(run, case)
            self._judge_end(run, status, f"seed {seed}, {case}")
            job = self._job(run) | {"ahead_s": AHEAD_S, "phases": 2, "reports": True}
            if self.environment.forks.run(sender_function(row.sender), job) != 0:
                row.wrong.append(f"seed {seed}, {case}: the next start broke")
                return
            most = most_uncertain(row.kind, deaths=2)
            row.add(f"seed {seed}, {case}", run.figures(), most_uncertain=most)
            if row.sender == PRODUCT and (harm := database_damage(run)):
                row.wrong.append(f"seed {seed}, {case}: {harm}")

    def _fresh_run(self, name: str) -> contextlib.AbstractContextManager[SuiteRun]:
        row = self.row
        return self.environment.fresh_run(
            f"storage-{row.sender}-{row.database}-{row.kind}-{name}",
            database=row.database,
            readers=READERS,
            script={"seed": 1},
        )

    def _job(self, run: SuiteRun) -> dict[str, Any]:
        return sender_job(run, self.row.sender, self.row.kind) | {"batch": BATCH}

    def _first_start(self, run: SuiteRun, case: Case) -> int:
        disk = {"fault": case.fault, "at": case.at, "times": case.times}
        job = self._job(run) | {"point": case.point, "times": case.passes, "disk": disk}
        job["function"] = path_of(sender_function(self.row.sender))
        if self.proxy is None:
            return self.environment.forks.run(faulty_sender.run, job)
        write_settings(run.folder, self.proxy.arm(case.fault, at=case.at, url=run.database_url))
        status = self.environment.forks.run(faulty_sender.run, job)
        self.proxy.settle()
        write_settings(run.folder, run.database_url)
        return status

    def _judge_end(self, run: SuiteRun, status: int, name: str) -> None:
        """
        Require that the product ends in order, or with one line that says why; a killed one cannot.
        """
        ended = run.folder / "ended.json"
        if status == BROKEN and self.row.sender == PRODUCT:
            line = json.loads(ended.read_text())["line"]
            self.row.wrong.append(f"{name}: no line for a person, but {line}")

    def _seen(self, run: SuiteRun) -> int:
        if self.proxy is not None:
            return self.proxy.seen
        return int(json.loads((run.folder / "ended.json").read_text())["calls"])


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: a case for each seed.
    """
    with open_cases(environment, row) as cases:
        for seed in seeds:
            cases.run_once(seed)


@contextlib.contextmanager
def open_cases(environment: SuiteEnvironment, row: Row) -> Iterator[StorageCases]:
    """
    Open the cases of *row*; those of PostgreSQL have a server of their own, for it will be crashed.
    """
    if row.database == SQLITE:
        yield StorageCases(environment=environment, row=row, proxy=None)
        return
    with own_server() as server, contextlib.ExitStack() as stack:
        if server is None:
            raise AssertionError(
                "this suite crashes a PostgreSQL of its own: install the dev extra"
            )
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nl-storage-"))
        own = SuiteEnvironment(
            folder=Path(folder),
            sink=environment.sink,
            forks=environment.forks,
            postgres=server.address,
        )
        proxy = stack.enter_context(PostgresProxy(server=server))
        yield StorageCases(environment=own, row=row, proxy=proxy)


def database_damage(run: SuiteRun) -> str:
    """
    Describe what is wrong with the database itself; empty when nothing is.
    """
    if run.database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(run.folder / "newsletter.db")) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
        return "" if (said, strays) == ("ok", []) else f"{said}, {len(strays)} strays"
    engine = sa.create_engine(run.database_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS amcheck")
            connection.exec_driver_sql(
                "SELECT bt_index_check(indexrelid, true) FROM pg_index "
                "JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam "
                "WHERE amname = 'btree' AND relnamespace = 'public'::regnamespace"
            )
    except sa.exc.DBAPIError as error:
        return str(error.orig)
    finally:
        engine.dispose()
    return ""
