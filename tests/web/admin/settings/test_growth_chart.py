"""
The numbers of the chart of who joined and left a list.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.actions.operations.list_health import ListHealth
from newsletter.web.admin.settings.lists.growth_chart import growth_chart
from newsletter.web.admin.settings.lists.list_readers import most_said
from subscribers.health.growth import Growth
from subscribers.preferences.reasons import LeaveReasons

TODAY = dt.date(2026, 3, 4)


def health(days: int, **growth: dict[dt.date, int]) -> ListHealth:
    return ListHealth(
        slug="daily", days=days, readers=9, growth=Growth(**growth), domains=(), silent=None
    )


@pytest.mark.parametrize(("days", "bars", "of_days"), [(7, 8, 1), (365, 53, 7)])
def test_the_last_bar_has_today_and_every_day_is_in_one(days: int, bars: int, of_days: int) -> None:
    first = TODAY - dt.timedelta(days=days)
    chart = growth_chart(health(days, joined={first: 5, TODAY: 2}, left={TODAY: 3}), TODAY)
    assert chart is not None
    assert (len(chart.bars), chart.days, chart.up, chart.down) == (bars, of_days, 5, 3)
    assert (chart.bars[-1].joined, chart.bars[-1].left) == (2, 3)
    assert sum(bar.joined for bar in chart.bars) == 7
    assert growth_chart(health(days), TODAY) is None


def test_the_most_frequent_reason_is_named_unless_two_are_as_frequent() -> None:
    for counts, expected in (
        ({"a": 1, "b": 4}, "b"),
        ({"a": 2, "b": 2}, ""),
        ({"a": 0, "b": 0}, ""),
    ):
        assert most_said(LeaveReasons(left=9, counts=counts, comments=())) == expected
