"""
Count the people whose data somebody reads in many small requests, in this process.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass

_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class ReadCount:
    """
    How many people somebody read, in how many requests, until an hour is over.
    """

    people: int = 0
    requests: int = 0
    ends_at: dt.datetime


class HourlyReads:
    """
    The counts of everybody who reads. An hour begins with the first request that counts.
    """

    def __init__(self) -> None:
        self._counts: dict[str, ReadCount] = {}
        self._lock = threading.Lock()

    def add(self, reader: str, people: int, *, now: dt.datetime) -> ReadCount:
        """
        Count a request, and return the count of its hour.
        """
        with self._lock:
            before = self._counts.get(reader)
            if before is None or before.ends_at <= now:
                before = ReadCount(ends_at=now + _HOUR)
            added = ReadCount(
                people=before.people + people,
                requests=before.requests + 1,
                ends_at=before.ends_at,
            )
            self._counts[reader] = added
            return added

    def forget(self, reader: str) -> None:
        """
        Begin to count again, because what was read is recorded.
        """
        with self._lock:
            self._counts.pop(reader, None)
