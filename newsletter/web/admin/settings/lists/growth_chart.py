"""
The numbers of a chart of how the readers of a list became more and fewer: a bar for each day, or
for each week of a long time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.operations.list_health import ListHealth
from subscribers.health.reader_changes import ReaderChange

# With more days than this, a bar is a week.
_MOST_BARS = 92


@dataclass(frozen=True, kw_only=True)
class GrowthBar:
    """
    How many readers came and went in the days from `first` on.
    """

    first: dt.date
    came: int
    went: int


@dataclass(frozen=True, kw_only=True)
class GrowthChart:
    """
    The bars, the earliest first, each about `days` days. `up` is the most that came in one,
    `down` the most that went.
    """

    bars: Sequence[GrowthBar]
    days: int
    up: int
    down: int


def growth_chart(health: ListHealth, today: dt.date) -> GrowthChart | None:
    """
    Return the chart of a period that ends *today*; None if nobody came or went.
    """
    coming = [each for each in ReaderChange if each.sign > 0]
    going = [each for each in ReaderChange if each.sign < 0]
    came, went = health.growth.by_day(*coming), health.growth.by_day(*going)
    if not came and not went:
        return None
    days = 7 if health.days > _MOST_BARS else 1
    bars = []
    for n in reversed(range(-(-(health.days + 1) // days))):
        first = today - dt.timedelta(days=(n + 1) * days - 1)
        these = [first + dt.timedelta(days=more) for more in range(days)]
        more, fewer = (sum(each.get(day, 0) for day in these) for each in (came, went))
        bars.append(GrowthBar(first=first, came=more, went=fewer))
    return GrowthChart(
        bars=bars,
        days=days,
        up=max(bar.came for bar in bars),
        down=max(bar.went for bar in bars),
    )
