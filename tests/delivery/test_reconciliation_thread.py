"""
An answer that is written down while something else is said of the same batch, on either database:
neither goes by what it saw before the other.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

from confirmation_samples import look_again
from installation import House
from scripted_provider import ACCEPTED, NEITHER, UNCERTAIN, Scripted, all_of, each, sending, states
from together_samples import at_first
from webhook_calls import Talks, knock, reported_issue

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.provider_call import Submission
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.store.delivery import leases
from newsletter.store.delivery.leases import WorkerLock
from newsletter.store.delivery.status import resolve_uncertain
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from subscribers.model import SuppressionReason
from subscribers.suppression import suppress
from subscribers.validation.address import parse_address


def called(dispatcher: Dispatcher) -> Callable[[], None]:
    """
    Writes down the answer of a call that was made just now.
    """
    begun = dispatcher.prepare_next()
    assert isinstance(begun, Submission)
    result = dispatcher.submit(begun)
    return lambda: dispatcher.record_result(begun, result)


def test_an_event_that_arrives_while_the_uncertain_result_is_recorded_settles_it(
    house: House,
) -> None:
    reported = reported_issue(house, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER))
    finish = called(reported.dispatcher)
    knock(house, reported.body(1, EventKind.DELIVERED))
    ear = threading.Thread(target=house.app.event_processor.process_due)

    def meanwhile(step: str) -> None:
        if step == "result.before_commit":
            ear.start()
            ear.join(timeout=0.5)

    reported.dispatcher.on_step = meanwhile
    finish()
    ear.join(timeout=60)
    assert states(house, reported.issue_id) == {"accepted": 2}


def test_a_delivery_that_an_event_names_at_that_moment_is_not_recorded_as_uncertain(
    house: House,
) -> None:
    reported = reported_issue(house, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER))
    finish = called(reported.dispatcher)
    knock(house, reported.body(1, EventKind.DELIVERED))
    book = at_first(house, "UPDATE webhook_inbox", finish)
    house.app.event_processor.process_due()
    book.join(timeout=60)
    assert states(house, reported.issue_id) == {"accepted": 2}


def test_an_event_does_not_cut_off_the_answer_of_a_process_that_is_only_slow(house: House) -> None:
    reported = reported_issue(house, Talks([all_of(ACCEPTED)], capabilities=NEITHER))
    file = house.app.database.file
    lock = WorkerLock(file, "me") if file else None
    finish = called(reported.dispatcher)
    house.now += dt.timedelta(seconds=30)
    with house.app.database.write() as connection:
        leases.expire_dead_workers(connection, file, now=house.now)
    reported.says(0, EventKind.DELIVERED)
    look_again(reported)
    finish()
    assert states(house, reported.issue_id) == {"accepted": 2}
    if lock is not None:
        lock.close()


def test_a_person_does_not_decide_about_deliveries_that_became_uncertain_at_that_moment(
    house: House,
) -> None:
    provider = Talks([all_of(UNCERTAIN)] * 2, capabilities=NEITHER)
    reported = reported_issue(house, provider, readers=4)
    called(reported.dispatcher)()
    other = at_first(house, "UPDATE delivery", called(reported.dispatcher))
    with house.app.database.write() as connection:
        decided = resolve_uncertain(
            connection, reported.issue_id, as_state=DeliveryState.ACCEPTED, now=house.now
        )
    other.join(timeout=60)
    assert (decided, states(house, reported.issue_id)) == (2, {"accepted": 2, "uncertain": 2})


def test_a_call_that_begins_as_everything_is_stopped_is_counted_in_flight(house: House) -> None:
    _, dispatcher = sending(house, Scripted([all_of(ACCEPTED)]))
    counted: list[int] = []

    def stop() -> None:
        with house.app.database.write() as connection:
            kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=house.now)
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


def test_an_intent_that_waits_for_the_kill_switch_obeys_it(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([]))
    is_stopped = threading.Event()

    def stop() -> None:
        with house.app.database.write() as connection:
            kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=house.now)
            kill_switch.in_flight(connection)
            is_stopped.set()
            time.sleep(0.3)

    def meanwhile(step: str) -> None:
        if step == "claim.after":
            threading.Thread(target=stop).start()
            assert is_stopped.wait(timeout=60)

    dispatcher.on_step = meanwhile
    assert dispatcher.prepare_next() is None
    assert states(house, issue_id) == {"pending": 2}


def test_nobody_is_left_out_of_an_issue_they_are_in(house: House) -> None:
    house.add_list()
    house.add_readers(2)
    issue_id = house.add_issue()

    def suppressed() -> None:
        with house.app.database.write() as connection:
            suppress(
                connection,
                parse_address("reader0001@example.org"),
                reason=SuppressionReason.COMPLAINT,
                now=house.now,
            )

    other = at_first(house, "INSERT INTO exclusion", suppressed)
    pipeline.publish_issue(house.app.publishing, issue_id)
    other.join(timeout=60)
    counts = house.counts(issue_id)
    assert (counts["audience"], counts["excluded"]) == (2, {})
