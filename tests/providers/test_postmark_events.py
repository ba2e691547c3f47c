"""
Postmark's webhooks in our words, and the password that may stand in front of them.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from event_samples import AT, WHEN, postmark_body

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.postmark.events import read_events
from newsletter.providers.webhooks import has_password, parse_iso_time


def basic(values: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(values.encode()).decode()}


@pytest.mark.parametrize(
    ("fields", "means"),
    [
        ({"RecordType": "Delivery", "Recipient": "ada@example.org", "DeliveredAt": AT},
         EventKind.DELIVERED),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Email": "ada@example.org",
          "BouncedAt": AT}, EventKind.COMPLAINED),
        ({"RecordType": "Open", "Recipient": "ada@example.org", "ReceivedAt": AT},
         EventKind.OPENED),
        ({"RecordType": "Click", "Recipient": "ada@example.org", "ReceivedAt": AT},
         EventKind.CLICKED),
        ({"RecordType": "SubscriptionChange", "Recipient": "ada@example.org", "ChangedAt": AT,
          "SuppressSending": True, "SuppressionReason": "ManualSuppression",
          "Origin": "Recipient"}, EventKind.UNSUBSCRIBED),
    ],
)  # fmt: skip
def test_each_form_has_our_word_our_numbers_and_its_own_time(
    fields: dict[str, Any], means: EventKind
):
    (found,) = read_events(postmark_body(fields.pop("RecordType"), **fields))
    assert found == Event(
        kind=means, at=WHEN, label="i12-d7.abc", batch="abc-i12-b1-1", email="ada@example.org"
    )


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("HardBounce", EventKind.BOUNCED_HARD),
        ("BadEmailAddress", EventKind.BOUNCED_HARD),
        ("SoftBounce", EventKind.BOUNCED_SOFT),
        ("Transient", EventKind.DEFERRED),
        ("Blocked", EventKind.BLOCKED),
        ("DMARCPolicy", EventKind.BLOCKED),
        ("SpamNotification", EventKind.BLOCKED),
        ("SpamComplaint", EventKind.COMPLAINED),
        ("Unsubscribe", EventKind.UNSUBSCRIBED),
        ("SomethingNew", EventKind.BOUNCED_SOFT),
    ],
)
def test_each_type_of_bounce_is_what_it_is(kind: str, means: EventKind):
    values = {
        "Type": kind,
        "Email": "ada@example.org",
        "BouncedAt": AT,
        "Details": "550 no <a@b.c>",
    }
    (found,) = read_events(postmark_body("Bounce", **values))
    assert (found.kind, found.detail) == (means, "550 no <(an address)>")


@pytest.mark.parametrize(
    "raw",
    [
        postmark_body("Bounce", Type="AutoResponder"),
        postmark_body("SubscriptionChange", SuppressSending=False, SuppressionReason="HardBounce"),
        postmark_body("Inbound"),
        b"{}",
    ],
)
def test_what_is_no_event_of_a_mail_is_left_out(raw: bytes):
    assert read_events(raw) == []


def test_another_form_is_named_unreadable():
    with pytest.raises(UnreadableEvent):
        read_events(b"RecordType=Bounce")


def test_seven_digits_of_a_second_and_an_offset_are_read():
    assert parse_iso_time("2019-11-05T16:33:54.9070259-05:00") == dt.datetime(
        2019, 11, 5, 21, 33, 54, 907025, tzinfo=dt.UTC
    )
    assert parse_iso_time("0001-01-01T00:00:00+14:00") is None
    assert parse_iso_time("2019-11-05T16:33:54") is None


def test_the_password_is_taken_whole_or_not_at_all():
    assert has_password(basic("hook:s3cret"), "hook:s3cret")
    for headers in ({}, basic("hook:"), basic("hook:s3cret "), {"authorization": "Basic é"}):
        assert not has_password(headers, "hook:s3cret")


@pytest.mark.parametrize("secret", ["", "hook", "hook:", ":s3cret"])
def test_half_a_password_lets_nobody_in(secret: str):
    assert not has_password(basic(secret), secret)
