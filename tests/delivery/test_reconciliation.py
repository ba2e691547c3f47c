"""
Doubt that must stay small: what may end it, what may not, and that it stops nobody else.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import House
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    NEITHER,
    REPLAYS,
    UNCERTAIN,
    WAIT,
    Scripted,
    all_of,
    batches_of,
    each,
    sending,
    states,
    submit_next,
)

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.queue.sending_loop import BEAT_S
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.reconciliation.timing import reconciles_at
from newsletter.errors import SettingsError
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.model.rate import RateFeedback
from newsletter.store.delivery import batches, leases
from newsletter.store.issues import issues
from newsletter.store.tables import batch

NOT_NOW = Receipt(kind=ReceiptKind.RETRY, reason="nobody listens there")
REFUSED = Receipt(kind=ReceiptKind.REJECTED, reason="render: no value")


def move(house: House, issue_id: int, to: IssueState) -> None:
    with house.app.database.write() as connection:
        issues.move_issue(connection, issue_id, to)
        if to is IssueState.CANCELLED:
            batches.cancel_open(connection, issue_id, now=house.now)


def housekeeping(house: House) -> None:
    with house.app.database.write() as connection:
        batches.submit_finished_issues(connection, now=house.now)


def test_one_refused_copy_does_not_keep_the_others_uncertain(house: House) -> None:
    answers = [each(REFUSED, UNCERTAIN), each(REFUSED, WAIT), each(REFUSED, ACCEPTED)]
    provider = Scripted(answers, capabilities=REPLAYS)
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    for _ in range(2):
        assert states(house, issue_id) == {"uncertain": 2}
        house.now += dt.timedelta(minutes=5)
        reconcile_next(dispatcher)
    assert states(house, issue_id) == {"accepted": 1, "rejected": 1}
    assert len({key for key, _ in provider.handed}) == 1


def test_with_nobody_to_ask_what_is_known_is_kept_and_the_rest_named(house: House) -> None:
    provider = Scripted([each(REFUSED, UNCERTAIN)], capabilities=NEITHER)
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    assert states(house, issue_id) == {"rejected": 1, "uncertain": 1}


def test_a_provider_that_was_removed_from_the_settings_blocks_no_other_reconciliation(
    house: House,
) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    house.now += dt.timedelta(minutes=1)

    def gone(name: str) -> Scripted:
        raise SettingsError("no [provider.gone]")

    dispatcher.provider_named = gone
    assert [reconcile_next(dispatcher), reconcile_next(dispatcher)] == [True, False]
    assert states(house, issue_id) == {"uncertain": 2}


@pytest.mark.parametrize("how", ["raises", "too few receipts"])
def test_a_look_up_that_crashes_leaves_the_outcome_uncertain(house: House, how: str) -> None:
    class Breaks(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            if how == "raises":
                raise RuntimeError("a bug")
            return BatchResult(receipts=(ACCEPTED,))

    issue_id, dispatcher = sending(house, Breaks([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    house.now += dt.timedelta(minutes=1)
    assert reconcile_next(dispatcher) is True
    assert states(house, issue_id) == {"uncertain": 2}


def test_too_few_receipts_of_a_call_leave_it_uncertain(house: House) -> None:
    provider = Scripted([lambda count: BatchResult(receipts=(ACCEPTED,))])
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    assert states(house, issue_id) == {"uncertain": 2}


@pytest.mark.parametrize("stopped", [IssueState.PAUSED, IssueState.CANCELLED])
def test_no_key_is_used_again_while_the_issue_is_stopped(house: House, stopped: IssueState) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    move(house, issue_id, stopped)
    house.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    assert (states(house, issue_id), len(provider.handed)) == ({"uncertain": 2}, 1)


def test_who_never_arrived_is_cancelled_with_the_issue(house: House) -> None:
    provider = Scripted([all_of(UNCERTAIN)], capabilities=LOOKS_UP, looked_up=[ACCEPTED, WAIT])
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    move(house, issue_id, IssueState.CANCELLED)
    house.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    housekeeping(house)
    assert states(house, issue_id) == {"accepted": 1, "cancelled": 1}


def test_a_batch_told_to_wait_after_its_issue_was_cancelled_is_cancelled(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(WAIT)]))
    begun = dispatcher.prepare_next()
    assert begun is not None
    move(house, issue_id, IssueState.CANCELLED)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    housekeeping(house)
    assert states(house, issue_id) == {"cancelled": 2}


def test_a_look_up_is_not_trusted_before_its_lag_is_over(house: House) -> None:
    slow = replace(LOOKS_UP, look_up_lag=dt.timedelta(minutes=5))
    provider = Scripted([all_of(ACCEPTED)], capabilities=slow, looked_up=[WAIT, WAIT])
    issue_id, dispatcher = sending(house, provider)
    assert dispatcher.prepare_next() is not None
    house.now += dt.timedelta(minutes=2)
    with house.app.database.write() as connection:
        leases.expire_dead_workers(connection, house.app.database.file, now=house.now)
    reconcile_next(dispatcher)
    assert states(house, issue_id) == {"uncertain": 2}
    house.now += dt.timedelta(minutes=7)
    reconcile_next(dispatcher)
    assert states(house, issue_id) == {"pending": 2}


@pytest.mark.parametrize(
    ("capabilities", "wait_s"),
    [
        (replace(LOOKS_UP, look_up_lag=dt.timedelta(minutes=10)), 690.0),
        (REPLAYS, 5.0),
        (NEITHER, None),
    ],
)
def test_it_is_known_when_a_provider_can_have_been_asked(
    house: House, capabilities: Capabilities, wait_s: float | None
) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(UNCERTAIN)], capabilities=capabilities))
    with house.app.database.read() as connection:
        assert reconciles_at(connection, issue_id, house.app.provider_named) is None
    submit_next(dispatcher)
    with house.app.database.read() as connection:
        settles = reconciles_at(connection, issue_id, house.app.provider_named)
    waited_s = None if settles is None else (settles - house.now).total_seconds()
    assert waited_s == (wait_s and pytest.approx(wait_s, rel=0.25))


def test_asking_a_slow_provider_does_not_hold_up_the_next_beat(house: House) -> None:
    asked: list[int] = []

    class Slow(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            time.sleep(BEAT_S / 2 + 0.1)
            asked.append(len(attempt.recipients))
            return all_of(ACCEPTED)(len(attempt.recipients))

    provider = Slow([all_of(UNCERTAIN)] * 3, capabilities=LOOKS_UP)
    issue_id, dispatcher = sending(house, provider, readers=6)
    while submit_next(dispatcher):
        pass
    house.now += dt.timedelta(minutes=1)
    house.submit_all(until=lambda: True)
    assert (asked, states(house, issue_id)) == ([2, 2], {"accepted": 4, "uncertain": 2})


def test_a_provider_that_hangs_when_it_is_asked_holds_up_no_other_issue(house: House) -> None:
    others_went, waited = threading.Event(), []

    class Hangs(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            waited.append(others_went.wait(timeout=60))
            return all_of(ACCEPTED)(len(attempt.recipients))

    issue_id, dispatcher = sending(house, Hangs([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    house.now += dt.timedelta(minutes=1)
    house.app.settings = house.app.settings.model_copy(
        update={"provider": {"second": house.app.settings.provider_named("outbox")}}
    )
    house.app.providers["second"] = Scripted([all_of(ACCEPTED)], name="second")
    other = house.add_issue("Another", provider="second")
    pipeline.publish_issue(house.app.publishing, other)

    def is_done() -> bool:
        if states(house, other) == {"accepted": 2}:
            others_went.set()
        return others_went.is_set()

    house.submit_all(until=is_done)
    assert (waited, states(house, issue_id)) == ([True], {"accepted": 2})


def test_a_late_result_settles_the_batch(house: House) -> None:
    provider = Scripted([all_of(WAIT)])
    issue_id, dispatcher = sending(house, provider)
    begun = dispatcher.prepare_next()
    assert begun is not None
    house.now += dt.timedelta(seconds=30)
    with house.app.database.write() as connection:
        leases.expire_dead_workers(connection, house.app.database.file, now=house.now)
    assert states(house, issue_id) == {"uncertain": 2}
    dispatcher.record_result(begun, dispatcher.submit(begun))
    assert (states(house, issue_id), batches_of(house, issue_id)) == (
        {"pending": 2}, [(1, "settled"), (2, "waiting")],
    )  # fmt: skip


def uncertain_after_many_attempts(
    house: House, *after: Callable[[int], BatchResult]
) -> tuple[int, Dispatcher]:
    """
    An issue whose batch waited nine times before it became uncertain, and its dispatcher; its key
    lives for a quarter of an hour, and *after* is what the provider answers then.
    """
    capabilities = replace(REPLAYS, key_life=dt.timedelta(minutes=15))
    answers = [*[all_of(NOT_NOW)] * 9, all_of(UNCERTAIN), *after]
    issue_id, dispatcher = sending(house, Scripted(answers, capabilities=capabilities))
    for _ in range(10):
        house.now += dt.timedelta(minutes=20)
        submit_next(dispatcher)
    assert states(house, issue_id) == {"uncertain": 2}
    return issue_id, dispatcher


def test_a_key_is_used_while_it_lives_however_often_its_batch_had_waited(house: House) -> None:
    after = (all_of(UNCERTAIN), all_of(ACCEPTED))
    issue_id, dispatcher = uncertain_after_many_attempts(house, *after)
    for _ in range(11):
        house.now += dt.timedelta(minutes=1)
        reconcile_next(dispatcher)
    assert states(house, issue_id) == {"accepted": 2}


@pytest.mark.parametrize("is_known_to_all", [True, False])
def test_a_provider_that_rests_is_asked_soon_after_while_its_key_lives(
    house: House, is_known_to_all: bool
) -> None:
    _, dispatcher = uncertain_after_many_attempts(house)
    house.now += dt.timedelta(minutes=5)
    word = RateFeedback(cooldown_s=60.0, is_throttled=True)
    provider = house.app.provider_named("outbox")
    if is_known_to_all:
        with house.app.database.write() as connection:
            now_s = time.monotonic()
            dispatcher.rate_limiter.record_feedback(
                connection, provider, word, recipients=2, called_s=now_s
            )
    else:
        dispatcher.rate_limiter.cool_down_locally(provider, word)
    assert reconcile_next(dispatcher) is True
    with house.app.database.read() as connection:
        due = connection.execute(sa.select(batch.c.not_before)).scalar_one()
    assert due - house.now < dt.timedelta(minutes=1)
