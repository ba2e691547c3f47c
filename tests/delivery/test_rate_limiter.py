"""
The rate limiter that all processes share: slots, cooldowns, and how many statements they cost.
"""

from __future__ import annotations

import dataclasses
import itertools
import time

import pytest
import sqlalchemy as sa
from installation import Installation
from rate_limit_samples import forget_rest, throttled
from scripted_provider import (
    ACCEPTED,
    NEITHER,
    Scripted,
    all_of,
    batches_of,
    sending,
    states,
    submit_next,
)

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.errors import StoreError
from newsletter.model.rate import RateFeedback
from newsletter.store.database import Database
from newsletter.store.tables import batch, rate_limit


def test_one_process_is_asked_to_wait_and_all_of_them_do(installation: Installation) -> None:
    provider = Scripted([lambda count: throttled(), *[all_of(ACCEPTED)] * 4])
    issue_id, dispatcher = sending(installation, provider, readers=6)
    other = other_process(installation)
    submit_next(dispatcher)
    assert [submit_next(dispatcher), submit_next(other), len(provider.handed)] == [False, False, 1]
    assert states(installation, issue_id) == {"pending": 6}


def test_a_slot_is_not_used_once_another_process_was_asked_to_wait(
    installation: Installation,
) -> None:
    provider = Scripted([lambda count: throttled(), *[all_of(ACCEPTED)] * 4])
    issue_id, dispatcher = sending(installation, provider, readers=4)
    other = other_process(installation)
    for one in (dispatcher, other):
        one.rate_limiter.configured = {"scripted": 4.0}.get
    first, second = dispatcher.prepare_next(), other.prepare_next()
    assert first is not None
    assert second is not None
    dispatcher.record_result(first, dispatcher.submit(first))
    other.record_result(second, other.submit(second))
    assert (len(provider.handed), states(installation, issue_id)) == (1, {"pending": 4})


def test_throttling_makes_no_later_wait_longer(installation: Installation) -> None:
    provider = Scripted([lambda count: throttled(rest_s=0.01)] * 3)
    issue_id, dispatcher = sending(installation, provider)
    for _ in range(3):
        submit_next(dispatcher)
        forget_rest(installation, dispatcher)
    with installation.app.database.read() as connection:
        tries = connection.execute(sa.select(batch.c.attempts)).scalar_one()
    assert (tries, batches_of(installation, issue_id)) == (0, [(1, "waiting")])
    assert len({key for key, _ in provider.handed}) == 3


def test_a_provider_that_rests_keeps_nobody_else_waiting(installation: Installation) -> None:
    provider = Scripted([lambda count: throttled()])
    _, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.app.settings = installation.app.settings.model_copy(
        update={"provider": {"second": installation.app.settings.provider_named("outbox")}}
    )
    brisk = Scripted([all_of(ACCEPTED)], name="second")
    installation.app.providers["second"] = brisk
    issue_id = installation.add_issue("Another", provider="second")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    submit_next(dispatcher)
    assert (states(installation, issue_id), len(brisk.handed)) == ({"accepted": 2}, 1)


def test_a_rate_in_recipients_counts_recipients(installation: Installation) -> None:
    by_head = dataclasses.replace(NEITHER, rate_unit="recipients")
    _, dispatcher = sending(
        installation, Scripted([all_of(ACCEPTED)] * 3, capabilities=by_head), readers=4
    )
    dispatcher.rate_limiter.configured = {"scripted": 8.0}.get
    paid = []
    for _ in range(2):
        assert dispatcher.prepare_next() is not None
        with installation.app.database.read() as connection:
            paid.append(connection.execute(sa.select(rate_limit.c.next_free_at)).scalar_one())
    assert paid[1] - paid[0] >= 2 / (8 * 0.95) - 1e-6


def test_a_batch_of_which_everybody_left_costs_no_turn_and_ends(installation: Installation) -> None:
    by_head = dataclasses.replace(NEITHER, rate_unit="recipients")
    provider = Scripted([], capabilities=by_head)
    issue_id, dispatcher = sending(installation, provider, readers=1)
    installation.unsubscribe("reader0000@example.org")
    assert submit_next(dispatcher) is True
    assert (states(installation, issue_id), installation.state(issue_id)) == (
        {"skipped": 1},
        "submitted",
    )


def test_where_the_rate_is_high_many_slots_cost_one_statement(installation: Installation) -> None:
    limiter, provider = installation.app.rate_limiter, Scripted([])
    limiter.configured = {"scripted": 1000.0}.get
    spoken: list[str] = []
    sa.event.listen(
        installation.app.database.engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: spoken.append(statement),
    )
    with installation.app.database.write() as connection:
        taken = [limiter.reserve(connection, provider, 1) for _ in range(40)]
    assert None not in taken
    assert len([words for words in spoken if words.startswith("UPDATE rate_limit")]) <= 4


def test_a_batch_that_was_asked_for_waits_until_its_provider_has_rested(
    installation: Installation,
) -> None:
    provider = Scripted([lambda count: throttled()])
    issue_id, dispatcher = sending(installation, provider, readers=4)
    submit_next(dispatcher)
    assert (dispatcher.prepare_next(batch_id=2), dispatcher.rate_limiter.is_behind) == (None, False)
    assert batches_of(installation, issue_id) == [(1, "waiting"), (2, "waiting")]
    with installation.app.database.read() as connection:
        assert connection.scalars(sa.select(batch.c.attempts)).all() == [0, 0]


def test_a_process_that_is_behind_says_so(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]), readers=4)
    dispatcher.rate_limiter.configured = {"scripted": 0.1}.get
    assert dispatcher.rate_limiter.is_behind is False
    submit_next(dispatcher)
    assert (dispatcher.prepare_next(batch_id=2), dispatcher.rate_limiter.is_behind) == (None, True)


def test_nobody_is_uncertain_whose_rate_limit_could_not_be_read(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 2)
    issue_id, dispatcher = sending(installation, provider)
    limiter = dispatcher.rate_limiter
    limiter.configured = {"scripted": 8.0}.get
    begun = dispatcher.prepare_next()
    assert begun is not None
    limiter.database = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    limiter.monotonic_s = lambda: time.monotonic() + 1
    dispatcher.record_result(begun, dispatcher.submit(begun))
    limiter.database.close()
    assert (batches_of(installation, issue_id), provider.handed) == ([(1, "waiting")], [])


def other_process(installation: Installation) -> Dispatcher:
    """
    Make a second process on the same database, which shares nothing in memory.
    """
    other = installation.app.dispatcher("other")
    other.rate_limiter = RateLimiter(
        database=installation.app.database, clock=lambda: installation.now
    )
    return other


def test_a_limit_advertised_while_the_database_failed_is_recorded_later(
    installation: Installation,
) -> None:
    limiter, provider, word = (
        installation.app.rate_limiter,
        Scripted([]),
        RateFeedback(limit_per_s=4.0),
    )

    def report(*, breaks: bool) -> None:
        with installation.app.database.write() as connection:
            limiter.reserve(connection, provider, 1)
            now_s = time.monotonic()
            limiter.record_feedback(connection, provider, word, recipients=1, called_s=now_s)
            if breaks:
                raise StoreError("the connection broke")

    limiter.monotonic_s = itertools.count(step=2.0).__next__
    with pytest.raises(StoreError):
        report(breaks=True)
    report(breaks=False)
    with installation.app.database.read() as connection:
        assert connection.scalars(sa.select(rate_limit.c.advertised_rate)).all() == [4.0]
