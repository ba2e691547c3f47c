"""
Senders that are known to be wrong, to see that the suites notice: they keep a small ledger of their
own, speak the plain form to the sink, and claim what they believe. No code of the product.

`naive_retry` marks people sent after the call, and calls again whatever went wrong.
`cursor_at_fetch` moves its cursor when it fetches a batch, so what it had fetched is gone after a
crash. `sent_before_send` marks people sent before the call, and is wrong whenever that fails.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODES = ("naive_retry", "cursor_at_fetch", "sent_before_send")
TRIES = 3


@dataclass(kw_only=True)
class BadSender:
    """
    One process of it, which dies at `point` when that is passed for the `times`-th time. `label` is
    what the labels of its mails begin with.
    """

    mode: str
    folder: Path
    sink: str
    batch: int
    point: str
    times: int
    deadline_s: float
    label: str = ""

    def __post_init__(self) -> None:
        self.audience: list[str] = json.loads((self.folder / "audience.json").read_text())
        self.ledger = sqlite3.connect(self.folder / "bad.db", isolation_level=None)
        self.ledger.execute("CREATE TABLE IF NOT EXISTS sent (number INTEGER PRIMARY KEY)")
        self.ledger.execute("CREATE TABLE IF NOT EXISTS cursor (at INTEGER)")

    def step(self, name: str) -> None:
        if name == self.point:
            self.times -= 1
            if self.times == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def send_all(self) -> None:
        self.step("freeze.before")
        self.step("freeze.before_commit")
        self.step("freeze.after")
        for numbers in self._batches():
            self.step("claim.after")
            self.step("intent.before_commit")
            if self.mode != "naive_retry":
                self._mark(numbers)
            self.step("intent.after")
            self._submit(numbers)
            self.step("call.after")
            self.step("result.before_commit")
            if self.mode == "naive_retry":
                self._mark(numbers)
            self.step("result.after")

    def _batches(self) -> Iterator[list[int]]:
        start = self._cursor() if self.mode == "cursor_at_fetch" else 0
        sent = {number for (number,) in self.ledger.execute("SELECT number FROM sent")}
        waiting = [n for n in range(start, len(self.audience)) if n not in sent]
        for place in range(0, len(waiting), self.batch):
            self.step("claim.before")
            numbers = waiting[place : place + self.batch]
            self.ledger.execute("INSERT INTO cursor VALUES (?)", [numbers[-1] + 1])
            yield numbers

    def _cursor(self) -> int:
        (at,) = self.ledger.execute("SELECT max(at) FROM cursor").fetchone()
        return at or 0

    def _mark(self, numbers: Sequence[int]) -> None:
        self.ledger.execute("BEGIN")
        self.ledger.executemany("INSERT OR IGNORE INTO sent VALUES (?)", [(n,) for n in numbers])
        self.ledger.execute("COMMIT")

    def _submit(self, numbers: Sequence[int]) -> None:
        tries = TRIES if self.mode == "naive_retry" else 1
        for _ in range(tries):
            try:
                self._call(numbers)
            except (OSError, http.client.HTTPException):
                continue
            return

    def _call(self, numbers: Sequence[int]) -> None:
        who = [self.audience[number] for number in numbers]
        items = [
            {"to": [one], "tags": [{"name": "delivery", "value": f"{self.label}{one}"}]}
            for one in who
        ]
        body = json.dumps(items).encode()
        for point, share in (("call.half", 0.5), ("call.written", 1.0)):
            if self.point == point and self.times == 1:
                self._write_by_hand(body, share)
            self.step(point)
        request = urllib.request.Request(f"{self.sink}/plain/emails/batch", data=body)
        with urllib.request.urlopen(request, timeout=self.deadline_s) as answer:
            answer.read()

    def _write_by_hand(self, body: bytes, share: float) -> None:
        host, _, run = self.sink.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(host)
        connection.putrequest("POST", f"/{run}/plain/emails/batch")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.send(body[: int(len(body) * share)])

    def report(self) -> None:
        """
        Write what it believes, in the words of the product's public commands.
        """
        sent = {number for (number,) in self.ledger.execute("SELECT number FROM sent")}
        if self.mode == "cursor_at_fetch":
            sent = set(range(self._cursor()))
        states = ["accepted" if n in sent else "rejected" for n in range(len(self.audience))]
        ends = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")
        status = {end: states.count(end) for end in ends} | {"audience": len(states)}
        (self.folder / "status.json").write_text(json.dumps(status))
        recipients = [
            {"address": who, "state": state}
            for who, state in zip(self.audience, states, strict=True)
        ]
        (self.folder / "recipients.json").write_text(json.dumps(recipients))


def run(parameters: Mapping[str, Any]) -> None:
    """
    Send as *parameters* say: the Job of `processes.sender`, and the `mode` of a bad sender.
    """
    sender = BadSender(
        mode=parameters["mode"],
        folder=Path(parameters["folder"]),
        sink=parameters["sink"],
        batch=parameters.get("batch", 50),
        point=parameters.get("point", ""),
        times=parameters.get("times", 1),
        deadline_s=parameters.get("deadline_s", 60.0),
        label=parameters.get("label", ""),
    )
    sender.send_all()
    if parameters.get("reports"):
        sender.report()
