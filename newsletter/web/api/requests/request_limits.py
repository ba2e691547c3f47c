"""
Limit how many requests a token makes, in memory and in each process on its own.

The algorithm is GCRA, as in `delivery.flow_control.rate_limiter`: a token that made no request for
a minute may make all of a minute's at once. The headers are those of
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/.
"""

from __future__ import annotations

import enum
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.settings.access import ApiSettings

WINDOW_S = 60.0
_FORGET_ABOVE = 10_000


class RateClass(enum.StrEnum):
    """
    The limits that an operation counts for.
    """

    READ = "read"
    WRITE = "write"
    BULK = "bulk"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """
    What a token may still do. `wait_s` is 0 if the request may be made.
    """

    rate: RateClass
    limit: int
    remaining: int = 0
    restored_in_s: float = 0.0
    wait_s: float = 0.0

    def headers(self) -> dict[str, str]:
        """
        Return the headers that say this to the client; none without a limit.
        """
        if not self.limit:
            return {}
        headers = {
            "RateLimit-Policy": f'"{self.rate}";q={self.limit};w={WINDOW_S:.0f}',
            "RateLimit": f'"{self.rate}";r={self.remaining};t={math.ceil(self.restored_in_s)}',
        }
        if self.wait_s:
            headers["Retry-After"] = str(math.ceil(self.wait_s))
        return headers


class RequestLimits:
    """
    The limits of all tokens in this process.
    """

    def __init__(
        self, settings: ApiSettings, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits: Mapping[RateClass, int] = {
            RateClass.READ: settings.reads_per_minute,
            RateClass.WRITE: settings.writes_per_minute,
            RateClass.BULK: settings.bulk_per_minute,
        }
        self._clock_s = clock_s
        # When everything that a token has asked for would have been allowed one by one.
        self._paid_until_s: dict[tuple[int, RateClass], float] = {}
        self._lock = threading.Lock()

    def take(self, token_id: int, rate: RateClass) -> Quota:
        """
        Count a request, and return what is left; if `wait_s` is not 0, it must not be made.
        """
        limit = self._limits[rate]
        if not limit:
            return Quota(rate=rate, limit=0)
        with self._lock:
            now_s, cost_s, key = self._clock_s(), WINDOW_S / limit, (token_id, rate)
            if len(self._paid_until_s) > _FORGET_ABOVE:
                self._forget(now_s)
            paid_s = max(self._paid_until_s.get(key, now_s), now_s) + cost_s
            wait_s = paid_s - now_s - WINDOW_S
            if wait_s > 1e-9:
                return Quota(
                    rate=rate, limit=limit, restored_in_s=paid_s - cost_s - now_s, wait_s=wait_s
                )
            self._paid_until_s[key] = paid_s
        used_s = paid_s - now_s
        remaining = int((WINDOW_S - used_s) / cost_s + 1e-9)
        return Quota(rate=rate, limit=limit, remaining=remaining, restored_in_s=used_s)

    def _forget(self, now_s: float) -> None:
        left = {key: paid_s for key, paid_s in self._paid_until_s.items() if paid_s > now_s}
        self._paid_until_s = left
