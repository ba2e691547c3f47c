"""
Events that no webhook brought: providers that keep a history are asked for it once a night or by
hand, and what is new goes into the inbox, where `processor` handles it as it handles webhooks.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.errors import NewsletterError
from newsletter.events.processor import EventProcessor
from newsletter.model.delivery import Provider
from newsletter.model.event import EventHistory
from newsletter.store.database import Database
from newsletter.store.events import backfill as nights
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival, Webhook

logger = logging.getLogger(__name__)

# The longest that any of them tries to tell by itself is a day.
LOOK_BACK = dt.timedelta(days=2)
# None of them keeps everything for longer.
LONGEST = dt.timedelta(days=10)
# In UTC: few send then, and what is found is known before the first issue of the morning.
NIGHT_BEGINS = dt.timedelta(hours=3)
AT_ONCE = 200


@dataclass(kw_only=True)
class BackfillCounts:
    """
    How many reports were read, and what they were: new, known already, and about no delivery of
    ours (another installation's, or somebody else's mail).
    """

    read: int = 0
    new: int = 0
    known: int = 0
    other: int = 0


@dataclass(frozen=True, kw_only=True)
class EventBackfill:
    """
    Ask providers for the events of the last days, and put what is new into the inbox.

    `names` are the providers that are set up, in order.
    """

    database: Database
    provider_named: Callable[[str], Provider]
    names: Sequence[str]
    recorder: EventProcessor
    clock: Callable[[], dt.datetime]

    def history_of(self, name: str) -> EventHistory | None:
        """
        Return the provider called *name* if it can be asked for past events.

        Raises:
            SettingsError: it is not set up, or its secret is missing.
        """
        provider = self.provider_named(name)
        return provider if isinstance(provider, EventHistory) else None

    def run(
        self,
        name: str,
        provider: EventHistory,
        found: BackfillCounts,
        *,
        look_back: dt.timedelta = LOOK_BACK,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Ask one provider, and count what it reported in *found*. Each part of the answer is stored
        before the next one is requested; stop early when *is_stopping*.

        Raises:
            ProviderError: it could not be asked to the end.
        """
        some: list[bytes] = []
        try:
            for raw in provider.events_since(self.clock() - look_back):
                some.append(raw)
                if len(some) == AT_ONCE:
                    self._store_new(name, some, found)
                    some.clear()
                    if is_stopping():
                        return
        finally:
            # What came before the search broke off is stored too.
            self._store_new(name, some, found)

    def run_nightly(self, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """
        Ask each provider that no process has asked this night. A provider that cannot be asked to
        the end is logged, and asked again the next night, for the events of this night too.
        """
        night = (self.clock() - NIGHT_BEGINS).date()
        for name in self.names:
            if is_stopping():
                return
            try:
                self._run_once(name, night, is_stopping)
            except NewsletterError as error:
                extra = {"event": "missed.failed"}
                logger.error("what %s told is not asked for: %s", name, error, extra=extra)

    def _run_once(self, name: str, night: dt.date, is_stopping: Callable[[], bool]) -> None:
        # First, so that one that cannot be opened is in the log once a night.
        with self.database.write() as connection:
            answered = nights.begin(connection, name, night)
        if answered is None:
            return
        provider = self.history_of(name)
        if provider is None:
            return
        # The nights in which no process asked, or the provider did not answer, are asked about too.
        look_back = min(night - answered + dt.timedelta(days=1), LONGEST)
        found = BackfillCounts()
        try:
            self.run(name, provider, found, look_back=look_back, is_stopping=is_stopping)
            if not is_stopping():
                with self.database.write() as connection:
                    nights.end(connection, name, night)
        finally:
            if found.new:
                extra = {"event": "missed.found"}
                logger.warning("%s events of %s came by no webhook", found.new, name, extra=extra)

    def _store_new(self, name: str, raws: Sequence[bytes], found: BackfillCounts) -> None:
        if not raws:
            return
        now = self.clock()
        reports = [Webhook(id=0, provider=name, received_at=now, raw=raw) for raw in raws]
        with self.database.read() as connection:
            novelty = self.recorder.find_new(connection, reports)
        new = [
            Arrival(provider=name, raw=report.raw, at=now)
            for report in reports
            if novelty.get(report)
        ]
        if new:
            with self.database.write() as connection:
                inbox.keep_all(connection, new)
        found.read += len(reports)
        found.new += len(new)
        found.other += sum(report not in novelty for report in reports)
        found.known = found.read - found.new - found.other
