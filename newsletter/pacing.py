"""
How fast and how soon again: back-off after a failure, what a server asks us to wait, and a pace.
Pure: the clock's reading and the random numbers are handed in. `dispatch` and providers use it.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from dataclasses import dataclass, field
from random import Random

# Nobody is obeyed for longer: a date far off would be a stop that no person sees.
LONGEST_RETRY_S = 24 * 3600.0
JITTER = 0.25
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Backoff:
    """
    5 s, doubled at each try up to 15 minutes, and up to a quarter more by *random*, so that those
    who failed together do not come back together.
    """

    random: Random
    first: dt.timedelta = dt.timedelta(seconds=5)
    longest: dt.timedelta = dt.timedelta(minutes=15)

    def wait(self, tries: int) -> dt.timedelta:
        """
        How long to rest after *tries* earlier failures; 0 for the first.
        """
        # Doubled 16 times, 5 s is four days: more would only overflow.
        rest = min(self.first * (1 << min(max(tries, 0), 16)), self.longest)
        return rest * (1 + JITTER * self.random.random())


def parse_retry_after(value: str, now: dt.datetime) -> float | None:
    """
    The seconds from *now* that a Retry-After header asks for, as seconds or as a date (RFC 9110
    section 10.2.3): never negative, at most a day. None when it says neither.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_RETRY_S)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_S)


@dataclass
class Pace:
    """
    At most *rate_per_s* units a second in the long run and *burst* at once (GCRA, the generic
    cell rate algorithm). One thread asks.
    """

    rate_per_s: float
    burst: float
    # The moment at which everything let through so far would be worked off at the even rate.
    _paid_until_s: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        if not (self.rate_per_s > 0 and self.burst > 0):
            raise ValueError("a pace needs a rate and a burst above 0")

    def wait_s(self, cost: float, now_s: float) -> float:
        """
        0 when *cost* units may go at *now_s*, which are then counted; else the seconds after
        which to ask again, and nothing is counted. More than a burst goes once all is worked off.
        """
        paid_until_s = max(self._paid_until_s, now_s)
        slack_s = max(self.burst - cost, 0.0) / self.rate_per_s
        wait_s = paid_until_s - slack_s - now_s
        if wait_s > 0:
            return wait_s
        self._paid_until_s = paid_until_s + cost / self.rate_per_s
        return 0.0
