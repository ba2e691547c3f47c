"""
Metrics of the delivery ledger: how many deliveries are in which state, and whether they add up.

Counting the deliveries of an issue reads all of them. So issues that have ended are counted once,
and the others seldom (`CachedCollector`).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client.core import Metric

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.model.delivery import DeliveryState
from newsletter.operations.metrics.families import gauge, gauges
from newsletter.store.operations import metrics as queries
from newsletter.store.operations.metrics import CountedIssue, LedgerCounts


class LedgerReader:
    """
    The ledger of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._ended: dict[CountedIssue, LedgerCounts] = {}

    def read(self) -> Sequence[Metric]:
        """
        Return the metrics; none if the database cannot be read.
        """
        try:
            counts = self._count()
        except (NewsletterError, sa.exc.SQLAlchemyError):
            return ()
        by_state: dict[str, float | None] = {
            state: sum(found.by_state.get(state, 0) for found in counts) for state in DeliveryState
        }
        return (
            gauges(
                "newsletter_deliveries",
                "Deliveries by state, of the issues being sent or paused and those of the last day",
                "state",
                by_state,
            ),
            gauge(
                "newsletter_ledger_sum_error",
                "Deliveries of these issues that contradict the rest of the ledger; it must be 0",
                sum(found.contradictions for found in counts),
            ),
        )

    def _count(self) -> list[LedgerCounts]:
        with self.app.database.read() as connection:
            wanted = queries.counted_issues(connection, now=self.app.clock())
            counts = {
                one: self._ended.get(one) or queries.count_deliveries(connection, one.id)
                for one in wanted
            }
        self._ended = {one: found for one, found in counts.items() if one.has_ended}
        return list(counts.values())
