"""
The intent: who is removed from a call, who may not be, and what a failing database leaves behind.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from scripted_provider import (
    ACCEPTED,
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
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.errors import StoreError
from newsletter.model.delivery import BatchState
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery import claims, finish, leases
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.tables import batch, brief, delivery, rate_limit
from newsletter.workers import sender
from subscribers.lists import find_list
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.validation.address import parse_address

FIRST = "reader0000@example.org"


def leave(installation: Installation, address: str = FIRST) -> None:
    with installation.app.database.write() as connection:
        unsubscribe_address(
            connection,
            parse_address(address),
            mailing_list=find_list(connection, "daily"),
            reason="by the reader",
            now=installation.now,
            by=STAFF,
        )


def breaks_at(dispatcher: Dispatcher, point: str) -> None:
    """
    Let the database fail once at the step *point*.
    """

    def on_step(step: str) -> None:
        if step == point:
            dispatcher.on_step = lambda step: None
            raise StoreError("database is locked")

    dispatcher.on_step = on_step


@pytest.mark.parametrize("point", ["intent.before_commit", "intent.after"])
def test_a_batch_whose_intent_met_a_broken_database_goes_later(
    installation: Installation, point: str
) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    breaks_at(dispatcher, point)
    with pytest.raises(StoreError):
        dispatcher.prepare_next()
    assert submit_next(dispatcher) is True
    assert (states(installation, issue_id), len(provider.handed)) == ({"accepted": 2}, 1)


def test_a_sender_that_is_stopped_leaves_nobody_uncertain_whom_it_never_called(
    installation: Installation,
) -> None:
    issue_id, _ = sending(installation, Scripted([]))
    broken: list[str] = []

    def breaks(step: str) -> None:
        if step == "intent.after" and not broken:
            broken.append(step)
            raise StoreError("database is locked")

    installation.app.on_step = breaks
    sender.run_until_done(installation.app, is_stopping=lambda: bool(broken), is_done=lambda: False)
    assert batches_of(installation, issue_id) == [(1, BatchState.WAITING)]


def test_an_issue_that_cannot_be_begun_is_paused_and_holds_up_no_other(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    other = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, other)
    whole = dispatcher.recipients_for

    def recipients_for(
        rows: Sequence[DeliveryRow], number: int, mail: Mail, epoch: str
    ) -> tuple[Recipient, ...]:
        if number == issue_id:
            raise ValueError("a bug")
        return whole(rows, number, mail, epoch)

    dispatcher.recipients_for = recipients_for
    assert [submit_next(dispatcher), submit_next(dispatcher)] == [False, True]
    assert (installation.state(issue_id), states(installation, issue_id)) == (
        "paused",
        {"pending": 2},
    )
    assert states(installation, other) == {"accepted": 2}


def test_a_beat_gives_back_a_claim_nobody_knows_of(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]))
    with installation.app.database.write() as connection:
        claims.claim_batch(connection, worker_id="me", now=installation.now, lease=leases.LEASE)
    with installation.app.database.write() as connection:
        leases.heartbeat(connection, "me", now=installation.now)
    assert batches_of(installation, issue_id) == [(1, BatchState.PENDING)]


def test_a_lost_claim_marks_nobody_as_skipped(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    other = installation.app.dispatcher("other")

    def pass_on(step: str) -> None:
        if step == "claim.after":
            with installation.app.database.write() as connection:
                connection.execute(sa.update(batch).values(state=BatchState.PENDING, worker=None))
            assert submit_next(other) is True
            leave(installation)

    dispatcher.on_step = pass_on
    assert dispatcher.prepare_next() is None
    assert states(installation, issue_id) == {"accepted": 2}


def test_who_unsubscribes_while_a_call_waits_for_its_slot_is_not_in_it(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 2)
    issue_id, dispatcher = sending(installation, provider, readers=4)
    dispatcher.rate_limiter.configured = {"scripted": 1 / 60}.get
    submit_next(dispatcher)
    assert submit_next(dispatcher) is False
    assert (states(installation, issue_id), len(provider.handed)) == (
        {"accepted": 2, "pending": 2},
        1,
    )
    leave(installation, "reader0002@example.org")
    dispatcher.rate_limiter = RateLimiter(
        database=installation.app.database,
        clock=lambda: installation.now,
        configured={"scripted": 1e9}.get,
    )
    with installation.app.database.write() as connection:
        connection.execute(sa.delete(rate_limit))
    submit_next(dispatcher)
    assert provider.handed[1][1] == ["reader0003@example.org"]


def test_a_process_that_stood_still_after_its_intent_looks_again(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    begun = dispatcher.prepare_next()
    assert begun is not None
    installation.now += dt.timedelta(minutes=2)
    leave(installation)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    assert (submit_next(dispatcher), len(provider.handed)) == (True, 1)
    assert states(installation, issue_id) == {"accepted": 1, "skipped": 1}


def test_a_reader_whose_list_is_gone_is_no_typed_address(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    with installation.app.database.write() as connection:
        connection.execute(sa.update(delivery).values(list_id=None, subscription_id=None))
    submit_next(dispatcher)
    assert (states(installation, issue_id), provider.handed) == ({"skipped": 2}, [])


def test_two_processes_splitting_one_issue_take_two_numbers(installation: Installation) -> None:
    provider = Scripted([each(ACCEPTED, WAIT), each(ACCEPTED, WAIT)])
    issue_id, dispatcher = sending(installation, provider, readers=4)
    other = installation.app.dispatcher("other")
    mine, theirs = dispatcher.prepare_next(), other.prepare_next()
    assert mine is not None
    assert theirs is not None
    answers = [dispatcher.submit(mine), other.submit(theirs)]
    late = threading.Thread(target=other.record_result, args=(theirs, answers[1]))

    def meanwhile(step: str) -> None:
        if step == "result.before_commit":
            late.start()
            late.join(timeout=0.5)

    dispatcher.on_step = meanwhile
    dispatcher.record_result(mine, answers[0])
    late.join(timeout=60)
    assert batches_of(installation, issue_id) == [
        (1, "settled"), (2, "settled"), (3, "waiting"), (4, "waiting"),
    ]  # fmt: skip


def test_an_issue_that_ends_in_a_sweep_has_used_its_briefs(installation: Installation) -> None:
    sending(installation, Scripted([]))
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(state=BatchState.SETTLED, outcome="accepted"))
        finish.submit_finished_issues(connection, now=installation.now)
        assert connection.scalars(sa.select(brief.c.status)).all() == ["used"]
