"""
One issue sent through one provider, for the `providers` suite: the sender is killed and started
again, webhooks tell what the provider took, and the outcome is judged.
"""

from __future__ import annotations

import contextlib
import html
import http.client
import json
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_provider import Arrived
from sns_samples import certificate

from newsletter.app import App
from newsletter.settings import load_settings
from reliability.known_bad import senders as bad_senders
from reliability.processes import configured_sender
from reliability.processes.configured_sender import CERTIFICATE, pass_time
from reliability.processes.fork_server import Function
from reliability.provider_endpoints.endpoint import FarEnd
from reliability.provider_endpoints.settings import set_up
from reliability.provider_endpoints.webhooks import SPEAKERS, spoken
from reliability.runs.checker import judge
from reliability.runs.draft import address
from reliability.runs.realistic_draft import name as name_of
from reliability.runs.row import FEW, LANES, PRODUCT, Row, job_of
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun
from reliability.suites.unsubscribes import await_port, free_port

# Those that can be asked later, by a key or a search: with them no doubt stays.
ASKED = frozenset({"resend", "postmark", "mailgun", "mailjet", "brevo"})
KILLS = 2
# One reader in so many is refused by the provider: one call in twenty has one.
REFUSED_EVERY = 500
LONGEST_S = 120.0
# Past the lease of a dead process and the end of any call it may have left.
BURIED_S = 100.0


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How many readers; how long a call may take, and what comes later than that; in how many messages
    over SMTP each ending comes once; how often the same call may meet trouble. *endings* are those
    of the far end, None for all.
    """

    readers: int = 2_500
    deadline_s: float = 3.0
    every: int = 200
    most_times: int = 3
    endings: Sequence[str] | None = None

    @property
    def slow_s(self) -> float:
        return self.deadline_s + 0.5

    @property
    def batches(self) -> int:
        return self.readers // FEW

    @property
    def refused(self) -> frozenset[str]:
        return frozenset(address(n) for n in range(7, self.readers + 1, REFUSED_EVERY))


@dataclass(kw_only=True)
class IssueRun:
    """
    One issue on its way to one far end.
    """

    environment: SuiteEnvironment
    row: Row
    run: SuiteRun
    end: FarEnd
    size: Size
    seed: int

    def send(self, at: str) -> None:
        """
        The sender, killed and started again, until everybody has an end.
        """
        job = self._job(at)
        # Another string would kill at other moments for the same seeds.
        rng = random.Random(f"r12-{self.seed}")
        for _ in range(KILLS):
            self._kill_within(job, rng)
            pass_time(self.run.folder, BURIED_S)
        self._finish(job)
        if self.row.kind in SPEAKERS and self.row.sender == PRODUCT:
            self._have_it_told()
            self._finish(job)

    def _job(self, at: str) -> dict[str, Any]:
        row, folder = self.row, self.run.folder
        if row.sender != PRODUCT:
            job = job_of(self.run, row.sender, row.kind)
            return job | {"sink": at, "batch": FEW, "deadline_s": self.size.deadline_s}
        set_up(folder, row.kind, at, database_url=self.run.database_url, lanes=LANES)
        return {
            "folder": str(folder),
            "most": FEW,
            "deadline_s": self.size.deadline_s,
            "seed": self.seed,
            "lanes": LANES,
        }

    @property
    def _function(self) -> Function:
        return configured_sender.run if self.row.sender == PRODUCT else bad_senders.run

    def _kill_within(self, job: dict[str, Any], rng: random.Random) -> None:
        """
        Starts the sender, and kills it some calls later, wherever it is then.
        """
        pid = self.environment.forks.start(self._function, job)
        more = rng.randint(2, self.size.batches // 3) * self.end.a_batch
        await_calls(self.end, self.end.calls + more)
        time.sleep(rng.uniform(0.0, 0.05))
        os.kill(pid, signal.SIGKILL)
        death = self.environment.forks.wait(pid)
        if death != -signal.SIGKILL:
            raise AssertionError(f"{self.run.name} ended by itself with {death}")
        self.row.kills += 1

    def _finish(self, job: dict[str, Any]) -> None:
        life = self.environment.forks.run(self._function, job | {"reports": True})
        if life != 0:
            raise AssertionError(f"{self.run.name}: the restart ended with {life}")

    def _have_it_told(self) -> None:
        """
        A web process hears what the provider says of the messages it took.
        """
        folder = self.run.folder
        (folder / CERTIFICATE).write_bytes(certificate())
        with App(settings=load_settings(folder / "newsletter.toml")) as app:
            path = app.links.hook("bulk").removeprefix(app.site.base_url)
        with web_process(self.environment, folder) as port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            for raw, headers in spoken(self.row.kind, self.end.arrived(), self.end.world.clock()):
                connection.request("POST", path, raw, dict(headers))
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.row.wrong.append(f"a webhook was answered with {answer.status}")
            connection.close()

    def judge(self) -> None:
        """
        Adds the run to its row.
        """
        row, took = self.row, self.end.arrived()
        status = self.run.status()
        recipients = json.loads((self.run.folder / "recipients.json").read_text())
        found = judge(
            [{"at": 0.0, "accepted": [one.to for one in took]}],
            self.run.audience,
            status=status,
            recipients=recipients,
            left_at=None,
            slack_s=0.0,
        )
        row.add(f"seed {self.seed}", found, most_doubt=self._most_doubt())
        row.notes = self._told()
        if row.sender == PRODUCT:
            states = {one["email"]: one["state"] for one in recipients}
            row.wrong += [*self.end.wrong[:5], *self._misread(states, took)]

    def _most_doubt(self) -> int:
        if self.row.kind in ASKED:
            return 0
        return self.end.doubtful + KILLS * LANES * FEW

    def _misread(self, states: Mapping[str, str], took: Sequence[Arrived]) -> Iterator[str]:
        """
        What is wrong where nobody was doubled or lost.
        """
        refused = {who for who, state in states.items() if state == "rejected"}
        for who in sorted(refused - self.end.world.refused):
            yield f"{who} is rejected, though the provider refuses others"
        for one in took:
            name = name_of(int(one.to.removeprefix("reader").partition("@")[0]))
            if any(name not in part for part in (one.subject, one.text, html.unescape(one.html))):
                yield f"{one.to} got a mail that is not theirs"
        if self.row.kind in SPEAKERS:
            in_doubt = {who for who, state in states.items() if state == "uncertain"}
            for who in sorted(in_doubt.intersection(one.to for one in took)):
                yield f"{who} is in doubt, though an event named them"
        with contextlib.suppress(FileNotFoundError):
            yield from (self.run.folder / "pauses").read_text().splitlines()

    def _told(self) -> str:
        refused = self.run.folder / "refused"
        dealt = dict(sorted(self.end.deck.dealt.items()))
        if refused.exists():
            dealt["refused"] = len(refused.read_bytes())
        faults = ", ".join(f"{name.replace(', ', ' ')} {times}" for name, times in dealt.items())
        return f"{self.end.calls} calls, {self.row.kills} kills; {faults}"


def await_calls(end: FarEnd, goal: int) -> None:
    until_s = time.monotonic() + LONGEST_S
    while end.calls < goal:
        if time.monotonic() > until_s:
            raise AssertionError(f"{end.calls} calls, and {goal} never came")
        time.sleep(0.002)


@contextlib.contextmanager
def web_process(environment: SuiteEnvironment, folder: Path) -> Iterator[int]:
    """
    The port of the web part of the installation in *folder*, which runs until the block ends.
    """
    port = free_port()
    web = environment.forks.start(configured_sender.serve, {"folder": str(folder), "port": port})
    try:
        await_port(port)
        yield port
    finally:
        os.kill(web, signal.SIGKILL)
        environment.forks.wait(web)
