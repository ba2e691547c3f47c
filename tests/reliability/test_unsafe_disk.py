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
from reliability.runs.checker import Figures
from reliability.runs.draft import address
from reliability.runs.installations import SQLITE, Play
from reliability.runs.row import PRODUCT, job_of
from reliability.runs.suite_environment import Theatre
from reliability.storage_faults import faulty_sender
from reliability.storage_faults.faulty_sender import REFUSED
from reliability.suites.unsubscribes import await_port, free_port, links_of, one_click

LINE = "newsletter.db: its disk did not keep what was written; look at the system's log"


@contextlib.contextmanager
def frozen(theatre: Theatre, name: str) -> Iterator[Play]:
    told = {"kind": "resend", "batch": 50}
    with theatre.stage.play(
        name, database=SQLITE, readers=200, script={"seed": 1}, frozen_for=told
    ) as play:
        yield play


def on_a_disk(function: Function, job: dict[str, Any], *, at: int) -> dict[str, Any]:
    disk = {"fault": "fsync", "at": at, "times": 1}
    return job | {"function": path_of(function), "disk": disk}


@pytest.mark.parametrize("at", [3, 5, 7, 9])
def test_a_sender_ends_when_its_disk_loses_a_write_and_the_next_one_goes_on(
    theatre: Theatre, at: int
) -> None:
    with frozen(theatre, f"unsafe-{at}") as play:
        job = job_of(play, PRODUCT, theatre.stage, "resend")
        assert (
            theatre.forks.run(
                faulty_sender.run,
                on_a_disk(sender.run, job, at=at),
            )
            == REFUSED
        )
        assert LINE in json.loads((play.folder / "ended.json").read_text())["line"]
        again = job | {"ahead_s": 1_000.0, "phases": 2, "reports": True}
        assert theatre.forks.run(sender.run, again) == 0
        assert (play.figures(), play.status()["accepted"]) == (Figures(), 200)


def test_a_server_of_pages_says_not_now_and_ends(theatre: Theatre) -> None:
    with frozen(theatre, "unsafe-pages") as play:
        port, links = free_port(), links_of(play)
        job = {"folder": str(play.folder), "port": port}
        web = theatre.forks.start(
            faulty_sender.run,
            on_a_disk(sender.serve, job, at=3),
        )
        await_port(port)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            answers = [one_click(connection, links[address(n)]) for n in range(1, 6)]
        assert theatre.forks.wait(web) == REFUSED
        assert LINE in json.loads((play.folder / "ended.json").read_text())["line"]
        assert answers[-1] == 503
