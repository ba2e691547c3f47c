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
from typing import Any

import sqlalchemy as sa

from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Submission
from newsletter.delivery.reconciliation import reconcile_next
from newsletter.model.delivery import Provider
from newsletter.model.event import Outcome
from newsletter.model.identifiers import instance_name
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.postmark.provider import PostmarkProvider
from newsletter.providers.resend.provider import ResendProvider
from newsletter.settings import load_settings
from newsletter.store.delivery.status import standings
from newsletter.store.events import inbox, outcomes
from newsletter.store.events.inbox import Arrival
from newsletter.store.tables import delivery
from reliability.event_history.history import BATCH, Known
from reliability.processes.killable_process import Few
from reliability.processes.sender import ISSUE, InThisProcess
from reliability.runs.draft import SLUG
from reliability.runs.suite_run import SuiteRun
from subscribers.database.tables import subscription
from subscribers.lists import find_list
from subscribers.model import SubscriptionState
from subscribers.subscriptions import subscribe
from subscribers.suppression import list_suppressions, unsuppress
from subscribers.validation.address import parse_address

# Past the last thing that happens in a history, and within a key's life.
TOLD_FROM_S = 50_000
AHEAD = dt.timedelta(minutes=20)


@dataclass(kw_only=True)
class Wire:
    """
    The far end of the HTTP connections. The first calls of the batches in `unanswered` end
    without an answer, those in `lost` were not taken either. `taken` counts the copies of each
    address.
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
        told: Any = entries if self.kind == "postmark" else {"data": entries}
        return HttpResponse(status=200, headers={}, body=json.dumps(told).encode())

    def _take(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.taken.update(one["To"] if self.kind == "postmark" else one["to"][0] for one in items)
        return items

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        key = url.rpartition("metadata_batch=")[2]
        found = [
            {"MessageID": "m", "Metadata": one["Metadata"]} for one in self._by_key.get(key, [])
        ]
        told = {"TotalCount": len(found), "Messages": found}
        return HttpResponse(status=200, headers={}, body=json.dumps(told).encode())


class Recording:
    """
    One installation being told. `start` is the hand-over's moment.
    """

    def __init__(self, app: App, run: SuiteRun, clock: list[dt.datetime]) -> None:
        self.app, self.run, self._clock = app, run, clock
        self.start = clock[0] - dt.timedelta(seconds=TOLD_FROM_S)
        self.dispatcher = app.dispatcher("events")
        with app.database.read() as connection:
            numbers = connection.execute(sa.select(delivery.c.email, delivery.c.id)).all()
        ours = {row.email: row.id for row in numbers}
        self.numbers = [ours[who] for who in run.audience]
        instance = instance_name(app.secret)
        self.labels = [f"i{ISSUE}-d{number}.{instance}" for number in self.numbers]

    def advance(self, by: dt.timedelta) -> None:
        self._clock[0] += by

    def begin(self) -> list[Callable[[], None]]:
        """
        Every batch handed over; each call's answer waits to be kept by what is returned.
        """
        begun: list[Submission] = []
        while (one := self.dispatcher.prepare_next()) is not None:
            begun.append(one)
        answers = [(one, self.dispatcher.submit(one)) for one in begun]
        return [
            lambda one=one, said=said: self.dispatcher.record_result(one, said)
            for one, said in answers
        ]  # type: ignore[misc]

    def hear(self, *told: bytes) -> None:
        """
        Keeps webhooks, some at once: how often a disk is written is not on trial here.
        """
        arrivals = [Arrival(provider="bulk", raw=raw, at=self.app.clock()) for raw in told]
        with self.app.database.write() as connection:
            inbox.keep_all(connection, arrivals)

    def work_off(self, most: int) -> int:
        return self.app.event_processor.process_due(most=most)

    def work_off_all(self) -> None:
        while self.work_off(50):
            pass

    def look_again(self) -> None:
        """
        What a sending process does about doubt that is due.
        """
        while reconcile_next(self.dispatcher):
            pass

    def settle(self) -> None:
        """
        Time passes, and everything that may end by itself does.
        """
        for _ in range(3):
            self.advance(AHEAD)
            self.work_off_all()
            self.look_again()
            for keep in self.begin():
                keep()

    def lift(self, who: str) -> None:
        with self.app.database.write() as connection:
            unsuppress(connection, parse_address(who))

    def come_back(self, who: str) -> None:
        with self.app.database.write() as connection:
            subscribe(
                connection,
                parse_address(who),
                mailing_list=find_list(connection, SLUG),
                name="",
                consent="wrote to us",
                source="events",
                now=self.app.clock(),
            )

    def known(self) -> tuple[Known, ...]:
        """
        What the installation knows of each reader.
        """
        with self.app.database.read() as connection:
            states = {one.email: one.state for one in standings(connection, ISSUE, only=None)}
            heard = {n: outcomes.outcome_of(connection, n) for n in self.numbers}
            held = {one.address: one.reason.value for one in list_suppressions(connection)}
            ended = subscription.c.state == SubscriptionState.ENDED
            left = set(connection.scalars(sa.select(subscription.c.id).where(ended)))
        return tuple(
            Known(
                state=states[who],
                first=self._seconds(heard[number]),
                suppressed=held.get(who, ""),
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
def recording(run: SuiteRun, wire: Wire) -> Iterator[Recording]:
    """
    The product on a run that is frozen, with *wire* at the far end.
    """
    clock = [utc_now() + dt.timedelta(seconds=TOLD_FROM_S)]
    with App(
        settings=load_settings(run.folder / "newsletter.toml"),
        clock=lambda: clock[0],
        shared_sandbox=InThisProcess(),  # type: ignore[arg-type]
    ) as app:
        app.providers["bulk"] = provider_at(wire, lambda: clock[0])
        yield Recording(app, run, clock)


def provider_at(wire: Wire, clock: Callable[[], dt.datetime]) -> Provider:
    told: dict[str, Any] = {"api_key": "key", "http": wire, "clock": clock}
    if wire.kind == "postmark":
        return Few(PostmarkProvider("bulk", **told), most=BATCH, has_keys=False)
    return Few(ResendProvider("bulk", **told), most=BATCH, has_keys=wire.kind == "resend")
