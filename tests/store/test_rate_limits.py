"""
The rate limit row of a provider: when slots are due, what throttling does to the rate, and how it
recovers.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.store.database import Database
from newsletter.store.flow_control import rate_limits
from newsletter.store.flow_control.rate_limits import Limit
from newsletter.store.tables import rate_limit

LIMIT = Limit(configured=10.0)
# What goes into a second at 10 with the headroom left.
GAP_S = 1 / 9.5


def at(second: float) -> sa.ColumnElement[float]:
    return sa.literal(1_000_000 + second, sa.Double)


def take(
    database: Database, second: float, *, units: float = 1, limit: Limit = LIMIT
) -> float | None:
    """
    Return how long to wait for a slot reserved at *second*, in thousandths.
    """
    with database.write() as connection:
        return take_in(connection, second, units=units, limit=limit)


def take_in(
    connection: sa.Connection, second: float, *, units: float = 1, limit: Limit
) -> float | None:
    rate_limits.ensure(connection, "bulk")
    taken = rate_limits.reserve(
        connection, "bulk", limit, at=at(second), units=units, call=units, clean_s=60
    )
    return None if taken is None else round(taken.wait_s, 3)


def slow(database: Database, second: float, called: float, **how: Any) -> float:
    """
    Return the rate after a call that started at *called* was throttled at *second*.
    """
    with database.write() as connection:
        slow_in(connection, second, called, **how)
    rate = rate_of(database)
    assert rate is not None
    return rate


def slow_in(
    connection: sa.Connection,
    second: float,
    called: float,
    *,
    rest_s: float = 1.0,
    limit: Limit = LIMIT,
    seen: float = 100.0,
    least: float = 1.0,
) -> None:
    rate_limits.throttle(
        connection, "bulk", limit, at=at(second), called_at_s=1_000_000 + called,
        cooldown_s=rest_s, seen=seen, least=least,
    )  # fmt: skip


def rate_of(database: Database) -> float | None:
    with database.read() as connection:
        rate = connection.execute(sa.select(rate_limit.c.throttled_rate)).scalar_one()
    return rate and round(rate, 2)


def test_slots_are_even_and_unused_ones_do_not_accumulate(database: Database):
    assert [take(database, 0.0) for _ in range(3)] == [0.0, 0.105, 0.211]
    assert [take(database, 500.0) for _ in range(2)] == [0.0, 0.105]


def test_a_turn_that_is_far_off_is_not_taken(database: Database):
    assert [take(database, 0.0, units=25), take(database, 0.0), take(database, 1.0)] == [
        0.0, None, round(25 * GAP_S - 1, 3),
    ]  # fmt: skip


def test_no_second_holds_more_than_the_rate_whoever_asks(database: Database):
    begun = [wait + 0.02 * n for n in range(200) if (wait := take(database, 0.02 * n)) is not None]
    assert len(begun) > 40
    most = max(sum(start <= other < start + 1 for other in begun) for start in begun)
    assert most == 10


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30)), min_size=1, max_size=20),
)
def test_however_it_is_asked_the_rate_holds(database: Database, asked: list[tuple[int, int]]):
    with database.write() as connection:
        connection.execute(sa.delete(rate_limit))
    now_s, let_through = 0.0, []
    for units, tenths in asked:
        now_s += tenths / 10
        wait_s = take(database, now_s, units=units)
        if wait_s is not None:
            let_through.append((now_s + wait_s, units))
    for (one, units), (other, _) in itertools.pairwise(let_through):
        assert other - one >= units * GAP_S - 0.002


def test_throttling_halves_the_rate_once_for_all_calls_in_flight(database: Database):
    take(database, 0.0)
    falls = [slow(database, *times) for times in [(0.3, 0.1), (0.4, 0.2), (1.6, 1.5)]]
    assert falls == [5.0, 5.0, 2.5]


def test_the_rate_never_falls_to_nothing(database: Database):
    take(database, 0.0)
    falls = [slow(database, 2.0 * n, 2.0 * n - 0.5) for n in range(1, 6)]
    assert falls == [5.0, 2.5, 1.25, 1.0, 1.0]


@dataclass(kw_only=True)
class Trial:
    """
    The calls to a simulated provider within *span_s*: how many it accepted and refused.
    """

    span_s: float
    taken: int = 0
    refused: int = 0

    @property
    def per_second(self) -> float:
        return self.taken / self.span_s


def called(database: Database, refuses: Callable[[float], bool], *, span_s: float) -> Trial:
    """
    Call as fast as slots come, at most 15 a second; a refusal asks for a cooldown of a second.
    """
    now_s, found, limit = 0.0, Trial(span_s=span_s), Limit()
    with database.write() as connection:
        while now_s < span_s:
            wait_s = take_in(connection, now_s, limit=limit)
            if wait_s is None and found.refused:
                now_s += 0.5
                continue
            now_s += wait_s or 0.0
            if refuses(now_s):
                found.refused += 1
                slow_in(connection, now_s, now_s, limit=limit, seen=15.0, least=0.1)
            else:
                found.taken += 1
            now_s += 1 / 15
    return found


def test_a_provider_that_refuses_one_call_in_fifty_is_not_called_ever_more_slowly(
    database: Database,
):
    numbers = itertools.count(1)
    found = called(database, lambda now_s: next(numbers) % 50 == 0, span_s=120.0)
    assert found.refused > 3
    assert found.per_second > 1.0


def test_a_limit_that_is_not_told_is_used_to_nine_tenths_and_passed_about_once_a_minute(
    database: Database,
):
    let_in: deque[float] = deque()

    def refuses(now_s: float) -> bool:
        while let_in and let_in[0] <= now_s - 1.0:
            let_in.popleft()
        if len(let_in) < 5:
            let_in.append(now_s)
        return len(let_in) == 5 and let_in[-1] != now_s

    found = called(database, refuses, span_s=120.0)
    assert found.per_second > 0.85 * 5
    assert found.refused <= 6


def rates_after(database: Database, seconds: Sequence[float]) -> list[float | None]:
    rates = []
    for second in seconds:
        take(database, second)
        rates.append(rate_of(database))
    return rates


def test_a_halved_rate_climbs_by_a_tenth_with_every_third_call_until_near_what_was_refused(
    database: Database,
):
    take(database, 0.0)
    slow(database, 0.5, 0.1)
    # The rest is over at 1.5.
    assert rates_after(database, [1.6, 2.2, 2.6, 2.8]) == [5.0, 5.5, 5.5, 6.05]


def test_near_what_was_refused_it_climbs_by_a_tenth_a_clean_minute_back_to_the_limit(
    database: Database,
):
    take(database, 0.0)
    slow(database, 0.5, 0.1)
    rates_after(database, [2.2, 2.8, 3.4, 4.0])
    assert rates_after(database, [4.6, 5.2, 65.1, 65.3, 125.4]) == [8.05, 8.86, 8.86, 9.74, None]
    slow(database, 130.0, 130.0, limit=Limit(configured=5.0))
    rates_after(database, [132.3, 133.5, 134.6, 135.6, 136.5])
    assert rates_after(database, [137.3, 197.4, 257.5, 258.2]) == [4.43, 4.87, 5.36, 5.89]


def test_a_low_rate_climbs_after_three_calls_and_a_very_low_one_after_ten_seconds(
    database: Database,
):
    take(database, 0.0)
    slow(database, 0.0, 0.0, limit=Limit(configured=2.0))
    assert rates_after(database, [1.0, 3.9, 4.1, 6.7, 6.9]) == [1.0, 1.0, 1.1, 1.1, 1.21]
    slow(database, 10.0, 10.0, least=0.1, limit=Limit(configured=0.2))
    assert rates_after(database, [20.0, 29.0]) == [0.1, 0.11]


def test_a_rate_halved_by_a_wrong_clock_climbs_all_the_same(database: Database):
    take(database, 0.0)
    slow(database, 400 * 86_400.0, 400 * 86_400.0)
    assert rates_after(database, [1.0, 1.7]) == [5.5, 6.05]


def test_nobody_gets_a_turn_before_the_rest_is_over_that_was_asked_for(database: Database):
    take(database, 0.0)
    slow(database, 0.1, 0.0, rest_s=30.0)
    assert [take(database, second) for second in (0.2, 20.0, 29.0)] == [None, None, 1.1]


def test_a_learned_limit_lowers_what_is_configured_and_replaces_what_is_declared(
    database: Database,
):
    found = []
    for limit, learned in [
        (Limit(configured=10), 5),
        (Limit(configured=4), 5),
        (Limit(declared=5), 50),
    ]:
        with database.write() as connection:
            connection.execute(sa.delete(rate_limit))
            rate_limits.set_advertised_rate(connection, "bulk", learned)
        take(database, 0.0, limit=limit)
        found.append(take(database, 0.0, limit=limit))
    assert found == [round(1 / (0.95 * rate), 3) for rate in (5, 4, 50)]


def test_a_row_written_by_a_wrong_clock_stops_nobody_for_long(database: Database):
    take(database, 400 * 86_400.0)
    slow(database, 400 * 86_400.0, 400 * 86_400.0)
    assert take(database, 0.0) == 0.0


def test_a_cooldown_written_by_a_wrong_clock_is_ignored(database: Database, now: dt.datetime):
    with database.write() as connection:
        ahead = rate_limits.now_of(connection, now) + 400 * 86_400.0
        rate_limits.set_cooldown(connection, "bulk", at=ahead, cooldown_s=30.0)
        assert rate_limits.cooldown_until(connection, "bulk", now=now) is None
        rate_limits.set_cooldown(
            connection, "bulk", at=rate_limits.now_of(connection, now), cooldown_s=30.0
        )
        assert rate_limits.cooldown_until(connection, "bulk", now=now) is not None


def test_a_clock_that_was_set_back_an_hour_stops_nobody_for_an_hour(database: Database):
    take(database, 3600.0)
    assert take(database, 0.0) == 0.0
