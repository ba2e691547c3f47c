"""
The kill switch: what is stopped by it, what is not, and that nobody is lost by it.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states, submit_next

from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.model.delivery import BatchResult, Capabilities, Idempotency, Receipt, ReceiptKind
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.workers import scheduler

UNCERTAIN = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no answer came")
REPLAY = Capabilities(max_recipients=2, max_bytes=10_000_000, idempotency=Idempotency.REPLAY)


def stop(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=installation.now)


def start(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        kill_switch.disengage(connection, StopKind.ALL)


def test_nothing_is_claimed_while_everything_is_stopped(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    stop(installation)
    assert dispatcher.prepare_next() is None
    assert (states(installation, issue_id), provider.handed) == ({"pending": 2}, [])
    start(installation)
    assert submit_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 2}


def test_a_stop_after_the_claim_stops_the_intent(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))

    def on_step(step: str) -> None:
        if step == "claim.after":
            stop(installation)

    dispatcher.on_step = on_step
    assert dispatcher.prepare_next() is None
    assert states(installation, issue_id) == {"pending": 2}


def test_a_call_in_flight_ends_and_is_written_down(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]))
    begun = dispatcher.prepare_next()
    assert begun is not None
    stop(installation)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    assert states(installation, issue_id) == {"accepted": 2}


def test_no_key_is_used_again_while_everything_is_stopped(installation: Installation) -> None:
    def no_answer(count: int) -> BatchResult:
        return BatchResult(receipts=(UNCERTAIN,) * count)

    provider = Scripted([no_answer], capabilities=REPLAY)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    stop(installation)
    installation.now += dt.timedelta(hours=1)
    assert reconcile_next(dispatcher)
    assert (len(provider.handed), states(installation, issue_id)) == (1, {"uncertain": 2})


def test_the_first_reason_of_a_stop_stays(installation: Installation) -> None:
    stop(installation)
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="again", now=installation.now)
        found = kill_switch.active_stop(connection)
    assert str(found) == (
        "all sending has been stopped since 2026-03-04 12:00 UTC (wrong list); "
        "to continue: `newsletter start-all`"
    )


def test_no_slot_fires_while_everything_is_stopped_and_then_it_is_late(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_schedule(sources=())
    installation.now += dt.timedelta(days=1)
    stop(installation)
    assert scheduler.tick(installation.app.publishing) == []
    start(installation)
    assert [fired.slot.wall for fired in scheduler.tick(installation.app.publishing)] == [
        "2026-03-05T06:00"
    ]
