"""
Rate limits as providers state them in headers, Retry-After, and the back-off after a failure.

Pure: the time and the random numbers are passed in.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, kw_only=True)
class RateHeaders:
    """
    The names (in lower case) of the headers with a provider's limit, how much of it is left, and
    when it is reset: in seconds, or with `reset_is_instant` as seconds since 1970. If no header
    says what time span the limit is for, it is `window_s`.
    """

    limit: str = "ratelimit-limit"
    remaining: str = "ratelimit-remaining"
    reset: str = "ratelimit-reset"
    reset_is_instant: bool = False
    window_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RateFeedback:
    """
    What a response says about the rate limit: the rate, in the provider's own unit per second; the
    cooldown in which no call may start; and whether the call was throttled. None if it says
    nothing.
    """

    limit_per_s: float | None = None
    cooldown_s: float | None = None
    is_throttled: bool = False


# The longest cooldown. A date far in the future would stop everything without anybody noticing.
LONGEST_RETRY_S = 24 * 3600.0


JITTER = 0.25


_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Backoff:
    """
    A wait of 5 s, doubled at each attempt up to 15 minutes, plus a random amount of up to a
    quarter, so that batches that failed together are not retried together.
    """

    random: Random
    first: dt.timedelta = dt.timedelta(seconds=5)
    longest: dt.timedelta = dt.timedelta(minutes=15)

    def wait(self, attempts: int) -> dt.timedelta:
        """
        Return how long to wait after *attempts* earlier failures; 0 for the first.
        """
        # Doubled 16 times, 5 s is four days: more would only overflow.
        delay = min(self.first * (1 << min(max(attempts, 0), 16)), self.longest)
        return delay * (1 + JITTER * self.random.random())


def parse_retry_after(value: str, now: dt.datetime) -> float | None:
    """
    Return how many seconds from *now* a Retry-After header asks to wait, whether it gives seconds
    or a date (RFC 9110 section 10.2.3): never negative, at most a day. None if it gives neither.
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


_POLICY = re.compile(r"(?:\bq=|(?:^|[,\s]))([0-9]{1,9})\s*;\s*w=([0-9]{1,9})\b")


_LEFT = re.compile(r"(?:;\s*r|\bremaining)=([0-9]{1,9})\b")


_RESET = re.compile(r"(?:;\s*t|\breset)=([0-9]{1,9})\b")


_LIMIT = re.compile(r"(?:\blimit=)?([0-9]{1,9})\b")


def read_rate(
    headers: Mapping[str, str], form: RateHeaders, now: dt.datetime
) -> tuple[float | None, float | None]:
    """
    Return the units per second that the headers of a response allow, and the seconds until there
    are units again; None if there are some left. Reads the names of *form*, and `RateLimit` and
    `RateLimit-Policy` in the forms of draft-ietf-httpapi-ratelimit-headers 06 to 10.
    """
    one = headers.get("ratelimit", "")
    left = _number(headers.get(form.remaining, ""), _LEFT, one)
    reset = _number(headers.get(form.reset, ""), _RESET, one)
    # A whole second only means "within this second", and the calls are spaced evenly anyway.
    reset_s = (reset or 0.0) - (now.timestamp() if form.reset_is_instant else 0.0)
    cooldown_s = min(reset_s, LONGEST_RETRY_S) if left == 0 and reset_s > 1 else None
    return _limit_per_s(headers, form), cooldown_s


def _limit_per_s(headers: Mapping[str, str], form: RateHeaders) -> float | None:
    policies = _POLICY.findall(headers.get("ratelimit-policy", ""))
    rates = [int(quota) / int(window) for quota, window in policies if int(window)]
    if not rates:
        match = _LIMIT.match(headers.get(form.limit, "") or headers.get("ratelimit", ""))
        rates = [int(match[1]) / form.window_s] if match else []
    # A limit of 0 is not a rate; the status of the response says that calls are refused.
    lowest = min(rates, default=0.0)
    return lowest if lowest > 0 else None


def _number(own: str, pattern: re.Pattern[str], one: str) -> float | None:
    if own.strip().isascii() and own.strip().isdigit():
        return float(own.strip()[:12])
    found = pattern.search(one)
    return float(found[1]) if found else None
