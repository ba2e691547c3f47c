"""
A sending process that kills itself, for `test_kill.py`; the fork server runs it.

Arguments: folder, database address, seconds the clock is ahead, issue, and the point and how often
it may be passed before the process ends itself with SIGKILL (point "" for never).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Provider
from newsletter.model.mail import Mail, Recipient
from newsletter.settings import Settings
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.issues.issues import load_issue
from newsletter.workers.sender import run_until_done

BATCH = 50


class CrashPoint:
    """
    Kills this process when *point* is passed for the *times*-th time.
    """

    def __init__(self, point: str, times: int) -> None:
        self.point, self.left = point, times

    def __call__(self, step: str) -> None:
        if step != self.point:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class SmallBatches:
    """
    A provider that takes few at a time, and is killed with half a batch written.
    """

    def __init__(self, inner: Provider, on_step: CrashPoint) -> None:
        self.inner, self.on_step, self.name = inner, on_step, inner.name

    @property
    def capabilities(self) -> Capabilities:
        return dataclasses.replace(self.inner.capabilities, max_recipients=BATCH)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        half = len(recipients) // 2
        first = self.inner.send(mail, recipients[:half], key)
        self.on_step("call.middle")
        second = self.inner.send(mail, recipients[half:], key)
        return BatchResult(receipts=first.receipts + second.receipts)

    def look_up(self, attempt: Attempt) -> BatchResult:
        return self.inner.look_up(attempt)


def main() -> None:
    folder, url, ahead_s, issue, point, times = sys.argv[1:]
    issue_id, crash_point = int(issue), CrashPoint(point, int(times))
    settings = {
        "site": {"name": "The Institute", "base_url": "https://news.example.org"},
        "database": {"url": url},
        "sender": {"name": "The Desk", "address": "desk@example.org"},
        "delivery": {"connections": 1},
        "folder": Path(folder),
    }
    ahead = dt.timedelta(seconds=float(ahead_s))
    with App(
        settings=Settings(**settings), clock=lambda: utc_now() + ahead, on_step=crash_point
    ) as app:
        app.providers["outbox"] = SmallBatches(app.provider_named("outbox"), crash_point)
        pipeline.resume(app.publishing)
        with app.database.read() as connection:
            state = load_issue(connection, issue_id).state
        if state == "draft":
            pipeline.publish_issue(app.publishing, issue_id)

        def is_done() -> bool:
            with app.database.read() as connection:
                counts = count_deliveries(connection, issue_id).as_json()
                return counts["pending"] + counts["uncertain"] == 0

        run_until_done(app, is_done=is_done)
