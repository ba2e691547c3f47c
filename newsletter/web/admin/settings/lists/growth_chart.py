"""
The numbers of a chart of who joined and left a list: a bar for each day, or for each week of a
long time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.operations.list_health import ListHealth

# With more days than this, a bar is a week.
_MOST_BARS = 92


@dataclass(frozen=True, kw_only=True)
class GrowthBar:
    """
    How many joined and left in the days from `first` on.
    """

    first: dt.date
    joined: int
    left: int


@dataclass(frozen=True, kw_only=True)
class GrowthChart:
    """
    The bars, the earliest first, each about `days` days. `up` is the most that joined in one,
    `down` the most that left.
    """

    bars: Sequence[GrowthBar]
    days: int
    up: int
    down: int


def growth_chart(health: ListHealth, today: dt.date) -> GrowthChart | None:
    """
    Return the chart of a period that ends *today*; None if nobody joined or left.
    """
    growth = health.growth
    if not growth.joined and not growth.left:
        return None
    days = 7 if health.days > _MOST_BARS else 1
    bars = []
    for n in reversed(range(-(-(health.days + 1) // days))):
        first = today - dt.timedelta(days=(n + 1) * days - 1)
        these = [first + dt.timedelta(days=more) for more in range(days)]
        joined = sum(growth.joined.get(day, 0) for day in these)
        left = sum(growth.left.get(day, 0) for day in these)
        bars.append(GrowthBar(first=first, joined=joined, left=left))
    return GrowthChart(
        bars=bars,
        days=days,
        up=max(bar.joined for bar in bars),
        down=max(bar.left for bar in bars),
    )
