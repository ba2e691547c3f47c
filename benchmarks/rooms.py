"""
`rooms`: a member of staff opens each page of the newsroom of a `newsletter serve`, beside the
statements of the page alone, and types into the search for people; then opens pages while another
process sends an issue to everybody. `ROOMS_DATA=FOLDER` keeps the installations for the next run,
`ROOMS_ON=sqlite` takes one of the databases.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import rooms_data
from benchmarks.measure import Row, interleave, percentile
from benchmarks.reader_pages import Send
from benchmarks.rooms_data import Data
from benchmarks.rooms_pages import MOST_STATEMENTS, FoundPages, Page, cookie_of, find_pages
from benchmarks.rooms_person import TYPED, Person
from benchmarks.rooms_tables import Size
from benchmarks.start import PROGRAM
from benchmarks.web_process import running_web
from benchmarks.wire import Wire, running_sink
from tests.support.postgres import kept_server, running_postgres

NAME = "rooms"
RUNS = 3
FULL = Size(people=1_000_000, issues=200, events=10_000_000)
SMALL = Size(people=20_000, issues=200, events=200_000)
GOAL_MS = 200
# Somebody who reads opens a page in so many seconds.
PAUSE_S = 0.5
# The last page may take so much longer than the send lasts.
_SPARE_S = 3.0
_FOR_STATEMENTS = 3


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the newsroom on both databases.
    """
    size, each, send_s = (FULL, 30, 6.0) if full else (SMALL, 3, 2.0)
    kept = os.environ.get("ROOMS_DATA")
    only = os.environ.get("ROOMS_ON", "sqlite,postgresql").split(",")
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory()))
        if "sqlite" in only:
            rows += measure(size, folder / "sqlite", each=each, send_s=send_s)
        if "postgresql" in only:
            server = kept_server(folder / "server") if kept else running_postgres()
            url = stack.enter_context(server)
            rows += measure(size, folder / "postgresql", each=each, send_s=send_s, url=url)
    return rows


def measure(
    size: Size,
    folder: Path,
    *,
    each: int,
    send_s: float,
    runs: int = RUNS,
    url: str | None = None,
) -> list[Row]:
    """
    Return the rows for an installation of that *size* in *folder*, each of whose pages is opened
    *each* times in a run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened = rooms_data.opened(folder, size, url=url, send_s=send_s + _SPARE_S)
    with running_sink() as wire, opened as data:
        found = find_pages(data)
        visit = Visit(data=data, wire=wire, found=found, each=each, send_s=send_s)
        with visit.begun():
            for _ in range(runs):
                visit.open_all()
                visit.type_all()
            interleave(runs, ours=visit.beside_send, floor=visit.send_alone)
    return visit.rows(f"{size.people:,} people, {'PostgreSQL' if url else 'SQLite'}")


@dataclass(kw_only=True)
class Visit:
    """
    What somebody does in the newsroom: `took_s` has the seconds of each page in each run, `floor_s`
    those of its statements, `typed_s` those of each letter; `beside_s` and `alone_s` what an email
    took that was sent meanwhile, and without.
    """

    data: Data
    wire: Wire
    found: FoundPages
    each: int
    send_s: float
    took_s: dict[str, list[list[float]]] = field(default_factory=dict)
    floor_s: dict[str, list[float]] = field(default_factory=dict)
    typed_s: list[list[float]] = field(default_factory=list)
    beside_s: list[float] = field(default_factory=list)
    alone_s: list[float] = field(default_factory=list)
    during_s: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def begun(self) -> Iterator[None]:
        """
        Run the server until the end of the block.
        """
        with running_web(self._serve_command) as port:
            self.person = Person(port, cookie_of(self.data))
            with closing(self.person):
                # What is made once, and what the database reads first, is no part of the times.
                for page in self.found.pages:
                    self.person.open(page.path)
                yield

    def _serve_command(self, port: int) -> Sequence[object]:
        app = self.data.app
        url = app.database.engine.url.render_as_string(hide_password=False)
        file = app.settings.folder / "newsletter.toml"
        sender = f"[sender]\naddress = {json.dumps(app.settings.sender.address)}\n"
        file.write_text(f"[database]\nurl = {json.dumps(url)}\n{sender}")
        return [PROGRAM, "--config", file, "serve", "--only", "web", "--port", port]

    def open_all(self) -> None:
        """
        Open all pages in turn, *each* time anew, and execute their statements alone.
        """
        self.data.stay_elevated()
        self.person.close()
        took: dict[str, list[float]] = {page.path: [] for page in self.found.pages}
        for _ in range(self.each):
            for page in self.found.pages:
                took[page.path].append(self.person.open(page.path))
        for page in self.found.pages:
            self.took_s.setdefault(page.path, []).append(took[page.path])
            alone = [page.run_statements(self.data.app) for _ in range(_FOR_STATEMENTS)]
            self.floor_s.setdefault(page.path, []).append(statistics.median(alone))

    def type_all(self) -> None:
        """
        Type into the search for people, in everybody and in one list.
        """
        everybody = self.person.type_into_search(TYPED)
        self.typed_s.append(everybody + self.person.type_into_search(TYPED, list="readers"))

    def beside_send(self) -> float:
        """
        Open pages, one after the other, while an issue is sent.
        """
        self.data.stay_elevated()
        paths = [page.path for page in self.found.pages]

        def open_some() -> None:
            took = self.person.open_for(paths, seconds=self.send_s, pause_s=PAUSE_S)
            self.during_s += took

        return self._send(self.beside_s, open_some)

    def send_alone(self) -> float:
        """
        Send, and do nothing else.
        """
        return self._send(self.alone_s, lambda: time.sleep(self.send_s))

    def _send(self, kept: list[float], meanwhile: Callable[[], None]) -> float:
        self.data.send_again()
        send = Send(app=self.data.app, wire=self.wire)
        with send.running():
            meanwhile()
        kept.append(1 / send.rate)
        return kept[-1]

    def rows(self, what: str) -> list[Row]:
        """
        Return what was measured.
        """
        goal = f"pages with a p99 over {GOAL_MS} ms, {what}"
        return [
            *(self._row(page, what) for page in self.found.pages),
            Row(name=NAME, work=goal, counted=", ".join(self._slow()) or "none"),
            Row(
                name=NAME,
                work=f"pages with more than {MOST_STATEMENTS} statements, {what}",
                counted=", ".join(_counted(self.found.crowded)) or "none",
            ),
            Row(
                name=NAME,
                work="routes of which no page can be shown here",
                counted=", ".join(self.found.left_out) or "none",
            ),
            self._typed_row(what),
            Row(
                name=NAME,
                work=f"an email sent while somebody opens a page in {PAUSE_S} s, {what}; "
                f"floor: the send alone, {1 / statistics.median(self.alone_s):,.0f}/s",
                seconds={"ours": self.beside_s, "floor": self.alone_s},
            ),
        ]

    def _row(self, page: Page, what: str) -> Row:
        runs = self.took_s[page.path]
        work = (
            f"{page.path}: p99, {len(page.statements)} statements, {what}; "
            f"floor: its statements; {_middles(runs)}"
        )
        ours = [percentile(took, 0.99) for took in runs]
        return Row(name=NAME, work=work, seconds={"ours": ours, "floor": self.floor_s[page.path]})

    def _typed_row(self, what: str) -> Row:
        ours = [percentile(took, 0.99) for took in self.typed_s]
        letters = len(self.typed_s[0])
        work = f"a letter of {letters} typed into the search: p99, {what}; {_middles(self.typed_s)}"
        return Row(name=NAME, work=work, seconds={"ours": ours})

    def _slow(self) -> list[str]:
        """
        Return the pages that took longer than the goal, with their milliseconds.
        """
        found = []
        for path, runs in self.took_s.items():
            p99_ms = 1000 * percentile([seconds for took in runs for seconds in took], 0.99)
            if p99_ms > GOAL_MS:
                found.append(f"{path} {p99_ms:,.0f} ms")
        return found


def _counted(pages: Sequence[Page]) -> list[str]:
    return [f"{page.path} {page.own_statements}" for page in pages]


def _middles(runs: Sequence[Sequence[float]]) -> str:
    every = [seconds for took in runs for seconds in took]
    p50, p95 = (1000 * percentile(every, share) for share in (0.5, 0.95))
    return f"p50/p95 {p50:.1f}/{p95:.1f} ms"
