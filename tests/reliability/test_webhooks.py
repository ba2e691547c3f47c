"""
Webhooks to a receiver that fails in twelve ways, from a sender that is killed again and again: each
event arrives at least once, in order about each person, signed and under one id. `make webhooks`
sends 100,000 and kills 20 times.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from installation import Installation

from newsletter.actions.operations import webhooks
from newsletter.app import utc_now
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import OutgoingEvent, OutgoingKind, SendState
from newsletter.store.outgoing.events import add_events, webhook_filters
from reliability.processes.programs import command_for, environment_of_child
from reliability.webhooks.checker import judge
from reliability.webhooks.receiver import ANSWERS, CLOSED_PORT

EVENTS = int(os.environ.get("WEBHOOKS", "2000"))
KILLS = int(os.environ.get("WEBHOOK_KILLS", "3"))
# Events about each person, and the share of requests that fail.
EACH = 5
FAILING = 0.25
LONGEST_S = 60.0 + EVENTS / 10
KIND = OutgoingKind.SUBSCRIBER_JOINED


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def write_events(installation: Installation, numbers: range) -> None:
    """
    Write the events with these numbers; those about a person are far apart.
    """
    people = EVENTS // EACH
    for some in (numbers[start : start + 1000] for start in range(0, len(numbers), 1000)):
        with installation.app.database.write() as connection:
            events = [
                OutgoingEvent(
                    kind=KIND,
                    subject=f"p{each % people}",
                    data={"subscriber_id": each % people, "number": each // people},
                    subscriber_id=each % people,
                    address=f"p{each % people}@example.org",
                )
                for each in some
            ]
            add_events(connection, events, webhook_filters(connection, {KIND}), now=utc_now())


@contextmanager
def running_receiver(port: int, secret: str, file: Path) -> Iterator[None]:
    words = [str(port), secret, str(file), "12", str(FAILING)]
    command = [*command_for("reliability.webhooks.receiver"), *words]
    process = subprocess.Popen(command, env=environment_of_child())
    try:
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def start_sender(installation: Installation) -> subprocess.Popen[bytes]:
    words = [str(installation.folder), installation.app.settings.database_url]
    command = [*command_for("reliability.webhooks.sender"), *words]
    return subprocess.Popen(command, env=environment_of_child() | {"PYTHONWARNINGS": "ignore"})


def requests_in(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def kill_once(installation: Installation, file: Path, chance: random.Random) -> bool:
    """
    Let a sender work for a part of the events, and kill it. Return False if it came to its end.
    """
    wanted = requests_in(file) + EVENTS // (KILLS + 2)
    process = start_sender(installation)
    ends_at = time.monotonic() + LONGEST_S
    while process.poll() is None and time.monotonic() < ends_at and requests_in(file) < wanted:
        time.sleep(0.01)
    time.sleep(chance.random() * 0.05)
    process.kill()
    return process.wait() == -signal.SIGKILL


@pytest.mark.ci
def test_every_event_arrives_in_order_from_a_sender_that_is_killed(
    installation: Installation, tmp_path: Path
) -> None:
    installation.now, port, file = utc_now(), free_port(), tmp_path / "received"
    url, chance = f"http://127.0.0.1:{port}/hook", random.Random(7)
    secret = webhooks.add(installation.app, "crm", url, by=OPERATOR).secret or ""
    started = dt.datetime.now(dt.UTC)
    with running_receiver(port, secret, file):
        write_events(installation, range(EVENTS // 2))
        killed = sum(kill_once(installation, file, chance) for _ in range(KILLS // 2))
        write_events(installation, range(EVENTS // 2, EVENTS))
        killed += sum(kill_once(installation, file, chance) for _ in range(KILLS - KILLS // 2))
        assert start_sender(installation).wait(LONGEST_S) == 0
    took = dt.datetime.now(dt.UTC) - started
    expected = {(each % (EVENTS // EACH), each // (EVENTS // EACH)) for each in range(EVENTS)}
    with file.open() as lines:
        judgement = judge(lines, expected)
    kind = installation.app.database.engine.dialect.name
    sys.stdout.write(f"\n{kind}: {took}, {killed} kills, {judgement}\n")
    assert killed == KILLS
    assert judgement.is_good, str(judgement)
    assert set(judgement.answers) == {"accepted", CLOSED_PORT, *ANSWERS}
    found = webhooks.show(installation.app, "crm", by=OPERATOR).events
    assert found == {SendState.WAITING: 0, SendState.DELIVERED: EVENTS, SendState.FAILED: 0}


def test_the_judge_finds_what_is_lost_disordered_forged_or_renamed() -> None:
    expected = {(1, 0), (1, 1), (2, 0)}
    good = ["a\t1\t0\t500", "a\t1\t0\taccepted", "b\t1\t1\taccepted", "c\t2\t0\thuge answer"]
    assert judge(good, expected).is_good
    assert judge(good[:3], expected).lost == {(2, 0)}
    assert judge([good[2], *good], expected).disordered == [(1, 1)]
    assert judge([*good, "d\t-\t-\tforged"], expected).forged == 1
    assert judge([*good, "d\t2\t0\taccepted"], expected).changed_ids == 1
    assert judge([*good, good[0]], expected).repeated == 1
