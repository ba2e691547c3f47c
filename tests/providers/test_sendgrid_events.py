"""
Test SendGrid's webhooks: only those that SendGrid signed are accepted, as by its own library
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event).
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from provider_samples import NOW
from sendgrid.helpers.eventwebhook import EventWebhook

from newsletter.errors import SettingsError
from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.http_client import HttpClient
from newsletter.providers.sendgrid.events import is_signed, open_key, open_keys, read_events
from newsletter.providers.sendgrid.provider import SendgridProvider

MINE, FOREIGN = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
AT = int(NOW.timestamp())
# Its bodies end with a line break, which is signed too.
RAW = orjson.dumps([{"event": "delivered", "email": "ada@example.org"}]) + b"\r\n"


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = key.public_key().public_bytes(serialization.Encoding.DER, form)
    return base64.b64encode(raw).decode()


def signed(
    raw: bytes, *, key: ec.EllipticCurvePrivateKey = MINE, at: dt.datetime = NOW
) -> dict[str, str]:
    sent_s = str(int(at.timestamp()))
    signature = key.sign(sent_s.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: sent_s}


def is_verified(headers: dict[str, str], raw: bytes) -> bool:
    return is_signed(headers, raw, checks=open_keys("bulk", [public(MINE)]), now=NOW)


def verified_by_their_library(headers: dict[str, str], raw: bytes) -> bool:
    return bool(
        EventWebhook(public(MINE)).verify_signature(
            raw.decode(), headers[SIGNATURE], headers[TIMESTAMP]
        )
    )


@pytest.mark.parametrize(
    ("headers", "raw", "holds"),
    [
        (signed(RAW), RAW, True),
        (signed(RAW), RAW.strip(), False),
        (signed(RAW), RAW.replace(b"delivered", b"bounce"), False),
        (signed(RAW, key=FOREIGN), RAW, False),
        (signed(RAW) | {TIMESTAMP: str(AT + 1)}, RAW, False),
        (signed(RAW) | {SIGNATURE: signed(b"[]")[SIGNATURE]}, RAW, False),
    ],
)
def test_we_accept_the_same_signatures_as_sendgrid_s_library(
    headers: dict[str, str], raw: bytes, holds: bool
):
    assert is_verified(headers, raw) is holds
    assert verified_by_their_library(headers, raw) is holds


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TIMESTAMP: str(AT)},
        signed(RAW) | {TIMESTAMP: "soon"},
        signed(RAW) | {TIMESTAMP: "²"},
        signed(RAW) | {SIGNATURE: "é"},
        signed(RAW) | {SIGNATURE: "AAAA"},
        signed(RAW) | {SIGNATURE: ""},
    ],
)
def test_a_malformed_signature_is_refused(headers: dict[str, str]):
    assert not is_verified(headers, RAW)


@pytest.mark.parametrize(
    ("age", "holds"),
    [
        (dt.timedelta(hours=24), True),
        (dt.timedelta(hours=26), False),
        (dt.timedelta(minutes=-11), False),
    ],
)
def test_an_old_replay_is_refused_and_a_late_retry_is_accepted(age: dt.timedelta, holds: bool):
    headers = signed(RAW, at=NOW - age)
    assert is_verified(headers, RAW) is holds
    # SendGrid's library does not check the time.
    assert verified_by_their_library(headers, RAW)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("no base64", "is not a verification key"),
        ("AAAA", "is not a verification key"),
        (public(rsa.generate_private_key(65_537, 2_048)), "is not a P-256 key"),
        (public(ec.generate_private_key(ec.SECP384R1())), "is not a P-256 key"),
    ],
)
def test_an_unsuitable_key_is_refused_when_the_provider_is_opened(values: str, why: str):
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] webhook_secret {why}"):
        open_key("bulk", values, key="webhook_secret")


def test_without_a_key_every_webhook_is_refused(http: HttpClient):
    deaf = SendgridProvider("bulk", api_key="SG.key", http=http, clock=lambda: NOW)
    receiver = SendgridProvider(
        "bulk", api_key="SG.key", http=http, webhook_secrets=[public(MINE)], clock=lambda: NOW
    )
    assert not deaf.verify(signed(RAW), RAW, "https://news.example.org/hooks/x/y")
    assert receiver.verify(signed(RAW), RAW, "https://news.example.org/hooks/x/y")
    assert [event.kind for event in receiver.events(RAW)] == [EventKind.DELIVERED]


def body(*events: dict[str, Any]) -> bytes:
    values = {
        "email": "ada@example.org",
        "timestamp": AT,
        "sg_event_id": "x",
        "nl_issue": "i12",
        "nl_batch": "abc-i12-b1-1",
        "nl_delivery": "i12-d7_abc",
    }
    return orjson.dumps([values | event for event in events])


@pytest.mark.parametrize(
    ("event", "means"),
    [
        ("processed", EventKind.ACCEPTED),
        ("delivered", EventKind.DELIVERED),
        ("open", EventKind.OPENED),
        ("click", EventKind.CLICKED),
        ("spamreport", EventKind.COMPLAINED),
        ("unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_unsubscribe", EventKind.UNSUBSCRIBED),
    ],
)
def test_each_event_gets_our_kind_our_labels_and_its_time(event: str, means: EventKind):
    assert read_events(body({"event": event, "response": "250 OK"})) == [
        Event(kind=means, at=NOW, label="i12-d7_abc", batch="abc-i12-b1-1", email="ada@example.org")
    ]


@pytest.mark.parametrize(
    ("fields", "means"),
    [
        ({"event": "deferred", "response": "421 later"}, EventKind.DEFERRED),
        ({"event": "bounce", "type": "bounce", "status": "5.1.1"}, EventKind.BOUNCED_HARD),
        ({"event": "bounce", "type": "bounce", "status": "5.7.26"}, EventKind.BLOCKED),
        ({"event": "bounce", "type": "bounce", "status": "5.2.2"}, EventKind.BOUNCED_SOFT),
        ({"event": "bounce", "type": "bounce", "status": "5.1.8"}, EventKind.BLOCKED),
        ({"event": "bounce", "type": "bounce", "status": "4.2.2"}, EventKind.BOUNCED_SOFT),
        ({"event": "bounce", "type": "blocked", "status": "5.0.0"}, EventKind.BLOCKED),
        ({"event": "bounce", "reason": "450-4.2.1 receiving mail at a rate"}, EventKind.BLOCKED),
        ({"event": "bounce", "reason": "450 4.1.1 user unknown"}, EventKind.BOUNCED_SOFT),
        ({"event": "bounce", "reason": "450 user unknown"}, EventKind.BOUNCED_SOFT),
        ({"event": "bounce", "bounce_classification": "Invalid Address"}, EventKind.BOUNCED_HARD),
        ({"event": "bounce", "bounce_classification": "Reputation"}, EventKind.BLOCKED),
        ({"event": "dropped", "reason": "Bounced Address"}, EventKind.BOUNCED_HARD),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, EventKind.COMPLAINED),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, EventKind.UNSUBSCRIBED),
        ({"event": "dropped", "reason": "Invalid"}, EventKind.BOUNCED_HARD),
        ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, EventKind.BLOCKED),
        ({"event": "dropped", "reason": "Spam Content"}, EventKind.BLOCKED),
    ],
)
def test_each_refusal_gets_its_kind(fields: dict[str, Any], means: EventKind):
    (found,) = read_events(body(fields))
    assert (found.kind, found.detail) == (means, fields.get("reason", fields.get("response", "")))


def test_many_events_come_in_order_without_unused_ones():
    raw = body(
        {"event": "processed"},
        {"event": "group_resubscribe"},
        {"event": "open", "sg_machine_open": True},
        {"event": "bounce", "reason": "550 no such user <a@b.c>"},
    )
    found = read_events(raw)
    assert [event.kind for event in found] == [EventKind.ACCEPTED, EventKind.BOUNCED_HARD]
    assert found[1].detail == "550 no such user <(an address)>"


def test_an_unreadable_event_does_not_hide_the_others():
    raw = orjson.dumps([None, *orjson.loads(body({"event": "spamreport"})), [7]])
    assert [event.kind for event in read_events(raw)] == [EventKind.COMPLAINED]


@pytest.mark.parametrize("raw", [b"{}", b"[7]", b"no"])
def test_an_unknown_format_is_reported_as_unreadable(raw: bytes):
    with pytest.raises(UnreadableEvent):
        read_events(raw)
