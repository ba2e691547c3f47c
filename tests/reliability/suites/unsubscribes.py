"""
Readers unsubscribe with one click while their issue is sent; none gets a mail whose call began
after the response. Meanwhile people join: they get their confirmation and their welcome, unless
they are suppressed or have left again before.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.app import App
from newsletter.settings import load_settings
from reliability.processes import sender
from reliability.processes.ports import free_port, wait_for_port
from reliability.runs.checker import accepted_calls
from reliability.runs.draft import address
from reliability.runs.joins import FILE as JOINS
from reliability.runs.joins import SLACK_S
from reliability.runs.row import PRODUCT, Row, frozen_provider, sender_function, sender_job
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

BATCH = 50
CLICKERS = 4
BODY = "List-Unsubscribe=One-Click"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, kw_only=True)
class Size:
    readers: int = 10_000
    leavers: int = 1_000
    joiners: int = 400
    delay_s: tuple[float, float] = (0.08, 0.12)


@dataclass(kw_only=True)
class Clicks:
    """
    What became of the clicks: when each was answered, and how long that took.
    """

    left_at: dict[str, float] = field(default_factory=dict)
    took_s: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def keep(self, who: str, status: int, took_s: float) -> None:
        self.took_s.append(took_s)
        if status == 200:
            self.left_at[who] = time.time()
        else:
            self.refused.append(status)

    @property
    def p99_ms(self) -> float:
        return 1000 * sorted(self.took_s)[math.ceil(0.99 * len(self.took_s)) - 1]


def fill(
    environment: SuiteEnvironment,
    row: Row,
    *,
    seeds: Sequence[int],
    size: Size,
    most_p99_ms: float = math.inf,
) -> None:
    """
    Fill *row*: a run for each seed. Slower answers than *most_p99_ms* are wrong.
    """
    for seed in seeds:
        run_once(environment, row, seed=seed, size=size, most_p99_ms=most_p99_ms)


def run_once(
    environment: SuiteEnvironment, row: Row, *, seed: int, size: Size, most_p99_ms: float
) -> None:
    name = f"unsubscribes-{row.sender}-{row.database}-{seed}"
    script = {"seed": seed, "delay_s": size.delay_s}
    frozen_for = frozen_provider(row, BATCH)
    with environment.fresh_run(
        name, database=row.database, readers=size.readers, script=script, frozen_for=frozen_for
    ) as run:
        links = unsubscribe_paths(run)
        port = free_port()
        web = environment.forks.start(sender.serve, {"folder": str(run.folder), "port": port})
        wait_for_port(port)
        job = sender_job(run, row.sender, row.kind) | {"batch": BATCH, "reports": True}
        joins = 0
        if row.sender == PRODUCT:
            joins = environment.start_joining(run, kind=row.kind, batch=BATCH, joiners=size.joiners)
            job["awaits"] = str(run.folder / JOINS)
        sending = environment.forks.start(sender_function(row.sender), job)
        wait_for_first_call(run)
        lasts_s = size.readers / BATCH * sum(size.delay_s) / 2 / (2 if row.sender == PRODUCT else 1)
        clicks = click(port, links, random.Random(seed), count=size.leavers, lasts_s=lasts_s)
        if joins and environment.forks.wait(joins) != 0:
            os.kill(sending, signal.SIGKILL)
            row.wrong.append(f"seed {seed}: not everybody could join")
        status = environment.forks.wait(sending)
        os.kill(web, signal.SIGKILL)
        environment.forks.wait(web)
        judge(row, run, clicks, seed=seed, most_p99_ms=most_p99_ms)
        if status:
            row.wrong.append(f"seed {seed}: the sender ended with {status}")


def judge(row: Row, run: SuiteRun, clicks: Clicks, *, seed: int, most_p99_ms: float) -> None:
    """
    Add the run to *row*; one in which nobody left in time proves nothing.
    """
    row.add(f"seed {seed}", run.figures(left_at=clicks.left_at, slack_s=SLACK_S), most_uncertain=0)
    skipped = run.status()["skipped"]
    row.notes = (
        f"p99 {clicks.p99_ms:.0f} ms, {skipped} left in time, {count_in_flight(run, clicks)} not; "
        f"{run.notice_counts()}"
    )
    if clicks.refused:
        row.wrong.append(f"seed {seed}: clicks answered with {set(clicks.refused)}")
    if row.sender == PRODUCT and not skipped:
        row.wrong.append(f"seed {seed}: nobody left in time")
    if clicks.p99_ms > most_p99_ms:
        row.wrong.append(f"seed {seed}: p99 {clicks.p99_ms:.0f} ms, over {most_p99_ms:.0f}")


def unsubscribe_paths(run: SuiteRun) -> dict[str, str]:
    """
    Return the path of each reader's one-click address, as their mail has it.
    """
    with App(settings=load_settings(run.folder / "newsletter.toml")) as app:
        start = len(app.links.base_url)
        numbers = range(1, len(run.audience) + 1)
        return {address(n): app.links.unsubscribe(n)[start:] for n in numbers}


def click(
    port: int, links: dict[str, str], rng: random.Random, *, count: int, lasts_s: float
) -> Clicks:
    """
    Unsubscribe *count* readers, one after the other and some at once, spread over *lasts_s*.
    """
    clicks, guard = Clicks(), threading.Lock()
    leavers = rng.sample(sorted(links), count)
    began_s = time.monotonic()

    def work(place: int) -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            for number in range(place, count, CLICKERS):
                time.sleep(max(0.0, began_s + lasts_s * number / count - time.monotonic()))
                asked_s = time.monotonic()
                status = one_click(connection, links[leavers[number]])
                with guard:
                    clicks.keep(leavers[number], status, time.monotonic() - asked_s)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CLICKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clicks


def one_click(connection: http.client.HTTPConnection, path: str) -> int:
    """
    Send RFC 8058's POST, and return the status of the response.
    """
    connection.request("POST", path, BODY, HEADERS)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def count_in_flight(run: SuiteRun, clicks: Clicks) -> int:
    """
    Count those who left while the call with their mail was already on its way.
    """
    return sum(
        1
        for call in accepted_calls(run.log)
        for who in call["accepted"]
        if clicks.left_at.get(who, math.inf) < call["at"]
    )


def wait_for_first_call(run: SuiteRun) -> None:
    for _ in range(1200):
        if run.log.exists():
            return
        time.sleep(0.05)
    raise AssertionError("nothing was sent")
