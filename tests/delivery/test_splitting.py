"""
A call that is refused as a whole is split in halves, so that only those at fault are refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from installation import Installation
from scripted_provider import Scripted, sending, states, submit_next

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.model.delivery import (
    BatchResult,
    Capabilities,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
    batch_size,
)
from newsletter.model.mail import Mail, Recipient
from newsletter.store.issues.issues import load_issue

ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="odd address")
OTHERS = Receipt(kind=ReceiptKind.RETRY, reason="somebody is odd", retry_after_s=0.0)
SIXTEEN = Capabilities(
    max_recipients=16,
    max_bytes=10**9,
    idempotency=Idempotency.REPLAY,
    key_life=dt.timedelta(hours=24),
)


@dataclass
class Picky(Scripted):
    """
    Accepts all recipients or none: one odd reader refuses the call. With `loses_first` the first
    response is lost.
    """

    odd: frozenset[str] = frozenset()
    loses_first: bool = False
    taken: list[str] = field(default_factory=list)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        people = [recipient.email for recipient in recipients]
        self.handed.append((key, people))
        if self.loses_first and len(self.handed) == 1:
            lost = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no reply came")
            return BatchResult(receipts=(lost,) * len(people))
        if not self.odd.intersection(people):
            self.taken += people
            return BatchResult(receipts=(ACCEPTED,) * len(people))
        if len(people) == 1:
            return BatchResult(receipts=(REJECTED,))
        return BatchResult(receipts=(OTHERS,) * len(people), split=True)


def reader(number: int) -> str:
    return f"reader{number:04d}@example.org"


def empty_ledger(installation: Installation, dispatcher: Dispatcher) -> None:
    while submit_next(dispatcher):
        installation.now += dt.timedelta(seconds=1)


@pytest.mark.parametrize("odd", [{11}, {0, 15}, {3, 4, 5}, set()])
def test_only_the_odd_are_rejected_and_each_other_reader_is_taken_once(
    installation: Installation, odd: set[int]
) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset(map(reader, odd)))
    issue_id, dispatcher = sending(installation, picky, readers=16)
    empty_ledger(installation, dispatcher)
    assert sorted(picky.taken) == [reader(n) for n in range(16) if n not in odd]
    defaults = {"accepted": 16 - len(odd), "rejected": len(odd)}
    assert states(installation, issue_id) == {state: n for state, n in defaults.items() if n}
    assert installation.state(issue_id) == "submitted"
    keys = [key for key, _ in picky.handed]
    assert len(set(keys)) == len(keys)


def test_who_are_all_refused_down_to_each_alone_are_more_than_odd_readers(
    installation: Installation,
) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset(map(reader, range(64))))
    issue_id, dispatcher = sending(installation, picky, readers=64)
    empty_ledger(installation, dispatcher)
    assert states(installation, issue_id) == {"rejected": 10, "pending": 54}
    assert installation.state(issue_id) == "paused"
    with installation.app.database.read() as connection:
        reason = load_issue(connection, issue_id).pause_reason
    assert reason == (
        "12 calls were refused and no recipient was accepted (somebody is odd): find the cause "
        "before you resume the issue"
    )
    assert len(picky.handed) == 12 + 10


def test_the_halves_of_a_refused_call_are_sent_before_the_next_batch(
    installation: Installation,
) -> None:
    odd = frozenset(map(reader, range(0, 192, 16)))
    picky = Picky([], capabilities=SIXTEEN, odd=odd)
    issue_id, dispatcher = sending(installation, picky, readers=192)
    empty_ledger(installation, dispatcher)
    assert states(installation, issue_id) == {"accepted": 180, "rejected": 12}
    sizes = [len(people) for _, people in picky.handed]
    assert sizes == [16, 8, 8, 4, 4, 2, 2, 1, 1] * 12


def test_a_notice_does_not_wait_for_the_halves_of_a_refused_call(
    installation: Installation,
) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset([reader(0)]))
    issue_id, dispatcher = sending(installation, picky, readers=16)
    submit_next(dispatcher)
    test = pipeline.queue_test(installation.app.publishing, issue_id, ["desk@example.org"])
    submit_next(dispatcher)
    assert f"-i{test}-" in picky.handed[1][0]


def test_whoever_sends_one_issue_takes_only_its_own_halves(installation: Installation) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset([reader(0)]))
    issue_id, dispatcher = sending(installation, picky, readers=16)
    submit_next(dispatcher)
    pipeline.queue_test(installation.app.publishing, issue_id, ["desk@example.org"])
    begun = dispatcher.prepare_next(issue_id)
    assert begun is not None
    assert (begun.batch.issue_id, len(begun.recipients)) == (issue_id, 8)


def test_one_odd_reader_of_sixteen_costs_two_calls_a_halving(installation: Installation) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset([reader(11)]))
    _, dispatcher = sending(installation, picky, readers=16)
    empty_ledger(installation, dispatcher)
    assert len(picky.handed) == 1 + 2 * 4


def test_a_replay_that_is_refused_as_a_whole_settles_the_batch_in_two_halves(
    installation: Installation,
) -> None:
    picky = Picky([], capabilities=SIXTEEN, odd=frozenset([reader(2)]), loses_first=True)
    issue_id, dispatcher = sending(installation, picky, readers=16)
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 16}
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    empty_ledger(installation, dispatcher)
    assert states(installation, issue_id) == {"accepted": 15, "rejected": 1}
    assert sorted(picky.taken) == [reader(n) for n in range(16) if n != 2]


@pytest.mark.parametrize(
    ("capabilities", "mail_bytes", "people"),
    [
        (SIXTEEN, 60_000, 16),
        (Capabilities(max_recipients=1_000, max_bytes=10**9), 60_000, 25),
        (Capabilities(max_recipients=1, max_bytes=10**9), 60_000, 1),
        (Capabilities(max_recipients=500, max_bytes=10**6, look_up=LookUp.OWN_ID), 60_000, 16),
        (Capabilities(max_recipients=500, max_bytes=10**4, look_up=LookUp.OWN_ID), 60_000, 1),
        (
            Capabilities(
                max_recipients=500, max_bytes=10**6, look_up=LookUp.OWN_ID, shares_content=True
            ),
            60_000,
            500,
        ),
    ],
)
def test_a_call_has_as_many_readers_as_the_provider_accepts_and_reconciliation_allows(
    capabilities: Capabilities, mail_bytes: int, people: int
) -> None:
    assert batch_size(capabilities, mail_bytes) == people


def test_a_call_with_shared_content_has_space_for_the_values_of_all_readers() -> None:
    capabilities = Capabilities(
        max_recipients=500, max_bytes=10**6, look_up=LookUp.OWN_ID, shares_content=True
    )
    assert batch_size(capabilities, 100_000, value_bytes=6_000) == 150
    assert batch_size(capabilities, 100_000, value_bytes=600) == 500
