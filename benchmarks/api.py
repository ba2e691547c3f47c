"""
`api`: programs call the API of a `newsletter serve` while another process sends an issue to
everybody, beside the same without that send; the send alone; and in this process, what a request
costs beside the bare action.
"""

from __future__ import annotations

import time
from contextlib import closing

from benchmarks import installation, pages
from benchmarks.api_calls import InProcess
from benchmarks.api_requests import RATE, READS, Programs
from benchmarks.measure import Row, interleave
from benchmarks.reader_pages import MOST_A_SECOND, Send
from benchmarks.web_process import running_web
from benchmarks.wire import running_sink
from tests.support.postgres import running_postgres

NAME = "api"
RUNS = 3
# So long a send and nothing else.
ALONE_S = 1.5
_SPARE_S = 12
# At least so many upserts, and bulk upserts, are made in a second.
_LEAST_UPSERTS = 40
_LEAST_BULKS = 3


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the API; at full size on both databases.
    """
    if not full:
        return measure(people=20_000, each=20, upserts=100, bulks=2, runs=2)
    rows = measure(people=1_000_000, each=200, upserts=2_000, bulks=50)
    with running_postgres() as url:
        return rows + measure(people=1_000_000, each=200, upserts=2_000, bulks=50, url=url)


def measure(
    *, people: int, each: int, upserts: int, bulks: int, runs: int = RUNS, url: str | None = None
) -> list[Row]:
    """
    Return the rows for an installation with so many *people*.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with running_sink() as wire, installation.opened(people, url=url) as app:
        programs = Programs(app=app, people=people, each=each, upserts=upserts, bulks=bulks)
        programs.prepare()
        with closing(InProcess(programs)) as calls:
            compared = calls.compare(runs, each=each)
        send = Send(app=app, wire=wire)
        writes_s = upserts / _LEAST_UPSERTS + bulks / _LEAST_BULKS
        lasts_s = runs * (each / RATE + writes_s + ALONE_S) + _SPARE_S
        send.freeze(mail, readers=round(lasts_s * MOST_A_SECOND))
        sides = Sides(programs, send)
        with running_web(programs.serve_command) as port:
            programs.port = port
            programs.read()
            interleave(runs, ours=sides.both, floor=sides.programs_alone, naive=sides.send_alone)
        programs.require_all_done()
    what = f"{people:,} people, {'PostgreSQL' if url else 'SQLite'}"
    return [
        *_compared(compared, what),
        *_served(programs, f"{what}, a send of {send.rate:,.0f}/s"),
        Row(
            name=NAME,
            work=f"an email sent beside these requests, {what}; floor: the send alone",
            seconds={"ours": sides.beside_s, "floor": sides.alone_s},
        ),
    ]


class Sides:
    """
    The programs and the send, each alone and both together. `beside_s` and `alone_s` have the
    seconds that an email took.
    """

    def __init__(self, programs: Programs, send: Send) -> None:
        self.programs, self.send = programs, send
        self.beside_s: list[float] = []
        self.alone_s: list[float] = []

    def both(self) -> float:
        """
        Make the requests during a send.
        """
        sent, lasted_s = self.send.sent, self.send.lasted_s
        with self.send.running():
            took_s = self.programs.read("ours")
        self.beside_s.append((self.send.lasted_s - lasted_s) / (self.send.sent - sent))
        with self.send.running():
            return took_s + self.programs.write("ours")

    def programs_alone(self) -> float:
        """
        Make the requests.
        """
        return self.programs.read("floor") + self.programs.write("floor")

    def send_alone(self) -> float:
        """
        Send for a while.
        """
        sent, lasted_s = self.send.sent, self.send.lasted_s
        with self.send.running():
            time.sleep(ALONE_S)
        self.alone_s.append((self.send.lasted_s - lasted_s) / (self.send.sent - sent))
        return ALONE_S


def _compared(found: dict[str, dict[str, list[float]]], what: str) -> list[Row]:
    return [
        Row(name=NAME, work=f"{kind} in one process, {what}; floor: the bare action", seconds=took)
        for kind, took in found.items()
    ]


def _served(programs: Programs, what: str) -> list[Row]:
    rows = []
    for kind in (*READS, "upsert"):
        middles = "/".join(f"{programs.middle_ms(name, kind):.1f}" for name in ("ours", "floor"))
        took = {name: programs.p99_s(name, kind) for name in ("ours", "floor")}
        work = f"{kind}: p99 of {RATE} a second, {what}; floor: without; p50 {middles} ms"
        rows.append(Row(name=NAME, work=work, seconds=took))
    for kind in ("upsert", "bulk row"):
        took = {name: programs.each_s[name, kind] for name in ("ours", "floor")}
        a_second = "/".join(f"{len(took[name]) / sum(took[name]):,.0f}" for name in took)
        work = f"each {kind} of as many as possible, {what}; floor: without; {a_second} a second"
        rows.append(Row(name=NAME, work=work, seconds=took))
    return rows
