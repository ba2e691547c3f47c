"""
Back-off, what a server asks us to wait, and the pace.
"""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.pacing import Backoff, Pace, parse_retry_after

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


class Steady(random.Random):
    """
    Gives one number for ever.
    """

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def random(self) -> float:
        return self.value


def test_back_off_doubles_from_five_seconds_to_fifteen_minutes():
    backoff = Backoff(Steady(0.0))
    waits = [backoff.wait(tries).total_seconds() for tries in range(10)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_back_off_adds_up_to_a_quarter():
    backoff = Backoff(Steady(1.0))
    assert [backoff.wait(n).total_seconds() for n in (0, 20)] == [6.25, 1125]


def test_a_thousand_tries_wait_no_longer_than_ten():
    assert Backoff(Steady(0.5)).wait(1000) == Backoff(Steady(0.5)).wait(10)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Wed, 04 Mar 2026 12:00:30 GMT", 30.0),
        ("Wednesday, 04-Mar-26 12:00:30 GMT", 30.0),
        ("Wed Mar  4 12:00:30 2026", 30.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0),
        ("Thu, 04 Mar 2027 12:00:00 GMT", 86_400.0),
        ("999999999999", 86_400.0),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date(value: str, seconds: float):
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1e9", "٣", "nan", "inf", "Wed, 99 Mar 2026 12:00:00 GMT", "5 s"]
)
def test_a_wait_that_cannot_be_read_is_none(value: str):
    assert parse_retry_after(value, NOW) is None


def test_a_burst_goes_at_once_and_the_rest_at_the_rate():
    pace = Pace(rate_per_s=2.0, burst=3.0)
    assert [pace.wait_s(1, 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert pace.wait_s(1, 100.5) == 0.0
    assert pace.wait_s(1, 100.5) == 0.5


def test_a_refused_question_costs_nothing():
    pace = Pace(rate_per_s=1.0, burst=1.0)
    pace.wait_s(1, 0.0)
    assert [pace.wait_s(1, 0.25) for _ in range(3)] == [0.75, 0.75, 0.75]
    assert pace.wait_s(1, 1.0) == 0.0


def test_rest_is_saved_up_to_one_burst_only():
    pace = Pace(rate_per_s=1.0, burst=2.0)
    pace.wait_s(2, 0.0)
    assert [pace.wait_s(1, 1_000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_more_than_a_burst_goes_once_all_is_worked_off_and_is_paid_afterwards():
    pace = Pace(rate_per_s=10.0, burst=5.0)
    assert pace.wait_s(20, 0.0) == 0.0
    assert pace.wait_s(20, 0.0) == 2.0
    assert pace.wait_s(5, 1.0) == 1.0
    assert pace.wait_s(20, 2.0) == 0.0


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_a_pace_without_a_rate_or_burst_is_a_mistake(rate: float, burst: float):
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate_per_s=rate, burst=burst)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30)), min_size=1, max_size=60),
    st.integers(1, 10),
    st.integers(5, 20),
)
def test_no_stretch_of_time_takes_more_than_the_burst_and_the_rate(
    asked: list[tuple[int, int]], rate: int, burst: int
):
    pace, now_s = Pace(rate_per_s=rate, burst=burst), 0.0
    let_through: list[tuple[float, int]] = []
    for cost, tenths in asked:
        now_s += tenths / 10
        if pace.wait_s(cost, now_s) == 0.0:
            let_through.append((now_s, cost))
    for start, _ in let_through:
        for end, _ in let_through:
            taken = sum(cost for at, cost in let_through if start <= at <= end)
            assert taken <= burst + rate * max(end - start, 0.0) + 1e-6 or end < start
