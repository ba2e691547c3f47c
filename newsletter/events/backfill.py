"""
Fetch events that no webhook brought. Providers that keep a history are asked for it once a night or
by hand; new events go into the webhook inbox, where `processor` handles them like webhooks.
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
from newsletter.store.events import backfill, inbox
from newsletter.store.events.inbox import Arrival, Webhook

logger = logging.getLogger(__name__)

# No provider retries a webhook for more than a day.
LOOK_BACK = dt.timedelta(days=2)
# No provider keeps all its events for longer than this.
MAX_LOOK_BACK = dt.timedelta(days=10)
# In UTC: few installations send then, and the result is known before the first morning issue.
RUN_AT = dt.timedelta(hours=3)
# Reports written in one transaction.
CHUNK = 200


@dataclass(kw_only=True)
class BackfillCounts:
    """
    How many reports were read; of these, how many were new, known already, and about none of our
    deliveries (another installation's, or other mail of the account).
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
    processor: EventProcessor
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
        counts: BackfillCounts,
        *,
        look_back: dt.timedelta = LOOK_BACK,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Ask one provider for its events, and count in *counts* what it reported. Each part of the
        history is stored before the next one is requested; stop early when *is_stopping*.

        Raises:
            ProviderError: the history could not be read completely.
        """
        reports: list[bytes] = []
        try:
            for raw in provider.events_since(self.clock() - look_back):
                reports.append(raw)
                if len(reports) == CHUNK:
                    self._store_new(name, reports, counts)
                    reports.clear()
                    if is_stopping():
                        return
        finally:
            # Reports that came before a failure are stored too.
            self._store_new(name, reports, counts)

    def run_nightly(self, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """
        Ask each provider that no process has asked tonight. Log a provider that fails; the next
        run covers the days that this one missed.
        """
        run_date = (self.clock() - RUN_AT).date()
        for name in self.names:
            if is_stopping():
                return
            try:
                self._run_once(name, run_date, is_stopping)
            except NewsletterError as error:
                extra = {"event": "events.backfill_failed", "provider": name}
                logger.error("the events of %s cannot be backfilled: %s", name, error, extra=extra)

    def _run_once(self, name: str, run_date: dt.date, is_stopping: Callable[[], bool]) -> None:
        # Recorded first, so that a provider that cannot be opened is logged only once a night.
        with self.database.write() as connection:
            last_complete = backfill.start_run(connection, name, run_date)
        if last_complete is None:
            return
        provider = self.history_of(name)
        if provider is None:
            return
        # Also cover the days without a complete run.
        look_back = min(run_date - last_complete + dt.timedelta(days=1), MAX_LOOK_BACK)
        counts = BackfillCounts()
        try:
            self.run(name, provider, counts, look_back=look_back, is_stopping=is_stopping)
            if not is_stopping():
                with self.database.write() as connection:
                    backfill.complete_run(connection, name, run_date)
        finally:
            if counts.new:
                extra = {"event": "events.backfilled", "provider": name}
                message = "backfilled events of %s that no webhook had reported: %s"
                logger.warning(message, name, counts.new, extra=extra)

    def _store_new(self, name: str, reports: Sequence[bytes], counts: BackfillCounts) -> None:
        if not reports:
            return
        now = self.clock()
        webhooks = [Webhook(id=0, provider=name, received_at=now, raw=raw) for raw in reports]
        with self.database.read() as connection:
            is_new = self.processor.find_new(connection, webhooks)
        new = [
            Arrival(provider=name, raw=webhook.raw, at=now)
            for webhook in webhooks
            if is_new.get(webhook)
        ]
        if new:
            with self.database.write() as connection:
                inbox.add_all(connection, new)
        counts.read += len(webhooks)
        counts.new += len(new)
        counts.other += sum(webhook not in is_new for webhook in webhooks)
        counts.known = counts.read - counts.new - counts.other
