"""
An answer is recorded while something else is recorded about the same batch, on either database:
neither is decided by stale data.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

from confirmation_samples import look_again
from installation import Installation
from origins import STAFF
from scripted_provider import ACCEPTED, NEITHER, UNCERTAIN, Scripted, all_of, each, sending, states
from together_samples import at_first
from webhook_calls import Talks, reported_issue, store_webhooks

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.provider_call import Submission
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.store.delivery import leases
from newsletter.store.delivery.leases import WorkerLock
from newsletter.store.delivery.status.decisions import resolve_uncertain
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def called(dispatcher: Dispatcher) -> Callable[[], None]:
    """
    Return a function that records the answer of a call made just now.
    """
    begun = dispatcher.prepare_next()
    assert isinstance(begun, Submission)
    result = dispatcher.submit(begun)
    return lambda: dispatcher.record_result(begun, result)


def test_an_event_that_arrives_while_the_uncertain_result_is_recorded_settles_it(
    installation: Installation,
) -> None:
    reported = reported_issue(
        installation, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER)
    )
    finish = called(reported.dispatcher)
    store_webhooks(installation, reported.body(1, EventKind.DELIVERED))
    processing = threading.Thread(target=installation.app.event_processor.process_due)

    def meanwhile(step: str) -> None:
        if step == "result.before_commit":
            processing.start()
            processing.join(timeout=0.5)

    reported.dispatcher.on_step = meanwhile
    finish()
    processing.join(timeout=60)
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_a_delivery_that_an_event_names_at_that_moment_is_not_recorded_as_uncertain(
    installation: Installation,
) -> None:
    reported = reported_issue(
        installation, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER)
    )
    finish = called(reported.dispatcher)
    store_webhooks(installation, reported.body(1, EventKind.DELIVERED))
    book = at_first(installation, "UPDATE webhook_inbox", finish)
    installation.app.event_processor.process_due()
    book.join(timeout=60)
    assert states(installation, reported.issue_id) == {"accepted": 2}


def test_an_event_does_not_cut_off_the_answer_of_a_process_that_is_only_slow(
    installation: Installation,
) -> None:
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)], capabilities=NEITHER))
    file = installation.app.database.file
    lock = WorkerLock(file, "me") if file else None
    finish = called(reported.dispatcher)
    installation.now += dt.timedelta(seconds=30)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, file, now=installation.now)
    reported.says(0, EventKind.DELIVERED)
    look_again(reported)
    finish()
    assert states(installation, reported.issue_id) == {"accepted": 2}
    if lock is not None:
        lock.close()


def test_a_person_does_not_decide_about_deliveries_that_became_uncertain_at_that_moment(
    installation: Installation,
) -> None:
    provider = Talks([all_of(UNCERTAIN)] * 2, capabilities=NEITHER)
    reported = reported_issue(installation, provider, readers=4)
    called(reported.dispatcher)()
    other = at_first(installation, "UPDATE delivery", called(reported.dispatcher))
    with installation.app.database.write() as connection:
        decided = resolve_uncertain(
            connection, reported.issue_id, as_state=DeliveryState.ACCEPTED, now=installation.now
        )
    other.join(timeout=60)
    assert (decided, states(installation, reported.issue_id)) == (
        2,
        {"accepted": 2, "uncertain": 2},
    )


def test_a_call_that_begins_as_everything_is_stopped_is_counted_in_flight(
    installation: Installation,
) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]))
    counted: list[int] = []

    def stop() -> None:
        with installation.app.database.write() as connection:
            kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=installation.now)
            counted.append(kill_switch.in_flight(connection))

    stopping = threading.Thread(target=stop)

    def meanwhile(step: str) -> None:
        if step == "intent.before_commit":
            stopping.start()
            stopping.join(timeout=0.5)

    dispatcher.on_step = meanwhile
    assert dispatcher.prepare_next() is not None
    stopping.join(timeout=60)
    assert counted == [1]


def test_an_intent_that_waits_for_the_kill_switch_obeys_it(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))
    is_stopped = threading.Event()

    def stop() -> None:
        with installation.app.database.write() as connection:
            kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=installation.now)
            kill_switch.in_flight(connection)
            is_stopped.set()
            time.sleep(0.3)

    def meanwhile(step: str) -> None:
        if step == "claim.after":
            threading.Thread(target=stop).start()
            assert is_stopped.wait(timeout=60)

    dispatcher.on_step = meanwhile
    assert dispatcher.prepare_next() is None
    assert states(installation, issue_id) == {"pending": 2}


def test_nobody_is_left_out_of_an_issue_they_are_in(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()

    def suppressed() -> None:
        with installation.app.database.write() as connection:
            suppress(
                connection,
                parse_address("reader0001@example.org"),
                reason=SuppressionReason.COMPLAINT,
                now=installation.now,
                by=STAFF,
            )

    other = at_first(installation, "INSERT INTO exclusion", suppressed)
    pipeline.publish_issue(installation.app.publishing, issue_id)
    other.join(timeout=60)
    counts = installation.counts(issue_id)
    assert (counts["audience"], counts["excluded"]) == (2, {})
