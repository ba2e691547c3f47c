"""
Read the rate of each provider and what is left of its cooldown, for monitoring.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.flow_control.rate_limits import in_cooldown, now_of
from newsletter.store.tables import rate_limit


@dataclass(frozen=True, kw_only=True)
class RateFigures:
    """
    The rates of a provider in units per second, None where there is none, and how many seconds of
    its cooldown are left.
    """

    advertised: float | None
    throttled: float | None
    cooldown_s: float


def all_rates(connection: sa.Connection, *, now: dt.datetime) -> dict[str, RateFigures]:
    """
    Return the rates of every provider that has a row, by name.
    """
    at = now_of(connection, now)
    left_s = sa.case((in_cooldown(at), rate_limit.c.cooldown_until - at), else_=0.0)
    rows = connection.execute(
        sa.select(
            rate_limit.c.provider,
            rate_limit.c.advertised_rate,
            rate_limit.c.throttled_rate,
            left_s.label("cooldown_s"),
        )
    )
    return {
        row.provider: RateFigures(
            advertised=row.advertised_rate,
            throttled=row.throttled_rate,
            cooldown_s=row.cooldown_s,
        )
        for row in rows
    }
