"""
All metrics of one App, and the text in which Prometheus reads them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from newsletter.app import App
from newsletter.model.outgoing import AttemptResult
from newsletter.operations.metrics.cached_collector import CachedCollector
from newsletter.operations.metrics.families import MonotonicClock, gauges
from newsletter.operations.metrics.installation import InstallationReader
from newsletter.operations.metrics.ledger import LedgerReader
from newsletter.operations.metrics.log_events import EventCounter
from newsletter.operations.metrics.outgoing import OutgoingReader
from newsletter.store.events.inbox import Disposition

# In seconds. Pages and webhooks take milliseconds; imports and exports take longer.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """
    The metrics of one App. Each App has its own registry, so two Apps in one process do not mix.
    """

    def __init__(self, app: App, *, monotonic_s: MonotonicClock = time.monotonic) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "newsletter_http_requests",
            "Responses of this process, by route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.api_requests = Counter(
            "newsletter_api_requests",
            "Responses of the API of this process, by route, status and class of limits",
            ("method", "route", "status", "rate_class"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "newsletter_http_request_seconds",
            "How long requests to this process took, by route",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._log_events = EventCounter(self.registry)
        self.registry.register(CachedCollector(InstallationReader(app).read, monotonic_s))
        self.registry.register(CachedCollector(LedgerReader(app).read, monotonic_s))
        self.registry.register(CachedCollector(OutgoingReader(app).read, monotonic_s))
        self.registry.register(_ProcessState(app))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    @contextmanager
    def counting_log(self) -> Iterator[None]:
        """
        Count the lines of the log until the end.
        """
        logging.getLogger().addHandler(self._log_events)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(self._log_events)

    def as_text(self) -> bytes:
        """
        Return all metrics in Prometheus's text format 0.0.4.
        """
        return generate_latest(self.registry)


class _ProcessState(Collector):
    """
    What only this process knows.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def collect(self) -> Sequence[Metric]:
        opened = self.app.opened_circuit_breakers()
        names = {*self.app.settings.provider, *opened}
        processed = CounterMetricFamily(
            "newsletter_webhooks_processed",
            "Webhooks of providers that this process has processed, by what they turned out to be",
            labels=("disposition",),
        )
        for disposition in Disposition:
            count = self.app.event_processor.processed[disposition]
            processed.add_metric((disposition,), count)
        attempts = CounterMetricFamily(
            "newsletter_outgoing_webhook_attempts",
            "Attempts of this process to send events to outgoing webhooks, by result",
            labels=("result",),
        )
        for result in AttemptResult:
            attempts.add_metric((result,), self.app.webhook_attempts[result])
        return (
            gauges(
                "newsletter_circuit_breaker_open",
                "1 while this process makes one call at a time to the provider, else 0",
                "provider",
                {name: float(name in opened) for name in sorted(names)},
            ),
            processed,
            attempts,
        )
