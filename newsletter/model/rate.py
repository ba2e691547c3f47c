"""
What a provider says of how fast it may be called, and in which headers it says so; no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RateHeaders:
    """
    The names (in lower case) of the headers that tell a provider's limit, how much of it is left,
    and when it begins anew: in seconds, or with `reset_is_instant` as seconds since 1970. Where
    no header says for how long the limit is, it is for `window_s`.
    """

    limit: str = "ratelimit-limit"
    remaining: str = "ratelimit-remaining"
    reset: str = "ratelimit-reset"
    reset_is_instant: bool = False
    window_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RateWord:
    """
    What one answer says of the rate: the limit, in the provider's own unit a second; how long
    nobody may call; and whether the call was refused for coming too fast. None is not said.
    """

    limit_per_s: float | None = None
    rest_s: float | None = None
    is_throttled: bool = False
