"""
R5: storage that fails at any one of its calls, and the next start. SQLite: reads, writes and syncs,
a full disk, a quota, a limit of pages; PostgreSQL: connections cut on either side of a packet,
backends ended or standing still, a server that crashes and comes back.
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

from reliability.processes.fork_server import ForkServer, path_of
from reliability.runs.installations import POSTGRES, SQLITE, Play, Stage, write_settings
from reliability.runs.row import PRODUCT, Row, function_of, job_of, most_doubt
from reliability.storage_faults import faulty_sender
from reliability.storage_faults.faulty_sender import BROKEN
from reliability.storage_faults.postgres_proxy import HARMS, Door
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
    The case of a seed; early calls as often as late ones, on a scale of powers.
    """
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
class Trials:
    """
    What the cases of one row share: `door` is None for SQLite.
    """

    stage: Stage
    forks: ForkServer
    row: Row
    door: Door | None
    _calls: dict[str, int] = field(default_factory=dict)

    def calls_of(self, fault: str) -> int:
        """
        How many calls of that kind a send makes that nothing happens to.
        """
        kind = CALL_OF.get(fault, "packet" if self.door is not None else "")
        if not kind:
            return MOST_GROWTH
        if kind not in self._calls:
            with self._play(f"{kind}-counted") as play:
                self._first_life(play, Case(fault=fault, at=0))
                self._calls[kind] = self._seen(play)
        return self._calls[kind]

    def try_out(self, seed: int) -> None:
        """
        A life with a fault in it, one without, and what came of both.
        """
        row, case = self.row, case_of(self.row, seed, self.calls_of)
        with self._play(str(seed)) as play:
            status = self._first_life(play, case)
            self._judge_end(play, status, f"seed {seed}, {case}")
            job = self._job(play) | {"ahead_s": AHEAD_S, "phases": 2, "reports": True}
            if self.forks.run(function_of(row.sender), job) != 0:
                row.wrong.append(f"seed {seed}, {case}: the next start broke")
                return
            most = most_doubt(row.kind, deaths=2)
            row.add(f"seed {seed}, {case}", play.figures(), most_doubt=most)
            if row.sender == PRODUCT and (harm := damage(play)):
                row.wrong.append(f"seed {seed}, {case}: {harm}")

    def _play(self, name: str) -> contextlib.AbstractContextManager[Play]:
        row = self.row
        return self.stage.play(
            f"r5-{row.sender}-{row.database}-{row.kind}-{name}",
            database=row.database,
            readers=READERS,
            script={"seed": 1},
        )

    def _job(self, play: Play) -> dict[str, Any]:
        return job_of(play, self.row.sender, self.stage, self.row.kind) | {"batch": BATCH}

    def _first_life(self, play: Play, case: Case) -> int:
        disk = {"fault": case.fault, "at": case.at, "times": case.times}
        job = self._job(play) | {"point": case.point, "times": case.passes, "disk": disk}
        job["function"] = path_of(function_of(self.row.sender))
        if self.door is None:
            return self.forks.run(faulty_sender.run, job)
        write_settings(play.folder, self.door.arm(case.fault, at=case.at, url=play.url))
        status = self.forks.run(faulty_sender.run, job)
        self.door.settle()
        write_settings(play.folder, play.url)
        return status

    def _judge_end(self, play: Play, status: int, name: str) -> None:
        """
        The product ends in order, or with one line that says why; a killed one cannot.
        """
        ended = play.folder / "ended.json"
        if status == BROKEN and self.row.sender == PRODUCT:
            line = json.loads(ended.read_text())["line"]
            self.row.wrong.append(f"{name}: no line for a person, but {line}")

    def _seen(self, play: Play) -> int:
        if self.door is not None:
            return self.door.seen
        return int(json.loads((play.folder / "ended.json").read_text())["calls"])


def storage(stage: Stage, forks: ForkServer, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fills *row*: a case for each seed.
    """
    with opened(stage, forks, row) as trials:
        for seed in seeds:
            trials.try_out(seed)


@contextlib.contextmanager
def opened(stage: Stage, forks: ForkServer, row: Row) -> Iterator[Trials]:
    """
    The trials of *row*; those of PostgreSQL have a server of their own, for it will be crashed.
    """
    if row.database == SQLITE:
        yield Trials(stage=stage, forks=forks, row=row, door=None)
        return
    with own_server() as server, contextlib.ExitStack() as stack:
        if server is None:
            raise AssertionError("R5 crashes a PostgreSQL of its own: install the dev extra")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nl-r5-"))
        own = Stage(folder=Path(folder), sink=stage.sink, forks=forks, postgres=server.address)
        door = stack.enter_context(Door(server=server))
        yield Trials(stage=own, forks=forks, row=row, door=door)


def damage(play: Play) -> str:
    """
    What is wrong with the database itself; empty when nothing is.
    """
    if play.url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(play.folder / "newsletter.db")) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
            strays = connection.execute("PRAGMA foreign_key_check").fetchall()
        return "" if (said, strays) == ("ok", []) else f"{said}, {len(strays)} strays"
    engine = sa.create_engine(play.url, isolation_level="AUTOCOMMIT")
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
