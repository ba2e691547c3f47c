"""
What is said about one address: each way to get an issue, or not to get it.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from origins import STAFF
from scripted_provider import UNCERTAIN, Scripted, all_of, each, sending, submit_next

from newsletter import pipeline
from newsletter.delivery import trace
from newsletter.delivery.trace import AddressTrace, DeliveryTrace
from newsletter.errors import NotFound
from newsletter.model.delivery import DeliveryState, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.decisions import resolve_uncertain
from newsletter.store.issues import issues
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

ADA = "reader0000@example.org"


def explain(
    installation: Installation, address: str = ADA, issue_id: int | None = None
) -> AddressTrace:
    with installation.app.database.read() as connection:
        return trace.trace(
            connection, parse_address(address), issue_id=issue_id, now=installation.now
        )


def trace_of(installation: Installation, address: str = ADA) -> DeliveryTrace:
    (only,) = explain(installation, address).deliveries
    return only


def sent(installation: Installation) -> int:
    """
    Send an issue to the only reader on its list.
    """
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    return issue_id


def test_accepted_says_by_whom_and_when(installation: Installation) -> None:
    sent(installation)
    found = trace_of(installation)
    assert (found.outcome, found.subject) == ("accepted", "The Quiet Harbour")
    assert found.words == (
        "Sent on 2026-03-04 12:00:00 UTC: the provider outbox accepted it. "
        "Whether it reached the mailbox was not reported."
    )
    assert found.entry is not None
    assert (found.entry.through, found.entry.settled_at) == ("daily", installation.now)


def test_a_subject_with_a_merge_field_is_told_as_it_was_typed(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue(subject="%%first_name|Reader%%, a word")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    assert trace_of(installation).subject == "%%first_name|Reader%%, a word"


def test_a_rejected_reader_and_an_uncertain_one_are_described_differently(
    installation: Installation,
) -> None:
    no = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox")
    uncertain = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no answer came")
    _, dispatcher = sending(installation, Scripted([each(no, uncertain)]))
    submit_next(dispatcher)
    assert trace_of(installation).words.endswith("UTC and said: no such mailbox")
    other = trace_of(installation, "reader0001@example.org")
    assert (other.outcome, other.rule) == ("uncertain", "no answer came")
    assert other.words.endswith(
        "it is uncertain whether it was accepted (no answer came). "
        "They get no second email until that is known."
    )


def test_what_a_person_decided_is_not_described_as_the_providers_answer(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(UNCERTAIN)]))
    submit_next(dispatcher)
    with installation.app.database.write() as connection:
        resolve_uncertain(
            connection, issue_id, as_state=DeliveryState.ACCEPTED, now=installation.now
        )
    assert trace_of(installation).words.endswith(
        " UTC. It was uncertain whether it was accepted, and a person recorded it as accepted. "
        "Whether it reached the mailbox was not reported."
    )


def test_a_pending_reader_is_told_what_their_batch_waits_for(installation: Installation) -> None:
    wait = Receipt(kind=ReceiptKind.RETRY, reason="asked to slow down", retry_after_s=60)
    issue_id, dispatcher = sending(installation, Scripted([all_of(wait)]))
    assert trace_of(installation).words == "Not sent yet: its turn has not come."
    submit_next(dispatcher)
    assert trace_of(installation).words == (
        "Not sent yet: it waits until 2026-03-04 12:01:00 UTC (asked to slow down)."
    )
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED, pause_reason="wrong picture")
    assert trace_of(installation).words == "Not sent yet: the issue is paused (wrong picture)."


def test_who_left_after_the_freeze_was_skipped(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    installation.unsubscribe(ADA)
    installation.submit_all()
    assert trace_of(installation).words == (
        "Not sent: they were skipped when it was their turn, "
        "because the subscription had ended (by the reader)."
    )


def test_an_exclusion_names_its_rule(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    with installation.app.database.write() as connection:
        bounced = SuppressionReason.BOUNCE
        suppress(connection, parse_address(ADA), reason=bounced, now=installation.now, by=STAFF)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    found = trace_of(installation)
    assert (found.outcome, found.rule) == ("excluded", "suppressed: bounce")
    assert found.words == (
        "Not sent: they were left out when sending began, "
        "because the address is suppressed (bounce)."
    )


def test_who_joined_or_left_too_early_or_late_was_not_in_the_audience(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(2)
    installation.unsubscribe(ADA)
    installation.now += dt.timedelta(hours=1)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    installation.now += dt.timedelta(hours=1)
    installation.subscribe(["late@example.org"])
    assert trace_of(installation).rule == (
        "they were no longer on list daily when sending began: the subscription ended on "
        "2026-03-04 12:00:00 UTC (by the reader)"
    )
    assert trace_of(installation, "late@example.org").rule == (
        "they joined list daily only on 2026-03-04 14:00:00 UTC, after sending had begun"
    )


def test_an_issue_of_other_lists_is_told_only_when_asked_for(installation: Installation) -> None:
    issue_id = sent(installation)
    installation.add_list("weekly")
    installation.subscribe(["grace@example.org"], "weekly")
    assert explain(installation, "grace@example.org").deliveries == []
    (asked,) = explain(installation, "grace@example.org", issue_id).deliveries
    assert asked.words == "Not sent, because they are on none of its lists."


def test_before_the_freeze_it_says_what_would_happen(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    installation.unsubscribe(ADA)
    draft = installation.add_issue()
    found = [
        explain(installation, address, draft).deliveries[0]
        for address in (ADA, "reader0001@example.org")
    ]
    assert [each.outcome for each in found] == ["would be excluded", "would get it"]
    assert [each.words for each in found] == [
        "Not sent yet: the issue is a draft. If it were sent now, they would be left out, "
        "because the subscription had ended (by the reader).",
        "Not sent yet: the issue is a draft. If it were sent now, they would get it.",
    ]


def test_a_test_mail_to_a_typed_address_is_known(installation: Installation) -> None:
    issue_id = sent(installation)
    pipeline.queue_test(installation.app.publishing, issue_id, ["desk@example.org"])
    answer = explain(installation, "desk@example.org")
    assert answer.person is None
    assert [(f.issue.kind, f.outcome) for f in answer.deliveries] == [("test", "pending")]


def test_an_address_nobody_knows_is_refused(installation: Installation) -> None:
    sent(installation)
    with pytest.raises(NotFound, match="nothing is known about nobody"):
        explain(installation, "nobody@example.org")
