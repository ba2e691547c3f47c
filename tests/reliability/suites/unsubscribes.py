"""
R8: readers who unsubscribe with one click while their issue is being sent; none gets a mail whose
hand-over began after the answer.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.app import App
from newsletter.settings import load_settings
from reliability.processes import sender
from reliability.processes.fork_server import ForkServer
from reliability.runs.checker import accepted_calls
from reliability.runs.draft import address
from reliability.runs.installations import Play, Stage
from reliability.runs.row import PRODUCT, Row, frozen_by, function_of, job_of

BATCH = 50
# From the intent, which looks who left, until the call's first bytes reach the sink.
SLACK_S = 1.0
CLICKERS = 4
BODY = "List-Unsubscribe=One-Click"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, kw_only=True)
class Size:
    readers: int = 10_000
    leaving: int = 1_000
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


def leaving(
    stage: Stage,
    forks: ForkServer,
    row: Row,
    *,
    seeds: Sequence[int],
    size: Size,
    most_p99_ms: float = math.inf,
) -> None:
    """
    Fills *row*: a run for each seed. Slower answers than *most_p99_ms* are wrong.
    """
    for seed in seeds:
        one_run(stage, forks, row, seed=seed, size=size, most_p99_ms=most_p99_ms)


def one_run(
    stage: Stage, forks: ForkServer, row: Row, *, seed: int, size: Size, most_p99_ms: float
) -> None:
    name = f"r8-{row.sender}-{row.database}-{seed}"
    script = {"seed": seed, "delay_s": size.delay_s}
    frozen_for = frozen_by(row, BATCH)
    with stage.play(
        name, database=row.database, readers=size.readers, script=script, frozen_for=frozen_for
    ) as play:
        links = links_of(play)
        port = free_port()
        web = forks.start(sender.serve, {"folder": str(play.folder), "port": port})
        await_port(port)
        job = job_of(play, row.sender, stage, row.kind) | {"batch": BATCH, "reports": True}
        sending = forks.start(function_of(row.sender), job)
        await_first_call(play)
        lasts_s = size.readers / BATCH * sum(size.delay_s) / 2 / (2 if row.sender == PRODUCT else 1)
        clicks = click(port, links, random.Random(seed), count=size.leaving, lasts_s=lasts_s)
        status = forks.wait(sending)
        os.kill(web, signal.SIGKILL)
        forks.wait(web)
        judge(row, play, clicks, seed=seed, most_p99_ms=most_p99_ms)
        if status:
            row.wrong.append(f"seed {seed}: the sender ended with {status}")


def judge(row: Row, play: Play, clicks: Clicks, *, seed: int, most_p99_ms: float) -> None:
    """
    Adds the run to *row*; one in which nobody left in time proves nothing.
    """
    row.add(f"seed {seed}", play.figures(left_at=clicks.left_at, slack_s=SLACK_S), most_doubt=0)
    skipped = play.status()["skipped"]
    row.notes = (
        f"p99 {clicks.p99_ms:.0f} ms, {skipped} left in time, {on_the_way(play, clicks)} not"
    )
    if clicks.refused:
        row.wrong.append(f"seed {seed}: clicks answered with {set(clicks.refused)}")
    if row.sender == PRODUCT and not skipped:
        row.wrong.append(f"seed {seed}: nobody left in time")
    if clicks.p99_ms > most_p99_ms:
        row.wrong.append(f"seed {seed}: p99 {clicks.p99_ms:.0f} ms, over {most_p99_ms:.0f}")


def links_of(play: Play) -> dict[str, str]:
    """
    The path of each reader's one-click address, as their mail has it.
    """
    with App(settings=load_settings(play.folder / "newsletter.toml")) as app:
        start = len(app.links.base_url)
        numbers = range(1, len(play.audience) + 1)
        return {address(n): app.links.unsubscribe(n)[start:] for n in numbers}


def click(
    port: int, links: dict[str, str], rng: random.Random, *, count: int, lasts_s: float
) -> Clicks:
    """
    *count* readers leave, one after the other and some at once, spread over *lasts_s*.
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
    The status that RFC 8058's POST is answered with.
    """
    connection.request("POST", path, BODY, HEADERS)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def on_the_way(play: Play, clicks: Clicks) -> int:
    """
    How many left while the call with their mail was already on its way.
    """
    return sum(
        1
        for call in accepted_calls(play.log)
        for who in call["accepted"]
        if clicks.left_at.get(who, math.inf) < call["at"]
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def await_port(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the pages did not come up")


def await_first_call(play: Play) -> None:
    for _ in range(1200):
        if play.log.exists():
            return
        time.sleep(0.05)
    raise AssertionError("nothing was sent")
