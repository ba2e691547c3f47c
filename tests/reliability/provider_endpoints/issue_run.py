"""
One issue sent through one provider, for the `providers` suite: the sender is killed and started
again, webhooks report what the provider took, and the outcome is judged.
"""

from __future__ import annotations

import contextlib
import html
import http.client
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
from reliability.processes.configured_sender import CERTIFICATE, advance_clock
from reliability.processes.fork_server import Function
from reliability.processes.ports import free_port, wait_for_port
from reliability.provider_endpoints.endpoint import ProviderEndpoint
from reliability.provider_endpoints.settings import write_provider_settings
from reliability.provider_endpoints.webhooks import REPORTERS, webhooks_about
from reliability.runs.checker import judge
from reliability.runs.draft import address
from reliability.runs.realistic_draft import name as name_of
from reliability.runs.row import CONNECTIONS, PRODUCT, SMALL_BATCH, Row, sender_job
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

# Those that can be asked later, by a key or a search: with them no outcome stays uncertain.
RECONCILED = frozenset({"resend", "postmark", "mailgun", "mailjet"})
# Brevo refuses a key that was used, which is no proof after one of these.
SERVER_ERRORS = ("500", "502, taken", "503")
KILLS = 2
# One reader in so many is refused by the provider: one call in twenty has one.
REFUSED_EVERY = 500
LONGEST_S = 120.0
# Past the lease of a dead process and the end of any call it may have left.
PAST_LEASE_S = 100.0


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How many readers; how long a call may take, and what comes later than that; in how many messages
    over SMTP each ending comes once; how often the same call may meet trouble. *endings* are those
    of the endpoint, None for all.
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
        return self.readers // SMALL_BATCH

    @property
    def refused(self) -> frozenset[str]:
        return frozenset(address(n) for n in range(7, self.readers + 1, REFUSED_EVERY))


@dataclass(kw_only=True)
class IssueRun:
    """
    One issue that is sent through one provider.
    """

    environment: SuiteEnvironment
    row: Row
    run: SuiteRun
    endpoint: ProviderEndpoint
    size: Size
    seed: int

    def send(self, at: str) -> None:
        """
        Send, killed and started again, until everybody has a final state.
        """
        job = self._job(at)
        # Another string would kill at other moments for the same seeds.
        rng = random.Random(f"r12-{self.seed}")
        for _ in range(KILLS):
            self._kill_within(job, rng)
            advance_clock(self.run.folder, PAST_LEASE_S)
        self._finish(job)
        if self.row.kind in REPORTERS and self.row.sender == PRODUCT:
            self._deliver_webhooks()
            self._finish(job)

    def _job(self, at: str) -> dict[str, Any]:
        row, folder = self.row, self.run.folder
        if row.sender != PRODUCT:
            job = sender_job(self.run, row.sender, row.kind)
            return job | {"sink": at, "batch": SMALL_BATCH, "deadline_s": self.size.deadline_s}
        write_provider_settings(
            folder, row.kind, at, database_url=self.run.database_url, connections=CONNECTIONS
        )
        return {
            "folder": str(folder),
            "most": SMALL_BATCH,
            "deadline_s": self.size.deadline_s,
            "seed": self.seed,
            "connections": CONNECTIONS,
        }

    @property
    def _function(self) -> Function:
        return configured_sender.run if self.row.sender == PRODUCT else bad_senders.run

    def _kill_within(self, job: dict[str, Any], rng: random.Random) -> None:
        """
        Start the sender, and kill it some calls later, wherever it is then.
        """
        pid = self.environment.forks.start(self._function, job)
        more = rng.randint(2, self.size.batches // 3) * self.endpoint.messages_per_batch
        wait_for_calls(self.endpoint, self.endpoint.calls + more)
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

    def _deliver_webhooks(self) -> None:
        """
        Have a web process receive what the provider reports of the messages it took.
        """
        folder = self.run.folder
        (folder / CERTIFICATE).write_bytes(certificate())
        with App(settings=load_settings(folder / "newsletter.toml")) as app:
            path = app.links.webhook("bulk").removeprefix(app.site.base_url)
        with web_process(self.environment, folder) as port:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            for raw, headers in webhooks_about(
                self.row.kind, self.endpoint.arrived(), self.endpoint.behaviour.clock()
            ):
                connection.request("POST", path, raw, dict(headers))
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    self.row.wrong.append(f"a webhook was answered with {response.status}")
            connection.close()

    def judge(self) -> None:
        """
        Add the run to its row.
        """
        row, messages = self.row, self.endpoint.arrived()
        status = self.run.status()
        recipients = self.run.recipients()
        found = judge(
            [{"at": 0.0, "accepted": [one.to for one in messages]}],
            self.run.audience,
            status=status,
            recipients=recipients,
            left_at=None,
            slack_s=0.0,
        )
        row.add(f"seed {self.seed}", found, most_uncertain=self._most_uncertain())
        row.notes = self._summary()
        if row.sender == PRODUCT:
            states = {one["address"]: one["state"] for one in recipients}
            row.wrong += [*self.endpoint.wrong[:5], *self._contradictions(states, messages)]

    def _most_uncertain(self) -> int:
        if self.row.kind == "brevo":
            return SMALL_BATCH * sum(self.endpoint.endings.counts[e] for e in SERVER_ERRORS)
        if self.row.kind in RECONCILED:
            return 0
        return self.endpoint.maybe_uncertain + KILLS * CONNECTIONS * SMALL_BATCH

    def _contradictions(
        self, states: Mapping[str, str], messages: Sequence[Arrived]
    ) -> Iterator[str]:
        """
        Describe what is wrong where nobody was doubled or lost.
        """
        refused = {who for who, state in states.items() if state == "rejected"}
        for who in sorted(refused - self.endpoint.behaviour.refused):
            yield f"{who} is rejected, though the provider refuses others"
        for one in messages:
            name = name_of(int(one.to.removeprefix("reader").partition("@")[0]))
            if any(name not in part for part in (one.subject, one.text, html.unescape(one.html))):
                yield f"{one.to} got a mail that is not theirs"
        if self.row.kind in REPORTERS:
            uncertain = {who for who, state in states.items() if state == "uncertain"}
            for who in sorted(uncertain.intersection(one.to for one in messages)):
                yield f"{who} is uncertain, though an event named them"
        with contextlib.suppress(FileNotFoundError):
            yield from (self.run.folder / "pauses").read_text().splitlines()

    def _summary(self) -> str:
        refused = self.run.folder / "refused"
        counts = dict(sorted(self.endpoint.endings.counts.items()))
        if refused.exists():
            counts["refused"] = len(refused.read_bytes())
        faults = ", ".join(f"{name.replace(', ', ' ')} {times}" for name, times in counts.items())
        return f"{self.endpoint.calls} calls, {self.row.kills} kills; {faults}"


def wait_for_calls(endpoint: ProviderEndpoint, goal: int) -> None:
    until_s = time.monotonic() + LONGEST_S
    while endpoint.calls < goal:
        if time.monotonic() > until_s:
            raise AssertionError(f"{endpoint.calls} calls, and {goal} never came")
        time.sleep(0.002)


@contextlib.contextmanager
def web_process(environment: SuiteEnvironment, folder: Path) -> Iterator[int]:
    """
    Run the web part of the installation in *folder* until the block ends, and give its port.
    """
    port = free_port()
    web = environment.forks.start(configured_sender.serve, {"folder": str(folder), "port": port})
    try:
        wait_for_port(port)
        yield port
    finally:
        os.kill(web, signal.SIGKILL)
        environment.forks.wait(web)
