"""
What may settle an uncertain outcome and what may not, and that it blocks nothing else.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import Installation
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
from newsletter.delivery.queue.sending_loop import HEARTBEAT_S
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.reconciliation.timing import reconciles_at
from newsletter.errors import SettingsError
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.model.rate import RateFeedback
from newsletter.store.delivery import finish, leases
from newsletter.store.issues import issues
from newsletter.store.tables import batch

NOT_NOW = Receipt(kind=ReceiptKind.RETRY, reason="nobody listens there")
REFUSED = Receipt(kind=ReceiptKind.REJECTED, reason="render: no value")


def move(installation: Installation, issue_id: int, to: IssueState) -> None:
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, to)
        if to is IssueState.CANCELLED:
            finish.cancel_open(connection, issue_id, now=installation.now)


def housekeeping(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        finish.submit_finished_issues(connection, now=installation.now)


def test_one_refused_copy_does_not_keep_the_others_uncertain(installation: Installation) -> None:
    answers = [each(REFUSED, UNCERTAIN), each(REFUSED, WAIT), each(REFUSED, ACCEPTED)]
    provider = Scripted(answers, capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    for _ in range(2):
        assert states(installation, issue_id) == {"uncertain": 2}
        installation.now += dt.timedelta(minutes=5)
        reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 1, "rejected": 1}
    assert len({key for key, _ in provider.handed}) == 1


def test_with_nobody_to_ask_what_is_known_is_kept_and_the_rest_named(
    installation: Installation,
) -> None:
    provider = Scripted([each(REFUSED, UNCERTAIN)], capabilities=NEITHER)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"rejected": 1, "uncertain": 1}


def test_a_provider_that_was_removed_from_the_settings_blocks_no_other_reconciliation(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(
        installation, Scripted([all_of(UNCERTAIN)], capabilities=LOOKS_UP)
    )
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)

    def gone(name: str) -> Scripted:
        raise SettingsError("no [provider.gone]")

    dispatcher.provider_named = gone
    assert [reconcile_next(dispatcher), reconcile_next(dispatcher)] == [True, False]
    assert states(installation, issue_id) == {"uncertain": 2}


@pytest.mark.parametrize("how", ["raises", "too few receipts"])
def test_a_look_up_that_crashes_leaves_the_outcome_uncertain(
    installation: Installation, how: str
) -> None:
    class Breaks(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            if how == "raises":
                raise RuntimeError("a bug")
            return BatchResult(receipts=(ACCEPTED,))

    issue_id, dispatcher = sending(installation, Breaks([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    assert reconcile_next(dispatcher) is True
    assert states(installation, issue_id) == {"uncertain": 2}


def test_too_few_receipts_of_a_call_leave_it_uncertain(installation: Installation) -> None:
    provider = Scripted([lambda count: BatchResult(receipts=(ACCEPTED,))])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}


@pytest.mark.parametrize("stopped", [IssueState.PAUSED, IssueState.CANCELLED])
def test_no_key_is_used_again_while_the_issue_is_stopped(
    installation: Installation, stopped: IssueState
) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    move(installation, issue_id, stopped)
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    assert (states(installation, issue_id), len(provider.handed)) == ({"uncertain": 2}, 1)


def test_who_never_arrived_is_cancelled_with_the_issue(installation: Installation) -> None:
    provider = Scripted([all_of(UNCERTAIN)], capabilities=LOOKS_UP, looked_up=[ACCEPTED, WAIT])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    move(installation, issue_id, IssueState.CANCELLED)
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    housekeeping(installation)
    assert states(installation, issue_id) == {"accepted": 1, "cancelled": 1}


def test_a_batch_told_to_wait_after_its_issue_was_cancelled_is_cancelled(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(WAIT)]))
    begun = dispatcher.prepare_next()
    assert begun is not None
    move(installation, issue_id, IssueState.CANCELLED)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    housekeeping(installation)
    assert states(installation, issue_id) == {"cancelled": 2}


def test_a_look_up_is_not_trusted_before_its_lag_is_over(installation: Installation) -> None:
    slow = replace(LOOKS_UP, look_up_lag=dt.timedelta(minutes=5))
    provider = Scripted([all_of(ACCEPTED)], capabilities=slow, looked_up=[WAIT, WAIT])
    issue_id, dispatcher = sending(installation, provider)
    assert dispatcher.prepare_next() is not None
    installation.now += dt.timedelta(minutes=2)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}
    installation.now += dt.timedelta(minutes=7)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"pending": 2}


@pytest.mark.parametrize(
    ("capabilities", "wait_s"),
    [
        (replace(LOOKS_UP, look_up_lag=dt.timedelta(minutes=10)), 690.0),
        (REPLAYS, 5.0),
        (NEITHER, None),
    ],
)
def test_it_is_known_when_a_provider_can_have_been_asked(
    installation: Installation, capabilities: Capabilities, wait_s: float | None
) -> None:
    issue_id, dispatcher = sending(
        installation, Scripted([all_of(UNCERTAIN)], capabilities=capabilities)
    )
    with installation.app.database.read() as connection:
        assert reconciles_at(connection, issue_id, installation.app.provider_named) is None
    submit_next(dispatcher)
    with installation.app.database.read() as connection:
        settles = reconciles_at(connection, issue_id, installation.app.provider_named)
    waited_s = None if settles is None else (settles - installation.now).total_seconds()
    assert waited_s == (wait_s and pytest.approx(wait_s, rel=0.25))


def test_asking_a_slow_provider_does_not_hold_up_the_next_beat(installation: Installation) -> None:
    asked: list[int] = []

    class Slow(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            time.sleep(HEARTBEAT_S / 2 + 0.1)
            asked.append(len(attempt.recipients))
            return all_of(ACCEPTED)(len(attempt.recipients))

    provider = Slow([all_of(UNCERTAIN)] * 3, capabilities=LOOKS_UP)
    issue_id, dispatcher = sending(installation, provider, readers=6)
    while submit_next(dispatcher):
        pass
    installation.now += dt.timedelta(minutes=1)
    installation.submit_all(until=lambda: True)
    assert (asked, states(installation, issue_id)) == ([2, 2], {"accepted": 4, "uncertain": 2})


def test_a_provider_that_hangs_when_it_is_asked_holds_up_no_other_issue(
    installation: Installation,
) -> None:
    others_went, waited = threading.Event(), []

    class Hangs(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            waited.append(others_went.wait(timeout=60))
            return all_of(ACCEPTED)(len(attempt.recipients))

    issue_id, dispatcher = sending(installation, Hangs([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    installation.app.settings = installation.app.settings.model_copy(
        update={"provider": {"second": installation.app.settings.provider_named("outbox")}}
    )
    installation.app.providers["second"] = Scripted([all_of(ACCEPTED)], name="second")
    other = installation.add_issue("Another", provider="second")
    pipeline.publish_issue(installation.app.publishing, other)

    def is_done() -> bool:
        if states(installation, other) == {"accepted": 2}:
            others_went.set()
        return others_went.is_set()

    installation.submit_all(until=is_done)
    assert (waited, states(installation, issue_id)) == ([True], {"accepted": 2})


def test_a_late_result_settles_the_batch(installation: Installation) -> None:
    provider = Scripted([all_of(WAIT)])
    issue_id, dispatcher = sending(installation, provider)
    begun = dispatcher.prepare_next()
    assert begun is not None
    installation.now += dt.timedelta(seconds=30)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    assert states(installation, issue_id) == {"uncertain": 2}
    dispatcher.record_result(begun, dispatcher.submit(begun))
    assert (states(installation, issue_id), batches_of(installation, issue_id)) == (
        {"pending": 2}, [(1, "settled"), (2, "waiting")],
    )  # fmt: skip


def uncertain_after_many_attempts(
    installation: Installation, *after: Callable[[int], BatchResult]
) -> tuple[int, Dispatcher]:
    """
    An issue whose batch waited nine times before it became uncertain, and its dispatcher; its key
    lives for a quarter of an hour, and *after* is what the provider answers then.
    """
    capabilities = replace(REPLAYS, key_life=dt.timedelta(minutes=15))
    answers = [*[all_of(NOT_NOW)] * 9, all_of(UNCERTAIN), *after]
    issue_id, dispatcher = sending(installation, Scripted(answers, capabilities=capabilities))
    for _ in range(10):
        installation.now += dt.timedelta(minutes=20)
        submit_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}
    return issue_id, dispatcher


def test_a_key_is_used_while_it_lives_however_often_its_batch_had_waited(
    installation: Installation,
) -> None:
    after = (all_of(UNCERTAIN), all_of(ACCEPTED))
    issue_id, dispatcher = uncertain_after_many_attempts(installation, *after)
    for _ in range(11):
        installation.now += dt.timedelta(minutes=1)
        reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 2}


@pytest.mark.parametrize("is_known_to_all", [True, False])
def test_a_provider_that_rests_is_asked_soon_after_while_its_key_lives(
    installation: Installation, is_known_to_all: bool
) -> None:
    _, dispatcher = uncertain_after_many_attempts(installation)
    installation.now += dt.timedelta(minutes=5)
    word = RateFeedback(cooldown_s=60.0, is_throttled=True)
    provider = installation.app.provider_named("outbox")
    if is_known_to_all:
        with installation.app.database.write() as connection:
            now_s = time.monotonic()
            dispatcher.rate_limiter.record_feedback(
                connection, provider, word, recipients=2, called_s=now_s
            )
    else:
        dispatcher.rate_limiter.cool_down_locally(provider, word)
    assert reconcile_next(dispatcher) is True
    with installation.app.database.read() as connection:
        due = connection.execute(sa.select(batch.c.not_before)).scalar_one()
    assert due - installation.now < dt.timedelta(minutes=1)
