"""
An installation with two providers that are told what to answer, and an issue that is being sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from installation import Installation
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import Talks

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.delivery import Capabilities, Receipt, ReceiptKind
from newsletter.model.issue import Issue
from newsletter.store.issues import issues
from newsletter.workers.sender import run_until_done as send

FEW = Capabilities(max_recipients=2, max_bytes=10**9)
AFTER = dt.timedelta(minutes=15)
REFUSED = Receipt(kind=ReceiptKind.RETRY, reason="ConnectError: connection refused")
KEY = "first: check api_key (HTTP 401)"
FOUR = [f"reader{n:04d}@example.org" for n in range(4)]
# Stand-ins on this machine, so that nobody is reached by what a test forgets.
OURS = {name: {"kind": "mailjet", "base_url": "http://127.0.0.1:9"} for name in ("first", "second")}


def two_providers(
    folder: Path, database_url: str, sandbox: Sandbox, *, now: dt.datetime, **delivery: Any
) -> Installation:
    """
    Make an installation whose issues go through `first` and fail over to `second`.
    """
    defaults = {"provider": "first", "fallback_provider": "second", "canary": False}
    return Installation(
        folder, database_url, now=now, sandbox=sandbox, provider=OURS, delivery=defaults | delivery
    )


def installation_with_two_providers(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    """
    The fixture of tests that need no other settings: `two_providers`, on each database in turn.
    """
    installation = two_providers(tmp_path, database_url, warm_sandbox, now=now)
    yield installation
    installation.close()


class OnItsWay:
    """
    An issue to some readers, frozen for two providers, and the dispatcher of one sending process.
    """

    def __init__(
        self, installation: Installation, first: Talks, second: Talks, *, readers: int = 4
    ) -> None:
        self.installation, self.first, self.second = installation, first, second
        first.name, second.name = "first", "second"
        installation.app.providers |= {"first": first, "second": second}
        installation.add_list()
        installation.add_readers(readers)
        self.issue_id = installation.add_issue()
        pipeline.publish_issue(installation.app.publishing, self.issue_id)
        self.dispatcher = installation.app.dispatcher("me")

    @property
    def issue(self) -> Issue:
        with self.installation.app.database.read() as connection:
            return issues.load_issue(connection, self.issue_id)

    def drain(self, dispatcher: Dispatcher | None = None) -> None:
        """
        Submit whatever may be sent now.
        """
        while submit_next(dispatcher or self.dispatcher):
            pass

    def wait(self, time: dt.timedelta, *, step: dt.timedelta = dt.timedelta(minutes=1)) -> None:
        """
        Let *time* pass, and submit at every *step* what may be sent then.
        """
        ends = self.installation.now + time
        while self.installation.now < ends:
            self.installation.now = min(self.installation.now + step, ends)
            self.drain()

    def housekeeping(self) -> None:
        """
        Run one heartbeat of a sending process, without submitting anything.
        """
        send(self.installation.app, is_done=lambda: True, is_stopping=lambda: True)


def people(provider: Talks) -> list[str]:
    """
    Return everybody who was submitted to a provider, sorted: a reader submitted twice appears
    twice.
    """
    return sorted(address for _, handed in provider.handed for address in handed)


def down() -> Talks:
    return Talks([all_of(REFUSED)] * 500, capabilities=FEW)


def up(capabilities: Capabilities = FEW) -> Talks:
    return Talks([all_of(ACCEPTED)] * 500, capabilities=capabilities)
