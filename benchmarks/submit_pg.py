"""
`submit-pg`: the same as `submit` on PostgreSQL, by two workers in processes of their own, beside
one worker. The queue brings each its batches. The server is the tests' own, on this machine, and
does not wait for its disk.

    python -m benchmarks.submit_pg FOLDER DATABASE SINK CERTIFICATE

is one of these workers.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.installation import BATCH, NOW
from benchmarks.measure import RUNS, Row, interleave
from benchmarks.shared import SharedProvider
from benchmarks.wire import Wire, require_counted, running_sink
from newsletter.app import App
from newsletter.model.delivery import BatchState
from newsletter.model.mail import Mail
from newsletter.settings import Settings
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.tables import batch
from newsletter.workers.sender import run_forever
from tests.support.postgres import running_postgres

NAME = "submit-pg"
ROOT = Path(__file__).resolve().parent.parent
LONGEST_S = 600.0
LOOK_S = 0.01


def run(*, full: bool = False) -> Row:
    """
    Measure what submitting costs a reader with two workers and with one.
    """
    return measure(readers=200_000 if full else 50_000)


def measure(*, readers: int, runs: int = RUNS) -> Row:
    """
    Return the row for an issue to that many readers.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with (
        running_postgres() as url,
        running_sink() as wire,
        installation.opened(readers, url=url) as app,
    ):
        seconds = interleave(
            runs,
            ours=lambda: handed_over(app, wire, mail, readers, workers=2),
            floor=lambda: handed_over(app, wire, mail, readers, workers=1),
        )
    what = f"{readers:,} readers, shared content, batches of {BATCH:,}, TLS, PostgreSQL, 2 workers"
    return Row(name=NAME, work=f"{what}; floor: 1 worker", seconds=seconds)


def handed_over(app: App, wire: Wire, mail: Mail, readers: int, *, workers: int) -> float:
    """
    The seconds a reader took, from the end of the freeze until every batch was settled.
    """
    with running_workers(app, wire, workers):
        issue = installation.add_issue(app, mail, provider=SharedProvider.name)
        installation.freeze(app, issue, mail)
        began = time.perf_counter()
        _wait_until_settled(app, issue.id)
        seconds = time.perf_counter() - began
    require_counted(wire, readers, f"{workers} workers")
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert counts["accepted"] == counts["audience"] == readers, "not all were submitted"
    installation.remove_issue(app, issue)
    return seconds / readers


@contextmanager
def running_workers(app: App, wire: Wire, count: int) -> Iterator[None]:
    """
    Run that many workers, ready for what is frozen in the block.
    """
    url = app.database.engine.url.render_as_string(hide_password=False)
    arguments = [app.settings.folder, url, wire.url, wire.certificate]
    command = [sys.executable, "-m", __name__, *map(str, arguments)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(count)]
    try:
        _wait_until_ready(app, count)
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        ended = [process.wait(timeout=60) for process in processes]
    assert ended == [0] * count, f"workers ended with {ended}"


def _wait_until_ready(app: App, count: int) -> None:
    counted = sa.text("SELECT count(*) FROM procrastinate.procrastinate_workers")
    _wait_for(lambda connection: connection.execute(counted).scalar_one() == count, app)


def _wait_until_settled(app: App, issue_id: int) -> None:
    left = sa.select(sa.func.count()).where(
        batch.c.issue_id == issue_id, batch.c.state != BatchState.SETTLED
    )
    _wait_for(lambda connection: connection.execute(left).scalar_one() == 0, app)


def _wait_for(is_so: Callable[[sa.Connection], bool], app: App) -> None:
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        with app.database.read() as connection:
            if is_so(connection):
                return
        time.sleep(LOOK_S)
    raise AssertionError("it took too long")


def main(arguments: Sequence[str]) -> None:
    """
    Run one worker until SIGTERM.
    """
    folder, url, sink, certificate = arguments
    wire, stopping = Wire(url=sink, certificate=Path(certificate)), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    settings = Settings(folder=Path(folder), database={"url": url})  # type: ignore[arg-type]
    with wire.http() as http, App(settings=settings, clock=lambda: NOW) as app:
        app.providers[SharedProvider.name] = SharedProvider(wire.url, http)
        run_forever(app, is_stopping=stopping.is_set)


if __name__ == "__main__":
    main(sys.argv[1:])
