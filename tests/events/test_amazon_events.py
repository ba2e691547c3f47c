"""
Events of Amazon SES over SNS, from the message to what happens to the reader.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from installation import Installation
from scripted_provider import ACCEPTED, all_of, submit_next
from sns_samples import AT, event, message, signed
from webhook_calls import ReportedIssue, Talks, another, dispositions, reported_issue, suppressed

from newsletter.model.event import Event
from newsletter.providers.message_labels import to_label
from newsletter.providers.ses.events import read_events

READERS = ("reader0000@example.org", "reader0001@example.org")


class TalksAsAmazon(Talks):
    """
    Accepts every webhook as verified, in the form of SES.
    """

    def events(self, raw: bytes) -> list[Event]:
        return read_events(raw)


@pytest.fixture
def reported(installation: Installation) -> ReportedIssue:
    """
    Send an issue to two readers, who are accepted.
    """
    reported = reported_issue(installation, TalksAsAmazon([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    return reported


def said(reported: ReportedIssue, place: int, kind: str, **details: Any) -> bytes:
    """
    Return a message about one delivery, which its tag names.
    """
    tags = {"delivery": [to_label(reported.label(place))]}
    inside = event(kind, {"timestamp": AT} | details, tags=tags, to=READERS[place])
    at = reported.installation.now + dt.timedelta(minutes=1)
    return signed(message(at=at, MessageId=f"{kind}{place}", Message=inside))


@pytest.mark.parametrize("kind", ["Permanent", "Transient"])
def test_a_week_on_a_blocklist_loses_no_reader(installation: Installation, kind: str):
    words = "smtp; 554 Transaction failed: Reject due to policy restrictions"
    refused = [{"emailAddress": READERS[0], "diagnosticCode": words}]
    bounce = {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": refused}
    issues = [reported_issue(installation, TalksAsAmazon([]))]
    for _ in range(6):
        issues.append(another(issues[-1]))
    for issue in issues:
        issue.receive(said(issue, 0, "Bounce", **bounce))
    assert issues[-1].kinds(0) == {"blocked"}
    assert suppressed(installation, READERS[0]) == []


def test_a_bounce_and_a_complaint_at_amazon_end_all_mail_to_them(
    installation: Installation, reported: ReportedIssue
):
    gone = {"emailAddress": READERS[0], "diagnosticCode": "smtp; 550 5.1.1 no such user"}
    bounce = {"bounceType": "Permanent", "bounceSubType": "NoEmail", "bouncedRecipients": [gone]}
    reported.receive(said(reported, 0, "Bounce", **bounce), said(reported, 1, "Complaint"))
    assert [suppressed(installation, who) for who in READERS] == [
        [("bounce", "")],
        [("complaint", "")],
    ]
    assert (reported.counted(), dispositions(installation)) == (
        {"bounced_hard": 1, "complained": 1},
        ["matched", "matched"],
    )


def test_of_a_mail_that_is_none_of_ours_nothing_is_kept(
    installation: Installation, reported: ReportedIssue
):
    foreign = event("Delivery", tags={"delivery": ["i1-d1_0123456789"]})
    reported.receive(signed(message(at=installation.now, Message=foreign)))
    assert (reported.counted(), dispositions(installation)) == ({}, ["foreign"])
