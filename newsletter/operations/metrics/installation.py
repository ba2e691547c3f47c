"""
Metrics of the whole installation, from the database: the same in every process.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.model.issue import IssueState
from newsletter.operations.last_backup import last_backup_at
from newsletter.operations.metrics.families import age_s, gauge, gauges
from newsletter.scheduling.firing import late_slots
from newsletter.store.delivery.leases import live_workers
from newsletter.store.events import inbox
from newsletter.store.flow_control.kill_switch import active_stop
from newsletter.store.flow_control.rate_figures import all_rates
from newsletter.store.operations import metrics as queries
from newsletter.store.operations.alerts import failed_slots, failing_sources

# With this many in the inbox, the webhook endpoint refuses more.
_MOST_COUNTED = 50_000


class InstallationReader:
    """
    The database of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def read(self) -> Sequence[Metric]:
        """
        Return the metrics. If the database cannot be read, only say so and how full the disk is.
        """
        up = "newsletter_database_up", "1 if the database can be read, else 0"
        try:
            with self.app.database.read() as connection:
                now = self.app.clock()
                found = [
                    *_sending(connection, now),
                    *self._providers(connection, now),
                    *_slots(connection, now),
                    *_webhooks(connection, now),
                    *self._workers(connection, now),
                ]
        except (NewsletterError, sa.exc.SQLAlchemyError):
            return [gauge(*up, 0), *self._disk()]
        return [gauge(*up, 1), *found, *self._disk()]

    def _providers(self, connection: sa.Connection, now: dt.datetime) -> Iterator[Metric]:
        rates = all_rates(connection, now=now)
        family = GaugeMetricFamily(
            "newsletter_provider_rate",
            "Units per second: configured, advertised by the provider, throttled since it refused",
            labels=("provider", "kind"),
        )
        for name, own in self.app.settings.provider.items():
            if own.rate is not None:
                family.add_metric((name, "configured"), own.rate)
        for name, rate in rates.items():
            if rate.advertised is not None:
                family.add_metric((name, "advertised"), rate.advertised)
            if rate.throttled is not None:
                family.add_metric((name, "throttled"), rate.throttled)
        yield family
        yield gauges(
            "newsletter_provider_cooldown_seconds",
            "How long nothing is submitted to the provider, because it asked to wait",
            "provider",
            {name: rate.cooldown_s for name, rate in rates.items()},
        )
        yield gauges(
            "newsletter_provider_refusing_seconds",
            "How long the provider has accepted nothing of an issue that is being sent",
            "provider",
            {name: age_s(at, now) for name, at in queries.refusing_since(connection).items()},
        )

    def _workers(self, connection: sa.Connection, now: dt.datetime) -> Iterator[Metric]:
        live = live_workers(connection, self.app.database.file, now=now)
        yield gauge("newsletter_workers", "Processes that send", len(live))
        stop = active_stop(connection)
        stopped = "1 while the kill switch is on, else 0"
        yield gauge("newsletter_kill_switch", stopped, 0 if stop is None else 1)

    def _disk(self) -> Iterator[Metric]:
        file = self.app.database.file
        folder = self.app.settings.folder if file is None else file.parent
        try:
            disk = shutil.disk_usage(folder)
        except OSError:
            return
        name = "newsletter_disk_free"
        place = "the database's disk, or on PostgreSQL of the disk of the settings"
        yield gauge(f"{name}_bytes", f"Free bytes of {place}", disk.free)
        yield gauge(f"{name}_ratio", f"Free share of {place}", disk.free / max(disk.total, 1))
        made_at = last_backup_at(self.app.settings.folder)
        yield gauge(
            "newsletter_last_backup_timestamp_seconds",
            "When a backup was last recorded; no sample if none was",
            None if made_at is None else made_at.timestamp(),
        )


def _sending(connection: sa.Connection, now: dt.datetime) -> Iterator[Metric]:
    batches = queries.count_batches(connection)
    yield gauges(
        "newsletter_batches",
        "Batches that are not settled, by state",
        "state",
        {state: batches.get(state, 0) for state in queries.UNSETTLED},
    )
    oldest = queries.oldest_batches(connection, now=now)
    yield gauges(
        "newsletter_batch_oldest_seconds",
        "How long the oldest batch has been in its state",
        "state",
        {state: age_s(at, now) for state, at in oldest.items()},
    )
    yield gauge(
        "newsletter_uncertain_oldest_seconds",
        "How long the oldest uncertain delivery has been uncertain",
        age_s(queries.oldest_uncertain(connection), now),
    )
    due = queries.count_due_batches(connection, now=now)
    yield gauge("newsletter_queue_batches", "Batches that may be submitted now", due)
    settled_at = queries.last_settled_at(connection, queries.sending_issues(connection))
    yield gauge(
        "newsletter_last_batch_settled_timestamp_seconds",
        "When a batch of an issue that is being sent was last settled; no sample if none was",
        None if settled_at is None else settled_at.timestamp(),
    )
    issues = queries.count_issues(connection)
    yield gauges(
        "newsletter_issues",
        "Issues by state",
        "state",
        {state: issues.get(state, 0) for state in IssueState},
    )


def _slots(connection: sa.Connection, now: dt.datetime) -> Iterator[Metric]:
    late = late_slots(connection, now=now)
    name = "newsletter_slots_late"
    yield gauge(name, "Slots of schedules that are past their time and have not run", len(late))
    yield gauge(
        "newsletter_slot_latest_seconds",
        "How late the latest of these slots is",
        age_s(min(late, default=None), now),
    )
    failed = len(failed_slots(connection, now=now))
    yield gauge("newsletter_slots_failed", "Slots that failed in the last two days", failed)
    failing = len(failing_sources(connection))
    yield gauge("newsletter_sources_failing", "Sources that are gone, held or failing", failing)


def _webhooks(connection: sa.Connection, now: dt.datetime) -> Iterator[Metric]:
    waiting = inbox.count_waiting(connection, now=now, limit=_MOST_COUNTED)
    name = "newsletter_webhooks_waiting"
    yield gauge(name, "Webhooks of providers that are due to be processed", waiting)
    yield gauge(
        "newsletter_webhook_oldest_seconds",
        "How long the oldest of these has been due",
        age_s(inbox.oldest_due_at(connection, now=now), now),
    )
    last_at = inbox.last_received_at(connection)
    yield gauge(
        "newsletter_webhook_last_received_timestamp_seconds",
        "When a webhook of a provider was last stored; no sample if none was",
        None if last_at is None else last_at.timestamp(),
    )
