"""
`pages`: people sign up, confirm, unsubscribe, and open and save their settings at a `newsletter
serve`, while another process sends an issue to everybody, beside the same without that send. Each
time is the 99th percentile, from the moment at which the request was due.

    python -m benchmarks.reader_pages FOLDER DATABASE SINK CERTIFICATE

is the process that sends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.measure import Row, interleave
from benchmarks.page_requests import KINDS, RATE, Readers
from benchmarks.shared import SharedProvider
from benchmarks.web_process import running_web, wait_for
from benchmarks.wire import Wire, running_sink
from newsletter.app import App
from newsletter.model.delivery import BatchState
from newsletter.model.mail import Mail
from newsletter.settings import Settings
from newsletter.store.tables import batch
from newsletter.workers.sender import run_forever
from tests.support.postgres import running_postgres

NAME = "pages"
RUNS = 3
# So many emails are frozen for each second that the requests may take, and those may take this
# much longer. A send may be faster: usually the requests take less.
MOST_A_SECOND = 60_000
SPARE_S = 10
_ROOT = Path(__file__).resolve().parent.parent


class OnlyProvider(SharedProvider):
    """
    The provider of the issue and of the confirmations.
    """

    name = "outbox"


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the pages on both databases.
    """
    people, each = (1_000_000, 100) if full else (20_000, 20)
    rows = measure(people=people, each=each)
    with running_postgres() as url:
        return rows + measure(people=people, each=each, url=url)


def measure(*, people: int, each: int, runs: int = RUNS, url: str | None = None) -> list[Row]:
    """
    Return a row for every kind of request, *each* of which is made so many times in a run.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with running_sink() as wire, installation.opened(people, url=url) as app:
        readers = Readers(app=app, people=people, each=each)
        readers.prepare(phases=2 * runs + 1)
        send = Send(app=app, wire=wire)
        send.freeze(mail, readers=round((each / RATE + SPARE_S) * runs * MOST_A_SECOND))
        with running_web(readers.serve_command) as port:
            readers.port = port
            # What is rendered once, and what the database reads first, is no part of the times.
            readers.ask()
            interleave(
                runs,
                ours=lambda: readers.ask("ours", during=send.running()),
                floor=lambda: readers.ask("floor"),
            )
        readers.require_all_taken()
    database = "PostgreSQL" if url else "SQLite"
    what = f"{people:,} people, {database}, a send of {send.rate:,.0f}/s; floor: without"
    return [
        Row(
            name=NAME,
            work=f"{kind}: {what}; p50 {readers.middles_ms(kind)} ms",
            seconds={name: readers.p99_s(name, kind) for name in ("ours", "floor")},
        )
        for kind in KINDS
    ]


@dataclass(kw_only=True)
class Send:
    """
    Issues to everybody that a process sends while the pages are asked.
    """

    app: App
    wire: Wire
    sent: int = 0
    lasted_s: float = 0.0

    @property
    def rate(self) -> float:
        """
        Return how many emails were sent in a second.
        """
        return self.sent / self.lasted_s

    def freeze(self, mail: Mail, *, readers: int) -> None:
        """
        Freeze as many issues as it takes to have that many *readers* to send to.
        """
        while readers > 0:
            issue = installation.add_issue(self.app, mail, provider=OnlyProvider.name)
            readers -= installation.freeze(self.app, issue, mail)

    @contextmanager
    def running(self) -> Iterator[None]:
        """
        Send in a process of its own, from before the block until after it.
        """
        url = self.app.database.engine.url.render_as_string(hide_password=False)
        arguments = [self.app.settings.folder, url, self.wire.url, self.wire.certificate]
        command = [sys.executable, "-m", __name__, *map(str, arguments)]
        with subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(lambda: self.wire.counted() > 0)
                began = time.perf_counter()
                yield
                self.sent += self.wire.counted()
                self.lasted_s += time.perf_counter() - began
                assert not self._is_all_sent(), "the send ended before the requests"
            finally:
                process.send_signal(signal.SIGTERM)
        self.wire.counted()
        assert process.returncode == 0, f"the sending process ended with {process.returncode}"

    def _is_all_sent(self) -> bool:
        waits = sa.exists().where(batch.c.state == BatchState.PENDING)
        with self.app.database.read() as connection:
            return not connection.execute(sa.select(waits)).scalar_one()


def main(arguments: Sequence[str]) -> None:
    """
    Send until SIGTERM.
    """
    folder, url, sink, certificate = arguments
    wire, stopping = Wire(url=sink, certificate=Path(certificate)), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    settings = Settings(folder=Path(folder), database={"url": url})  # type: ignore[arg-type]
    with wire.http() as http, App(settings=settings) as app:
        app.providers[OnlyProvider.name] = OnlyProvider(wire.url, http)
        run_forever(app, is_stopping=stopping.is_set)


if __name__ == "__main__":
    main(sys.argv[1:])
