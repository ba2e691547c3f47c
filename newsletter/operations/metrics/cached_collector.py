"""
Cache the metrics of the database for a while, so that scrapes cost little.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from newsletter.operations.metrics.families import MonotonicClock

KEPT_S = 5.0
# At most a twentieth of the time is spent on reading, however long it takes.
SHARE_OF_TIME = 20


class CachedCollector(Collector):
    """
    The metrics that *read* returns. A scrape reads them again once they are older than KEPT_S, and
    older than SHARE_OF_TIME times what the last read took.
    """

    def __init__(self, read: Callable[[], Sequence[Metric]], monotonic_s: MonotonicClock) -> None:
        self._read = read
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._kept: Sequence[Metric] = ()
        self._kept_until_s = float("-inf")

    def collect(self) -> Sequence[Metric]:
        """
        Return the metrics. Of two scrapes at the same time, one waits while the other reads.
        """
        with self._lock:
            begun_s = self._monotonic_s()
            if begun_s >= self._kept_until_s:
                self._kept = self._read()
                now_s = self._monotonic_s()
                self._kept_until_s = now_s + max(KEPT_S, SHARE_OF_TIME * (now_s - begun_s))
            return self._kept
