"""
An issue with too many bounces or complaints is paused before it reaches the other readers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from installation import Installation
from origins import STAFF
from scripted_provider import ACCEPTED, Scripted, all_of, each, sending, states, submit_next

from newsletter.actions.issues import issue_delivery, resending
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import Capabilities, Idempotency, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.model.reputation import ReputationCounts, pause_reason
from newsletter.store.events import issue_reputation
from newsletter.store.issues import issues
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

DAY = dt.timedelta(hours=24)
MANY = Capabilities(max_recipients=200, max_bytes=10_000_000, shares_content=True)


@pytest.mark.parametrize(
    ("accepted", "bounced", "complained", "pauses"),
    [
        (199, 100, 0, False),
        (200, 9, 0, False),
        (200, 10, 0, True),
        (999, 0, 50, False),
        (1000, 0, 2, False),
        (1000, 0, 3, True),
        (1001, 0, 3, False),
    ],
)
def test_the_limits_are_those_told(
    accepted: int, bounced: int, complained: int, pauses: bool
) -> None:
    counts = ReputationCounts(accepted=accepted, bounced=bounced, complained=complained)
    assert (pause_reason(counts) is not None) == pauses


def bounce(
    installation: Installation, people: range, reason: SuppressionReason = SuppressionReason.BOUNCE
) -> None:
    with installation.app.database.write() as connection:
        for number in people:
            address = parse_address(f"reader{number:04d}@example.org")
            suppress(connection, address, reason=reason, now=installation.now, by=STAFF)


def trip(installation: Installation) -> list[int]:
    with installation.app.database.write() as connection:
        return [
            number
            for number, _ in issue_reputation.pause_harmful_issues(connection, now=installation.now)
        ]


def test_an_issue_that_bounces_is_paused_and_a_person_resumes_with_a_reason(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 20, capabilities=MANY)
    issue_id, dispatcher = sending(installation, provider, readers=225)
    for _ in range(8):
        submit_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 200, "pending": 25}
    bounce(installation, range(9))
    assert trip(installation) == []
    bounce(installation, range(10))
    assert (trip(installation), installation.state(issue_id)) == ([issue_id], IssueState.PAUSED)
    with (
        installation.app.database.write() as connection,
        pytest.raises(Refused, match="--reason TEXT"),
    ):
        issue_reputation.resume(connection, issue_id, reason=None, now=installation.now)
    installation.now += dt.timedelta(minutes=1)
    with installation.app.database.write() as connection:
        issue_reputation.resume(
            connection, issue_id, reason="an old import, cleaned", now=installation.now
        )
    assert (installation.state(issue_id), trip(installation)) == (IssueState.SENDING, [])


@pytest.mark.parametrize(("people", "state"), [(19, IssueState.SENDING), (20, IssueState.PAUSED)])
def test_an_issue_whose_first_call_rejects_everybody_reaches_nobody_else(
    installation: Installation, people: int, state: IssueState
) -> None:
    rejected = Receipt(kind=ReceiptKind.REJECTED, reason="render: no address")
    few = replace(MANY, max_recipients=people, idempotency=Idempotency.REPLAY)
    provider = Scripted([all_of(rejected)], capabilities=replace(few, key_life=DAY))
    issue_id, dispatcher = sending(installation, provider, readers=people + 30)
    submit_next(dispatcher)
    assert (installation.state(issue_id), states(installation, issue_id)["rejected"]) == (
        state,
        people,
    )
    with installation.app.database.read() as connection:
        reason = issues.load_issue(connection, issue_id).pause_reason
    text = f"all {people} recipients of one call were rejected (render: no address): "
    assert (reason or "").startswith(text if state is IssueState.PAUSED else "")


def test_an_issue_of_which_one_is_taken_goes_on(installation: Installation) -> None:
    rejected = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox")
    provider = Scripted([each(*[rejected] * 24, ACCEPTED)], capabilities=MANY)
    issue_id, dispatcher = sending(installation, provider, readers=50)
    submit_next(dispatcher)
    assert installation.state(issue_id) is IssueState.SENDING


def test_bounces_of_before_the_freeze_and_of_others_do_not_count(
    installation: Installation,
) -> None:
    installation.add_list("weekly")
    installation.subscribe(
        [f"reader{number:04d}@example.org" for number in range(50, 90)], "weekly"
    )
    bounce(installation, range(50, 90))
    provider = Scripted([all_of(ACCEPTED)] * 20, capabilities=MANY)
    _, dispatcher = sending(installation, provider, readers=250)
    for _ in range(8):
        submit_next(dispatcher)
    assert trip(installation) == []


def test_another_pause_needs_no_reason(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]))
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED, pause_reason="by staff")
        issue_reputation.resume(connection, issue_id, reason=None, now=installation.now)
    assert installation.state(issue_id) == IssueState.SENDING


def send_again(installation: Installation, issue_id: int, people: range) -> None:
    addresses = [f"reader{number:04d}@example.org" for number in people]
    resending.resend(installation.app, issue_id, addresses, again=True, by=OPERATOR)


def test_an_issue_that_is_sent_again_is_not_paused_for_bounces_of_earlier_days(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 20, capabilities=MANY)
    issue_id, dispatcher = sending(installation, provider, readers=220)
    while submit_next(dispatcher):
        pass
    installation.now += DAY
    bounce(installation, range(20))
    installation.now += DAY
    send_again(installation, issue_id, range(200, 201))
    assert (trip(installation), installation.state(issue_id)) == ([], IssueState.SENDING)


def test_somebody_who_was_sent_an_issue_again_bounces_once(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 20, capabilities=MANY)
    issue_id, dispatcher = sending(installation, provider, readers=6)
    assert submit_next(dispatcher)
    send_again(installation, issue_id, range(6))
    assert submit_next(dispatcher)
    bounce(installation, range(6))
    with installation.app.database.read() as connection:
        # As many as six may bounce before it matters how many there are.
        assert issue_reputation.issue_counts(connection, issue_id) is None


def test_an_issue_that_was_paused_while_it_was_sent_again_resumes_without_a_reason_next_time(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 20, capabilities=MANY)
    issue_id, dispatcher = sending(installation, provider, readers=2)
    assert submit_next(dispatcher)
    send_again(installation, issue_id, range(1))
    with installation.app.database.write() as connection:
        reason, paused = "too many bounced", IssueState.PAUSED
        assert issues.try_move(
            connection, issue_id, paused, pause_reason=reason, auto_paused_at=installation.now
        )
    issue_delivery.cancel(installation.app, issue_id, by=OPERATOR)
    send_again(installation, issue_id, range(1))
    issue_delivery.pause(installation.app, issue_id, reason="a mistake", by=OPERATOR)
    issue_delivery.resume(installation.app, issue_id, by=OPERATOR)
    assert installation.state(issue_id) is IssueState.SENDING
