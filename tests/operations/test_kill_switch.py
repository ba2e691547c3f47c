"""
The kill switch: what is stopped by it, what is not, and that nobody is lost by it.
"""

from __future__ import annotations

import datetime as dt

from installation import House
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states, submit_next

from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.model.delivery import BatchResult, Capabilities, Idempotency, Receipt, ReceiptKind
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.workers import scheduler

UNCERTAIN = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no answer came")
REPLAY = Capabilities(max_recipients=2, max_bytes=10_000_000, idempotency=Idempotency.REPLAY)


def stop(house: House) -> None:
    with house.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=house.now)


def start(house: House) -> None:
    with house.app.database.write() as connection:
        kill_switch.disengage(connection, StopKind.ALL)


def test_nothing_is_claimed_while_everything_is_stopped(house: House) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(house, provider)
    stop(house)
    assert dispatcher.prepare_next() is None
    assert (states(house, issue_id), provider.handed) == ({"pending": 2}, [])
    start(house)
    assert submit_next(dispatcher)
    assert states(house, issue_id) == {"accepted": 2}


def test_a_stop_after_the_claim_stops_the_intent(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([]))

    def on_step(step: str) -> None:
        if step == "claim.after":
            stop(house)

    dispatcher.on_step = on_step
    assert dispatcher.prepare_next() is None
    assert states(house, issue_id) == {"pending": 2}


def test_a_call_in_flight_ends_and_is_written_down(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(ACCEPTED)]))
    begun = dispatcher.prepare_next()
    assert begun is not None
    stop(house)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    assert states(house, issue_id) == {"accepted": 2}


def test_no_key_is_used_again_while_everything_is_stopped(house: House) -> None:
    def no_answer(count: int) -> BatchResult:
        return BatchResult(receipts=(UNCERTAIN,) * count)

    provider = Scripted([no_answer], capabilities=REPLAY)
    issue_id, dispatcher = sending(house, provider)
    submit_next(dispatcher)
    stop(house)
    house.now += dt.timedelta(hours=1)
    assert reconcile_next(dispatcher)
    assert (len(provider.handed), states(house, issue_id)) == (1, {"uncertain": 2})


def test_the_first_reason_of_a_stop_stays(house: House) -> None:
    stop(house)
    with house.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="again", now=house.now)
        found = kill_switch.active_stop(connection)
    assert str(found) == (
        "all sending is stopped since 2026-03-04 12:00 UTC (wrong list); "
        "to go on: `newsletter start-all`"
    )


def test_no_slot_fires_while_everything_is_stopped_and_then_it_is_late(house: House) -> None:
    house.add_list()
    house.add_schedule(sources=())
    house.now += dt.timedelta(days=1)
    stop(house)
    assert scheduler.tick(house.app.publishing) == []
    start(house)
    assert [fired.slot.wall for fired in scheduler.tick(house.app.publishing)] == [
        "2026-03-05T06:00"
    ]
