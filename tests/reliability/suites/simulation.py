"""
Worlds in which everything happens in any order, found by hypothesis: people come and leave, issues
are sent, paused, cancelled and stopped, calls end in every way, processes die at any step, time
passes and clocks jump. The checker looks after every step (`state_machine`).
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test as simulate

from reliability.runs.checker import Figures
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import POSTGRES, SQLITE, SuiteEnvironment
from reliability.runs.suite_run import write_settings
from reliability.simulation.state_machine import CompleteMachine, WrongWorld
from reliability.simulation.world import World

READERS = 6
# How many steps a world has at most; hypothesis makes some of them shorter.
STEPS = 40
CHUNK = 50


def run_worlds(parameters: Mapping[str, Any]) -> None:
    """
    Play `examples` worlds of `seed` in the installation in `folder`, and write `found.json`.
    """
    folder = Path(parameters["folder"])
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="nl-world-", dir=_fast_folder()) as place:

        class Here(CompleteMachine):
            fresh = staticmethod(_world_maker(parameters, folder, Path(place)))

        found: dict[str, Any] = {"figures": asdict(Figures()), "wrong": ""}
        try:
            simulate(
                seed(parameters["seed"])(Here),
                settings=settings(
                    max_examples=parameters["examples"],
                    stateful_step_count=parameters["steps"],
                    deadline=None,
                    database=None,
                    # A world found is short enough to be read; making it shorter takes minutes.
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,
                ),
            )
        except WrongWorld as error:
            notes = "\n".join(getattr(error, "__notes__", ()))
            found = {"figures": asdict(error.figures), "wrong": f"{error}\n{notes}"}
    (folder / "found.json").write_text(json.dumps(found))


def _fast_folder() -> str | None:
    """
    Return a folder in memory where there is one: what is tried here is the order of steps.
    """
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _world_maker(parameters: Mapping[str, Any], original: Path, place: Path) -> Callable[[], World]:
    def fresh() -> World:
        folder = place / "world"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(original / "secret.key", folder)
        if parameters["database"] == SQLITE:
            shutil.copy(original / "newsletter.db", folder)
            write_settings(folder, f"sqlite:///{folder}/newsletter.db")
        else:
            write_settings(folder, _fresh_postgres(parameters["url"]))
        return World(folder=folder, kind=parameters["kind"], bad=parameters["bad"])

    return fresh


def _fresh_postgres(url: str) -> str:
    original = sa.make_url(url)
    copy = f"{original.database}_w"
    engine = sa.create_engine(original.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {copy} TEMPLATE {original.database}")
    engine.dispose()
    return original.set(database=copy).render_as_string(hide_password=False)


def fill(environment: SuiteEnvironment, row: Row, *, worlds: range) -> None:
    """
    Fill *row*: so many worlds, some at a time; the number of their first is their seed.
    """
    for chunk in (worlds[at : at + CHUNK] for at in range(0, len(worlds), CHUNK)):
        number, examples = chunk.start, len(chunk)
        name = f"simulation-{row.sender}-{row.database}-{row.kind}-{number}"
        with environment.fresh_run(name, database=row.database, readers=READERS, script={}) as run:
            job = {
                "folder": str(run.folder), "url": run.database_url, "database": row.database,
                "kind": row.kind, "seed": number, "examples": examples, "steps": STEPS,
                "bad": "" if row.sender == PRODUCT else row.sender,
            }  # fmt: skip
            if environment.forks.run(run_worlds, job) != 0:
                row.wrong.append(f"seed {number}: broke")
                continue
            found = json.loads((run.folder / "found.json").read_text())
        row.add(f"seed {number}", Figures(**found["figures"]), most_uncertain=10**9)
        row.runs += examples - 1
        if found["wrong"]:
            row.wrong.append(f"seed {number}: {found['wrong']}")
        if row.database == POSTGRES:
            environment.drop(f"{sa.make_url(run.database_url).database}_w")
