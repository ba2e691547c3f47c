"""
Metrics of outgoing webhooks, from the database: what waits for each, and whether it works.

Counting the events that wait reads all of them, and there may be a million, so these metrics have
a `CachedCollector` of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.model.outgoing import PauseCause
from newsletter.operations.metrics.families import age_s, gauges
from newsletter.store.operations.outgoing_figures import WebhookFigures, webhook_figures


class OutgoingReader:
    """
    The outgoing webhooks of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def read(self) -> Sequence[Metric]:
        """
        Return the metrics; none if the database cannot be read.
        """
        try:
            with self.app.database.read() as connection:
                found = webhook_figures(connection)
        except (NewsletterError, sa.exc.SQLAlchemyError):
            return ()
        now, prefix = self.app.clock(), "newsletter_outgoing_webhook"
        return (
            gauges(
                f"{prefix}_waiting_events",
                "Events that wait to be sent to the webhook",
                "webhook",
                {each.name: each.waiting for each in found},
            ),
            gauges(
                f"{prefix}_oldest_seconds",
                "How long ago the oldest of these happened",
                "webhook",
                {each.name: age_s(each.oldest_at, now) for each in found},
            ),
            gauges(
                f"{prefix}_failing_seconds",
                "How long the webhook has failed, since its first failure after a success",
                "webhook",
                {each.name: age_s(each.failing_since, now) for each in found},
            ),
            _paused(f"{prefix}_paused", found),
        )


def _paused(name: str, found: Sequence[WebhookFigures]) -> Metric:
    text = "1 while the webhook is paused for this cause, else 0"
    family = GaugeMetricFamily(name, text, labels=("webhook", "cause"))
    for each in found:
        for cause in PauseCause:
            family.add_metric((each.name, cause), float(each.pause_cause is cause))
    return family
