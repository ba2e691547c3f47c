"""
The alerts that are there now, kept for a moment: to find them takes a dozen statements, and the
newsroom shows them on its first page.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence

from newsletter.app import App
from newsletter.operations.alerts import Alert, find_alerts

KEPT = dt.timedelta(seconds=15)


class KeptAlerts:
    """
    The alerts of one App. They are found again once they are older than KEPT, or once staff have
    changed something.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._found: Sequence[Alert] = ()
        self._found_at: dt.datetime | None = None
        self._newest_entry = 0

    def load(self, *, newest_entry: int) -> Sequence[Alert]:
        """
        Return the alerts. *newest_entry* is the number of the last entry of the audit trail.
        """
        now = self._app.clock()
        with self._lock:
            if self._are_old(now) or newest_entry != self._newest_entry:
                with self._app.database.read() as connection:
                    self._found = find_alerts(connection, now=now)
                self._found_at, self._newest_entry = now, newest_entry
            return self._found

    def _are_old(self, now: dt.datetime) -> bool:
        return self._found_at is None or not dt.timedelta() <= now - self._found_at < KEPT
