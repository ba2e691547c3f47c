"""
The `events` suite once more, over HTTP: a web process receives the signed webhooks of one history,
shuffled and doubled, with forged ones between them, and its public commands say what it knows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import io
import json
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from event_samples import FOREIGN, SECRET, signed

from newsletter.app import App
from newsletter.cli import main as command_line
from newsletter.model.identifiers import instance_in
from newsletter.settings import load_settings
from newsletter.store.issues import issues
from newsletter.store.tables import delivery
from reliability.event_history.history import (
    BATCH,
    READERS,
    expected_records,
    make_history,
    shuffled,
    webhook_bodies,
)
from reliability.processes import sender
from reliability.processes.ports import free_port, wait_for_port
from reliability.runs.joins import ISSUE
from reliability.runs.row import Row
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: a history for each seed.
    """
    for seed in seeds:
        name = f"events-http-{row.database}-{seed}"
        frozen_for = {"kind": "resend", "batch": BATCH}
        with environment.fresh_run(
            name, database=row.database, readers=READERS, script={}, frozen_for=frozen_for
        ) as run:
            run_once(environment, row, run, seed=seed)


def run_once(environment: SuiteEnvironment, row: Row, run: SuiteRun, *, seed: int) -> None:
    settings = run.folder / "newsletter.toml"
    settings.write_text(settings.read_text() + 'webhook_secret = "file:hook.key"\n')
    (run.folder / "hook.key").write_text(SECRET)
    path, labels = address_and_labels(run)
    history, rng = make_history(seed, "resend"), random.Random(seed)
    moments = {h.at_s: (START + dt.timedelta(seconds=h.at_s)).isoformat() for h in history.events}
    once = webhook_bodies(history, "resend", labels=labels, moments=moments)
    port = free_port()
    web = environment.forks.start(sender.serve, {"folder": str(run.folder), "port": port})
    try:
        wait_for_port(port)
        deliver(row, port, path, shuffled([*once, *once], rng), rng)
        expected = [(one.first, one.suppressed) for one in expected_records(history, "resend")]
        found = wait_for_records(run, expected)
    finally:
        os.kill(web, signal.SIGKILL)
        environment.forks.wait(web)
    row.runs += 1
    if found != expected:
        row.wrong.append(f"seed {seed}: {found} is known, not {expected}")


def address_and_labels(run: SuiteRun) -> tuple[str, list[str]]:
    """
    Return the path of the webhook, and the label in each reader's mail.
    """
    with App(settings=load_settings(run.folder / "newsletter.toml")) as app:
        path = app.links.webhook("bulk").removeprefix(app.site.base_url)
        with app.database.read() as connection:
            numbers = {
                row.email: row.id
                for row in connection.execute(sa.select(delivery.c.email, delivery.c.id))
            }
            frozen = issues.load_issue(connection, ISSUE).frozen_epoch
        instance = instance_in(app.instance, frozen)
    return path, [f"i{ISSUE}-d{numbers[who]}.{instance}" for who in run.audience]


def deliver(row: Row, port: int, path: str, webhooks: Sequence[bytes], rng: random.Random) -> None:
    """
    Post each webhook, and now and then a forged one, which must be refused.
    """
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for raw in webhooks:
            now = dt.datetime.now(dt.UTC)
            if rng.random() < 0.2:
                old = now - dt.timedelta(days=30)
                forged = rng.choice([signed(raw, at=now, secret=FOREIGN), signed(raw, at=old)])
                expect(row, connection, path, raw, forged, 401)
            expect(row, connection, path, raw, signed(raw, at=now), 200)


def expect(
    row: Row,
    connection: http.client.HTTPConnection,
    path: str,
    raw: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    connection.request("POST", path, raw, headers)
    response = connection.getresponse()
    response.read()
    if response.status != status:
        row.wrong.append(f"answered with {response.status}, not {status}")


def wait_for_records(
    run: SuiteRun, expected: Sequence[tuple[Mapping[str, int], str]]
) -> list[tuple[dict[str, int], str]]:
    """
    Wait until `why` knows what is expected of each reader, or a while has passed, and return what
    it knows.
    """
    until_s = time.monotonic() + 20
    while True:
        found = [known(run, who) for who in run.audience]
        if found == expected or time.monotonic() > until_s:
            return found
        time.sleep(0.2)


def known(run: SuiteRun, who: str) -> tuple[dict[str, int], str]:
    found = command_output(run.folder, "why", who)
    (issue,) = found["issues"]
    first = {
        kind: round((dt.datetime.fromisoformat(at) - START).total_seconds())
        for kind, at in issue["received"].items()
    }
    return first, " ".join(one["reason"] for one in found["suppressions"])


def command_output(folder: Path, *words: str) -> Any:
    """
    Run a public command, and return what it prints as JSON.
    """
    arguments = ["--config", str(folder / "newsletter.toml"), "--json", *words]
    with contextlib.redirect_stdout(io.StringIO()) as written, contextlib.suppress(SystemExit):
        command_line(arguments)
    return json.loads(written.getvalue())
