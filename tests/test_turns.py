"""
The pace that all processes share: whose turn it is, what a provider asks for, and what it costs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from house import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_dispatch import (
    ACCEPTED,
    NEITHER,
    Scripted,
    all_of,
    batches_of,
    hand_over,
    sending,
    states,
)

from newsletter import pipeline
from newsletter.dispatch import Dispatcher
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.pace import RateWord
from newsletter.store import paces
from newsletter.store.database import Database
from newsletter.store.paces import Limit
from newsletter.store.running import pace
from newsletter.store.schema import batch
from newsletter.turns import Turns

LIMIT = Limit(configured=10.0)
# What goes into a second at 10 with the headroom left.
GAP_S = 1 / 9.5


def at(second: float) -> sa.ColumnElement[float]:
    return sa.literal(1_000_000 + second, sa.Double)


def take(
    database: Database,
    second: float,
    *,
    units: float = 1,
    limit: Limit = LIMIT,
) -> float | None:
    """
    How long to wait for a turn asked for at *second*, in thousandths.
    """
    with database.write() as connection:
        paces.ensure(connection, "bulk")
        taken = paces.take(connection, "bulk", limit, at=at(second), units=units, call=units)
    return None if taken is None else round(taken.wait_s, 3)


def slow(
    database: Database,
    second: float,
    called: float,
    *,
    rest_s: float = 1.0,
    limit: Limit = LIMIT,
    seen: float = 100.0,
    least: float = 1.0,
) -> float | None:
    """
    The rate after a refusal at *second* of a call that began at *called*.
    """
    with database.write() as connection:
        paces.slow_down(
            connection, "bulk", limit, at=at(second), called_at_s=1_000_000 + called,
            rest_s=rest_s, seen=seen, least=least,
        )  # fmt: skip
        return round(connection.execute(sa.select(pace.c.slowed)).scalar_one(), 2)


def test_turns_are_even_and_nothing_is_saved_up_by_rest(database: Database):
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
        connection.execute(sa.delete(pace))
    now_s, let_through = 0.0, []
    for units, tenths in asked:
        now_s += tenths / 10
        wait_s = take(database, now_s, units=units)
        if wait_s is not None:
            let_through.append((now_s + wait_s, units))
    for (one, units), (other, _) in itertools.pairwise(let_through):
        assert other - one >= units * GAP_S - 0.002


def test_a_refusal_lowers_once_for_all_calls_that_were_on_their_way(database: Database):
    take(database, 0.0)
    falls = [slow(database, *times) for times in [(0.3, 0.1), (0.4, 0.2), (1.6, 1.5)]]
    assert falls == [7.0, 7.0, 4.9]


def test_the_rate_never_falls_to_nothing(database: Database):
    take(database, 0.0)
    falls = [slow(database, 2.0 * n, 2.0 * n - 0.5) for n in range(1, 10)]
    assert falls[:2] == [7.0, 4.9]
    assert falls[6:] == [1.0, 1.0, 1.0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """
    How a provider was called in *span_s* of an imagined time: calls it took, and such it refused.
    """

    span_s: float
    taken: int
    refused: int

    @property
    def per_second(self) -> float:
        return self.taken / self.span_s


def called(database: Database, refuses: Callable[[float], bool], *, span_s: float) -> Trial:
    """
    Calls as fast as turns come, at most 15 a second; a refusal asks for a second's rest.
    """
    now_s, taken, refused = 0.0, 0, 0
    while now_s < span_s:
        wait_s = take(database, now_s, limit=Limit())
        is_free = wait_s is None and rate_of(database) is None
        if wait_s is None and not is_free:
            now_s += 0.5
            continue
        now_s += wait_s or 0.0
        if refuses(now_s):
            refused += 1
            slow(database, now_s, now_s, limit=Limit(), seen=15.0, least=0.1)
        else:
            taken += 1
        now_s += 1 / 15
    return Trial(span_s=span_s, taken=taken, refused=refused)


def rate_of(database: Database) -> float | None:
    with database.read() as connection:
        return connection.execute(sa.select(pace.c.slowed)).scalar_one()


def test_a_provider_that_refuses_one_call_in_fifty_is_still_called_at_a_good_rate(
    database: Database,
):
    numbers = itertools.count(1)
    found = called(database, lambda now_s: next(numbers) % 50 == 0, span_s=120.0)
    assert found.refused > 10
    assert found.per_second > 5.0


def test_a_limit_that_is_not_told_is_used_to_two_thirds_and_seldom_passed(database: Database):
    let_in: deque[float] = deque()

    def refuses(now_s: float) -> bool:
        while let_in and let_in[0] <= now_s - 1.0:
            let_in.popleft()
        if len(let_in) < 5:
            let_in.append(now_s)
        return len(let_in) == 5 and let_in[-1] != now_s

    found = called(database, refuses, span_s=120.0)
    assert found.per_second > 5 * 2 / 3
    assert found.refused / found.taken < 0.05


def rates_after(database: Database, seconds: Sequence[float]) -> list[float | None]:
    rates = []
    for second in seconds:
        take(database, second)
        rate = rate_of(database)
        rates.append(rate and round(rate, 2))
    return rates


def test_a_lowered_rate_climbs_by_a_tenth_a_second_back_to_the_limit(database: Database):
    take(database, 0.0)
    slow(database, 0.5, 0.1)
    # The rest is over at 1.5.
    assert rates_after(database, [1.6, 2.6, 3.5, 3.7, 4.8, 5.9, 7.0]) == [
        7.0, 7.7, 7.7, 8.47, 9.32, None, None,
    ]  # fmt: skip


def test_a_low_rate_climbs_after_six_calls_and_a_very_low_one_after_ten_seconds(
    database: Database,
):
    take(database, 0.0)
    slow(database, 0.0, 0.0, limit=Limit(configured=2.0))
    assert rates_after(database, [1.0, 5.0, 5.4, 9.0, 9.4]) == [1.4, 1.4, 1.54, 1.54, 1.69]
    slow(database, 10.0, 10.0, least=0.1, limit=Limit(configured=0.2))
    assert rates_after(database, [20.0, 26.0]) == [0.14, 0.15]


def test_a_rate_lowered_by_a_wrong_clock_climbs_all_the_same(database: Database):
    take(database, 0.0)
    slow(database, 400 * 86_400.0, 400 * 86_400.0)
    assert rates_after(database, [1.0, 2.1]) == [7.7, 8.47]


def test_nobody_gets_a_turn_before_the_rest_is_over_that_was_asked_for(database: Database):
    take(database, 0.0)
    slow(database, 0.1, 0.0, rest_s=30.0)
    assert [take(database, second) for second in (0.2, 20.0, 29.0)] == [None, None, 1.1]


def test_a_learned_limit_lowers_what_is_configured_and_replaces_what_is_declared(
    database: Database,
):
    told = []
    for limit, learned in [
        (Limit(configured=10), 5),
        (Limit(configured=4), 5),
        (Limit(declared=5), 50),
    ]:
        with database.write() as connection:
            connection.execute(sa.delete(pace))
            paces.learn(connection, "bulk", learned)
        take(database, 0.0, limit=limit)
        told.append(take(database, 0.0, limit=limit))
    assert told == [round(1 / (0.95 * rate), 3) for rate in (5, 4, 50)]


def test_a_row_written_by_a_wrong_clock_stops_nobody_for_long(database: Database):
    take(database, 400 * 86_400.0)
    slow(database, 400 * 86_400.0, 400 * 86_400.0)
    assert take(database, 0.0) == 0.0


def throttled(*, rest_s: float = 30.0) -> BatchResult:
    waits = Receipt(kind=ReceiptKind.WAIT, reason="HTTP 429", retry_after_s=rest_s)
    word = RateWord(rest_s=rest_s, is_throttled=True)
    return BatchResult(receipts=(waits, waits), rate=word)


def test_one_process_is_told_to_rest_and_all_of_them_do(house: House) -> None:
    provider = Scripted([lambda count: throttled(), *[all_of(ACCEPTED)] * 4])
    issue_id, dispatcher = sending(house, provider, readers=6)
    other = other_process(house)
    hand_over(dispatcher)
    assert [hand_over(dispatcher), hand_over(other), len(provider.handed)] == [False, False, 1]
    assert states(house, issue_id) == {"pending": 6}


def test_a_turn_that_was_waited_for_is_not_used_once_another_was_told_to_rest(house: House) -> None:
    provider = Scripted([lambda count: throttled(), *[all_of(ACCEPTED)] * 4])
    issue_id, dispatcher = sending(house, provider, readers=4)
    other = other_process(house)
    for one in (dispatcher, other):
        one.turns.configured = {"scripted": 4.0}.get
    first, second = dispatcher.begin(), other.begin()
    assert first is not None
    assert second is not None
    dispatcher.finish(first, dispatcher.carry(first))
    other.finish(second, other.carry(second))
    assert (len(provider.handed), states(house, issue_id)) == (1, {"pending": 4})


def test_throttling_makes_no_later_wait_longer(house: House) -> None:
    provider = Scripted([lambda count: throttled(rest_s=0.01)] * 3)
    issue_id, dispatcher = sending(house, provider)
    for _ in range(3):
        hand_over(dispatcher)
        forget_rest(house, dispatcher)
    with house.app.database.read() as connection:
        tries = connection.execute(sa.select(batch.c.tries)).scalar_one()
    assert (tries, batches_of(house, issue_id)) == (0, [(1, "waiting")])
    assert len({key for key, _ in provider.handed}) == 3


def test_a_provider_that_rests_keeps_nobody_else_waiting(house: House) -> None:
    provider = Scripted([lambda count: throttled()])
    _, dispatcher = sending(house, provider)
    hand_over(dispatcher)
    house.app.settings = house.app.settings.model_copy(
        update={"provider": {"second": house.app.settings.provider_named("outbox")}}
    )
    brisk = Scripted([all_of(ACCEPTED)], name="second")
    house.app.providers["second"] = brisk
    issue_id = house.add_issue("Another", provider="second")
    pipeline.publish_issue(house.app.road, issue_id)
    hand_over(dispatcher)
    assert (states(house, issue_id), len(brisk.handed)) == ({"accepted": 2}, 1)


def test_a_rate_in_recipients_counts_recipients(house: House) -> None:
    by_head = dataclasses.replace(NEITHER, rate_unit="recipients")
    _, dispatcher = sending(
        house, Scripted([all_of(ACCEPTED)] * 3, capabilities=by_head), readers=4
    )
    dispatcher.turns.configured = {"scripted": 8.0}.get
    paid = []
    for _ in range(2):
        assert dispatcher.begin() is not None
        with house.app.database.read() as connection:
            paid.append(connection.execute(sa.select(pace.c.paid_until)).scalar_one())
    assert paid[1] - paid[0] >= 2 / (8 * 0.95) - 1e-6


def test_a_batch_of_which_everybody_left_costs_no_turn_and_ends(house: House) -> None:
    by_head = dataclasses.replace(NEITHER, rate_unit="recipients")
    provider = Scripted([], capabilities=by_head)
    issue_id, dispatcher = sending(house, provider, readers=1)
    house.unsubscribe("reader0000@example.org")
    assert hand_over(dispatcher) is True
    assert (states(house, issue_id), house.state(issue_id)) == ({"skipped": 1}, "submitted")


def test_where_the_rate_is_high_many_turns_cost_one_statement(house: House) -> None:
    turns, provider = house.app.turns, Scripted([])
    turns.configured = {"scripted": 1000.0}.get
    spoken: list[str] = []
    sa.event.listen(
        house.app.database.engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: spoken.append(statement),
    )
    with house.app.database.write() as connection:
        taken = [turns.take(connection, provider, 1) for _ in range(40)]
    assert None not in taken
    assert len([words for words in spoken if words.startswith("UPDATE pace")]) <= 4


def test_a_batch_that_was_asked_for_waits_until_its_provider_has_rested(house: House) -> None:
    provider = Scripted([lambda count: throttled()])
    issue_id, dispatcher = sending(house, provider, readers=4)
    hand_over(dispatcher)
    assert (dispatcher.begin(batch_id=2), dispatcher.turns.is_behind) == (None, False)
    assert batches_of(house, issue_id) == [(1, "waiting"), (2, "waiting")]
    with house.app.database.read() as connection:
        assert connection.scalars(sa.select(batch.c.tries)).all() == [0, 0]


def test_a_process_that_is_behind_says_so(house: House) -> None:
    _, dispatcher = sending(house, Scripted([all_of(ACCEPTED)]), readers=4)
    dispatcher.turns.configured = {"scripted": 0.1}.get
    assert dispatcher.turns.is_behind is False
    hand_over(dispatcher)
    assert (dispatcher.begin(batch_id=2), dispatcher.turns.is_behind) == (None, True)


def test_nobody_is_in_doubt_whose_pace_could_not_be_looked_up(house: House) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 2)
    issue_id, dispatcher = sending(house, provider)
    turns = dispatcher.turns
    turns.configured = {"scripted": 8.0}.get
    begun = dispatcher.begin()
    assert begun is not None
    turns.database = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    turns.monotonic_s = lambda: time.monotonic() + 1
    dispatcher.finish(begun, dispatcher.carry(begun))
    turns.database.close()
    assert (batches_of(house, issue_id), provider.handed) == ([(1, "waiting")], [])


def other_process(house: House) -> Dispatcher:
    """
    A second process on the same database: nothing in memory is shared.
    """
    other = house.app.dispatcher("other")
    other.turns = Turns(database=house.app.database, clock=lambda: house.now)
    return other


def forget_rest(house: House, dispatcher: Dispatcher) -> None:
    house.now += dt.timedelta(seconds=5)
    dispatcher.turns = Turns(database=house.app.database, clock=lambda: house.now)
    with house.app.database.write() as connection:
        connection.execute(sa.delete(pace))
