"""
Make gauges for Prometheus, each in one call.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from prometheus_client.core import GaugeMetricFamily

MonotonicClock = Callable[[], float]


def gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """
    Return a gauge without labels; with None it has no sample.
    """
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family


def gauges(
    name: str, text: str, label: str, values: Mapping[str, float | None]
) -> GaugeMetricFamily:
    """
    Return a gauge with one label and a sample for each of its *values* that is not None.
    """
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        if value is not None:
            family.add_metric((str(key),), value)
    return family


def age_s(since: dt.datetime | None, now: dt.datetime) -> float:
    """
    Return how many seconds ago *since* was; 0 for None and for a time in the future.
    """
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
