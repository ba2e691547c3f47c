"""
The alerts that are there now, kept for a moment: to find them takes a dozen statements, and the
newsroom shows them on its first page.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence

from newsletter.app import App
from newsletter.operations.alerts import Alert, find_alerts

KEPT = dt.timedelta(seconds=15)
# At most a twentieth of the time is spent on finding them, however long it takes.
SHARE_OF_TIME = 20
# What is found as fast as this is found again as soon as staff have changed something.
CHEAP_S = 0.2


class KeptAlerts:
    """
    The alerts of one App. They are found again once they are older than KEPT, and older than
    SHARE_OF_TIME times what finding them took, or once staff have changed something.
    """

    def __init__(self, app: App, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._found: Sequence[Alert] | None = None
        self._found_at = app.clock()
        self._took_s = 0.0
        self._newest_entry = 0

    def load(self, *, newest_entry: int) -> Sequence[Alert]:
        """
        Return the alerts. *newest_entry* is the number of the last entry of the audit trail. While
        another thread finds them, the earlier ones are returned.
        """
        found = self._found
        if not self._lock.acquire(blocking=found is None):
            return found or ()
        try:
            if self._found is None or self._are_old(newest_entry):
                self._find(newest_entry)
            return self._found or ()
        finally:
            self._lock.release()

    def _find(self, newest_entry: int) -> None:
        now, begun_s = self._app.clock(), self._monotonic_s()
        with self._app.database.read() as connection:
            self._found = find_alerts(connection, now=now)
        self._took_s = self._monotonic_s() - begun_s
        self._found_at, self._newest_entry = now, newest_entry

    def _are_old(self, newest_entry: int) -> bool:
        if newest_entry != self._newest_entry and self._took_s < CHEAP_S:
            return True
        kept = max(KEPT, dt.timedelta(seconds=SHARE_OF_TIME * self._took_s))
        return not dt.timedelta() <= self._app.clock() - self._found_at < kept
