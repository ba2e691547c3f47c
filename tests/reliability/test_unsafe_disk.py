"""
A disk that lost what was written: whoever finds it out ends in one line, and starts anew.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from reliability.processes import sender
from reliability.processes.fork_server import Function, path_of
from reliability.processes.ports import free_port, wait_for_port
from reliability.runs.checker import Figures
from reliability.runs.draft import address
from reliability.runs.row import PRODUCT, sender_job
from reliability.runs.suite_environment import SQLITE, SuiteEnvironment
from reliability.runs.suite_run import SuiteRun
from reliability.storage_faults import faulty_sender
from reliability.storage_faults.faulty_sender import REFUSED
from reliability.suites.unsubscribes import one_click, unsubscribe_paths

LINE = "newsletter.db: its disk lost what was written; check the system log"


@contextlib.contextmanager
def frozen(environment: SuiteEnvironment, name: str) -> Iterator[SuiteRun]:
    with environment.fresh_run(
        name,
        database=SQLITE,
        readers=200,
        script={"seed": 1},
        frozen_for={"kind": "resend", "batch": 50},
    ) as run:
        yield run


def on_a_disk(function: Function, job: dict[str, Any], *, at: int) -> dict[str, Any]:
    disk = {"fault": "fsync", "at": at, "times": 1}
    return job | {"function": path_of(function), "disk": disk}


@pytest.mark.parametrize("at", [3, 5, 7, 9])
def test_a_sender_ends_when_its_disk_loses_a_write_and_the_next_one_goes_on(
    environment: SuiteEnvironment, at: int
) -> None:
    with frozen(environment, f"unsafe-{at}") as run:
        job = sender_job(run, PRODUCT, "resend")
        assert (
            environment.forks.run(
                faulty_sender.run,
                on_a_disk(sender.run, job, at=at),
            )
            == REFUSED
        )
        assert LINE in json.loads((run.folder / "ended.json").read_text())["line"]
        again = job | {"ahead_s": 1_000.0, "phases": 2, "reports": True}
        assert environment.forks.run(sender.run, again) == 0
        assert (run.figures(), run.status()["accepted"]) == (Figures(), 200)


def test_a_server_of_pages_says_not_now_and_ends(environment: SuiteEnvironment) -> None:
    with frozen(environment, "unsafe-pages") as run:
        port, links = free_port(), unsubscribe_paths(run)
        job = {"folder": str(run.folder), "port": port}
        web = environment.forks.start(
            faulty_sender.run,
            on_a_disk(sender.serve, job, at=3),
        )
        wait_for_port(port)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            answers = [one_click(connection, links[address(n)]) for n in range(1, 6)]
        assert environment.forks.wait(web) == REFUSED
        assert LINE in json.loads((run.folder / "ended.json").read_text())["line"]
        assert answers[-1] == 503
