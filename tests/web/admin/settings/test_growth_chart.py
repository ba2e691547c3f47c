"""
The numbers of the chart of how many readers came and went.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.actions.operations.list_health import ListHealth
from newsletter.web.admin.settings.lists.growth_chart import growth_chart
from newsletter.web.admin.settings.lists.list_readers import most_said
from subscribers.health.growth import Growth
from subscribers.health.reader_changes import ReaderChange
from subscribers.history.model import OriginKind
from subscribers.preferences.reasons import LeaveReasons

TODAY = dt.date(2026, 3, 4)


def health(days: int, *changes: tuple[dt.date, ReaderChange, int]) -> ListHealth:
    growth = Growth(counts={(day, OriginKind.STAFF, kind): n for day, kind, n in changes})
    return ListHealth(slug="daily", days=days, readers=9, growth=growth, domains=(), silent=None)


@pytest.mark.parametrize(("days", "bars", "of_days"), [(7, 8, 1), (365, 53, 7)])
def test_the_last_bar_has_today_and_every_day_is_in_one(days: int, bars: int, of_days: int) -> None:
    first = TODAY - dt.timedelta(days=days)
    changes = (
        (first, ReaderChange.JOINED, 5),
        (TODAY, ReaderChange.CAME_BACK, 2),
        (TODAY, ReaderChange.LEFT, 1),
        (TODAY, ReaderChange.ERASED, 2),
    )
    chart = growth_chart(health(days, *changes), TODAY)
    assert chart is not None
    assert (len(chart.bars), chart.days, chart.up, chart.down) == (bars, of_days, 5, 3)
    assert (chart.bars[-1].came, chart.bars[-1].went) == (2, 3)
    assert sum(bar.came for bar in chart.bars) == 7
    assert growth_chart(health(days), TODAY) is None


def test_the_most_frequent_reason_is_named_unless_two_are_as_frequent() -> None:
    for counts, expected in (
        ({"a": 1, "b": 4}, "b"),
        ({"a": 2, "b": 2}, ""),
        ({"a": 0, "b": 0}, ""),
    ):
        assert most_said(LeaveReasons(left=9, counts=counts, comments=())) == expected
