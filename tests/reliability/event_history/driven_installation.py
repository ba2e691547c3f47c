"""
The product as the `events` suite drives it, in this process: an issue in three calls, webhooks put
into the inbox and processed, a clock that the suite sets; and what it then knows of each reader.
"""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

import sqlalchemy as sa
from origins import STAFF

from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Submission
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.model.delivery import Provider
from newsletter.model.event import Outcome
from newsletter.model.identifiers import instance_in
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.postmark.provider import PostmarkProvider
from newsletter.providers.resend.provider import ResendProvider
from newsletter.settings import load_settings
from newsletter.store.delivery.status.recipients import recipient_statuses
from newsletter.store.events import inbox, outcomes
from newsletter.store.events.inbox import Arrival
from newsletter.store.issues import issues
from newsletter.store.tables import delivery
from reliability.event_history.history import BATCH, ReaderRecord
from reliability.processes.killable_process import SmallBatchProvider
from reliability.processes.sender import InlineSandbox
from reliability.runs.draft import SLUG
from reliability.runs.joins import ISSUE
from reliability.runs.suite_run import SuiteRun
from subscribers.database.tables import subscription
from subscribers.lists import find_list
from subscribers.model import SubscriptionState
from subscribers.subscriptions.begin import subscribe
from subscribers.suppression.model import ALL_LISTS
from subscribers.suppression.records import list_suppressions
from subscribers.suppression.rules import lift
from subscribers.validation.address import parse_address

# Past the last thing that happens in a history, and within a key's life.
HISTORY_S = 50_000
AHEAD = dt.timedelta(minutes=20)


@dataclass(kw_only=True)
class FakeTransport:
    """
    What takes the place of HTTP. The first calls of the batches in `unanswered` end without a
    response, and those in `lost` were not taken either. `taken` counts the copies of each address.
    """

    kind: str
    unanswered: frozenset[int]
    lost: frozenset[int]
    taken: collections.Counter[str] = field(default_factory=collections.Counter)
    _by_key: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        items = json.loads(content)
        key = headers.get("Idempotency-Key") or items[0].get("Metadata", {}).get("batch", "")
        place = len(self._by_key)
        is_first = not key or key not in self._by_key
        if is_first:
            is_lost = place in self.lost
            self._by_key[key or str(place)] = [] if is_lost else self._take(items)
            if place in self.unanswered:
                return HttpFailure(may_have_arrived=True, reason="the connection was cut")
        elif not self._by_key[key]:
            self._by_key[key] = self._take(items)
        entries = [{"ErrorCode": 0, "MessageID": "m", "id": "m"} for _ in items]
        document: Any = entries if self.kind == "postmark" else {"data": entries}
        return HttpResponse(status=200, headers={}, body=json.dumps(document).encode())

    def _take(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        mailboxes = (one["To"] if self.kind == "postmark" else one["to"][0] for one in items)
        self.taken.update(parseaddr(mailbox)[1] for mailbox in mailboxes)
        return items

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        key = url.rpartition("metadata_batch=")[2]
        found = [
            {"MessageID": "m", "Metadata": one["Metadata"]} for one in self._by_key.get(key, [])
        ]
        document = {"TotalCount": len(found), "Messages": found}
        return HttpResponse(status=200, headers={}, body=json.dumps(document).encode())


class DrivenInstallation:
    """
    One installation, step by step. `start` is the moment of the submission.
    """

    def __init__(self, app: App, run: SuiteRun, clock: list[dt.datetime]) -> None:
        self.app, self.run, self._clock = app, run, clock
        self.start = clock[0] - dt.timedelta(seconds=HISTORY_S)
        self.dispatcher = app.dispatcher("events")
        with app.database.read() as connection:
            numbers = connection.execute(sa.select(delivery.c.email, delivery.c.id)).all()
            frozen = issues.load_issue(connection, ISSUE).frozen_epoch
        ours = {row.email: row.id for row in numbers}
        self.numbers = [ours[who] for who in run.audience]
        instance = instance_in(app.instance, frozen)
        self.labels = [f"i{ISSUE}-d{number}.{instance}" for number in self.numbers]

    def advance(self, by: dt.timedelta) -> None:
        self._clock[0] += by

    def submit_all(self) -> list[Callable[[], None]]:
        """
        Submit every batch, and return a function for each call that records its result.
        """
        prepared: list[Submission] = []
        while (one := self.dispatcher.prepare_next()) is not None:
            prepared.append(one)
        results = [(one, self.dispatcher.submit(one)) for one in prepared]
        return [
            lambda one=one, result=result: self.dispatcher.record_result(one, result)
            for one, result in results
        ]  # type: ignore[misc]

    def receive(self, *webhooks: bytes) -> None:
        """
        Put webhooks into the inbox, some at once: how often a disk is written is not tried here.
        """
        arrivals = [Arrival(provider="bulk", raw=raw, at=self.app.clock()) for raw in webhooks]
        with self.app.database.write() as connection:
            inbox.add_all(connection, arrivals)

    def process_events(self, most: int) -> int:
        return self.app.event_processor.process_due(limit=most)

    def process_all(self) -> None:
        while self.process_events(50):
            pass

    def reconcile(self) -> None:
        """
        Reconcile what is due, as a sending process does.
        """
        while reconcile_next(self.dispatcher):
            pass

    def settle(self) -> None:
        """
        Let time pass until everything has ended that may end by itself.
        """
        for _ in range(3):
            self.advance(AHEAD)
            self.process_all()
            self.reconcile()
            for record in self.submit_all():
                record()

    def lift_suppression(self, who: str) -> None:
        with self.app.database.write() as connection:
            lift(
                connection, parse_address(who).key, scope=ALL_LISTS, by=STAFF, now=self.app.clock()
            )

    def resubscribe(self, who: str) -> None:
        with self.app.database.write() as connection:
            subscribe(
                connection,
                parse_address(who),
                mailing_list=find_list(connection, SLUG),
                name="",
                consent="wrote to us",
                source="events",
                now=self.app.clock(),
                by=STAFF,
            )

    def records(self) -> tuple[ReaderRecord, ...]:
        """
        Read what the installation knows of each reader.
        """
        with self.app.database.read() as connection:
            states = {
                one.email: one.state for one in recipient_statuses(connection, ISSUE, only=None)
            }
            known = {n: outcomes.outcome_of(connection, n) for n in self.numbers}
            suppressed = {one.address: one.reason.value for one in list_suppressions(connection)}
            ended = subscription.c.state == SubscriptionState.ENDED
            left = set(connection.scalars(sa.select(subscription.c.id).where(ended)))
        return tuple(
            ReaderRecord(
                state=states[who],
                first=self._seconds(known[number]),
                suppressed=suppressed.get(who, ""),
                # A draft numbers its readers and their subscriptions alike.
                is_active=place not in left,
            )
            for place, (who, number) in enumerate(
                zip(self.run.audience, self.numbers, strict=True), 1
            )
        )

    def _seconds(self, one: Outcome) -> dict[str, int]:
        times = one.first_seen.items()
        return {kind.value: round((at - self.start).total_seconds()) for kind, at in times}


@contextlib.contextmanager
def open_installation(run: SuiteRun, transport: FakeTransport) -> Iterator[DrivenInstallation]:
    """
    Open the product on a run that is frozen, with *transport* before its provider.
    """
    clock = [utc_now() + dt.timedelta(seconds=HISTORY_S)]
    with App(
        settings=load_settings(run.folder / "newsletter.toml"),
        clock=lambda: clock[0],
        shared_sandbox=InlineSandbox(),  # type: ignore[arg-type]
    ) as app:
        app.providers["bulk"] = provider_behind(transport, lambda: clock[0])
        yield DrivenInstallation(app, run, clock)


def provider_behind(transport: FakeTransport, clock: Callable[[], dt.datetime]) -> Provider:
    options: dict[str, Any] = {"api_key": "key", "http": transport, "clock": clock}
    if transport.kind == "postmark":
        return SmallBatchProvider(PostmarkProvider("bulk", **options), most=BATCH, has_keys=False)
    return SmallBatchProvider(
        ResendProvider("bulk", **options), most=BATCH, has_keys=transport.kind == "resend"
    )
