"""
Test the reading of Postmark's webhooks, and the optional password that protects them.
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
def test_each_record_type_gets_our_kind_our_labels_and_its_time(
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
def test_each_type_of_bounce_gets_its_kind(kind: str, means: EventKind):
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
def test_events_that_are_not_about_a_mail_are_ignored(raw: bytes):
    assert read_events(raw) == []


def test_an_unknown_format_is_reported_as_unreadable():
    with pytest.raises(UnreadableEvent):
        read_events(b"RecordType=Bounce")


def test_a_time_with_seven_decimals_and_an_offset_is_parsed():
    assert parse_iso_time("2019-11-05T16:33:54.9070259-05:00") == dt.datetime(
        2019, 11, 5, 21, 33, 54, 907025, tzinfo=dt.UTC
    )
    assert parse_iso_time("0001-01-01T00:00:00+14:00") is None
    assert parse_iso_time("2019-11-05T16:33:54") is None


def test_only_the_complete_password_is_accepted():
    assert has_password(basic("hook:s3cret"), ["hook:s3cret"])
    for headers in ({}, basic("hook:"), basic("hook:s3cret "), {"authorization": "Basic é"}):
        assert not has_password(headers, ["hook:s3cret"])


@pytest.mark.parametrize("secret", ["", "hook", "hook:", ":s3cret"])
def test_a_setting_without_a_password_accepts_nobody(secret: str):
    assert not has_password(basic(secret), [secret])
