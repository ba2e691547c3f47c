"""
An event touches only the delivery whose address it names. About other mail of ours it may still act
on its own address.
"""

from __future__ import annotations

import pytest
from event_readers import READERS
from installation import Installation
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import ReportedIssue, Talks, dispositions, reported_issue, suppressed

from newsletter.model.event import EventKind


@pytest.fixture
def reported(installation: Installation) -> ReportedIssue:
    """
    Send an issue to two readers, who are accepted.
    """
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    return reported


def test_a_complaint_of_another_address_touches_neither_the_delivery_nor_its_reader(
    installation: Installation, reported: ReportedIssue
) -> None:
    reported.says(0, EventKind.COMPLAINED, Recipient="stranger@example.net")
    assert (reported.kinds(0), suppressed(installation, READERS[0])) == (set(), [])
    assert dispositions(installation) == ["foreign"]


def test_a_complaint_under_the_label_of_another_reader_suppresses_whoever_complained(
    installation: Installation, reported: ReportedIssue
) -> None:
    reported.says(0, EventKind.COMPLAINED, Recipient=READERS[1])
    assert suppressed(installation, READERS[0]) == []
    assert suppressed(installation, READERS[1]) == [("complaint", "")]
    assert (reported.kinds(0), reported.kinds(1)) == (set(), set())


def test_an_address_counts_in_any_case_and_with_a_display_name(
    installation: Installation, reported: ReportedIssue
) -> None:
    reported.says(0, EventKind.DELIVERED, Recipient=f"Ada Byron <{READERS[0].upper()}>")
    assert reported.kinds(0) == {"delivered"}


def test_what_is_no_address_touches_nobody(
    installation: Installation, reported: ReportedIssue
) -> None:
    reported.says(0, EventKind.BOUNCED_HARD, Recipient="(hidden)")
    assert (reported.kinds(0), suppressed(installation, READERS[0])) == (set(), [])
