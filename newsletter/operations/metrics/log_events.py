"""
Count the lines of the log by event, so that everything that is logged has a metric.
"""

from __future__ import annotations

import logging
import re

from prometheus_client import CollectorRegistry, Counter

_EVENT = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,60}")
# Counted from 0 on: Prometheus does not see an increase from no series to 1.
_FROM_THE_START = (
    ("circuit_breaker.opened", "warning"),
    ("staff.login_delayed", "warning"),
    ("staff.login_failed", "info"),
    ("webhook.refused", "warning"),
)
# More than the program has. The number of series stays bounded, whatever a plugin logs.
_MOST_EVENTS = 500


class EventCounter(logging.Handler):
    """
    A handler of log records that counts them by event and level; it writes nothing.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(logging.INFO)
        self._lines = Counter(
            "newsletter_log_events",
            "Lines of this process's log, by event",
            ("event", "level"),
            registry=registry,
        )
        for event, level in _FROM_THE_START:
            self._lines.labels(event, level)
        self._known = {event for event, _ in _FROM_THE_START}

    def emit(self, record: logging.LogRecord) -> None:
        """
        Count *record* if it has an event.
        """
        name = getattr(record, "event", None)
        if not isinstance(name, str) or not _EVENT.fullmatch(name):
            return
        if name not in self._known and len(self._known) >= _MOST_EVENTS:
            return
        self._known.add(name)
        self._lines.labels(name, record.levelname.lower()).inc()
