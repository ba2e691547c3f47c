"""
Test Mailgun's webhooks: only recent ones that Mailgun signed for this body are accepted
(https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any

import orjson
import pytest
from provider_samples import NOW

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.mailgun.events import SeenTokens, is_signed, read_events

KEY = "a signing key of the tests"
WHEN = dt.datetime(2026, 3, 4, 12, 0, 1, 678000, tzinfo=dt.UTC)


def body(
    event: str,
    *,
    at: dt.datetime = NOW,
    key: str = KEY,
    token: str = "t" * 50,
    signature: str | None = None,
    **fields: Any,
) -> bytes:
    """
    Return the bytes of a webhook, signed with *key* at a given time.
    """
    sent_s = str(int(at.timestamp()))
    mac = hmac.new(key.encode(), f"{sent_s}{token}".encode(), hashlib.sha256).hexdigest()
    values = {
        "id": "Ase7i2zsRYeDXztHGENqRA",
        "timestamp": WHEN.timestamp(),
        "event": event,
        "recipient": "ada@example.org",
        "message": {"headers": {"message-id": "20260304.1@mg.example.org"}},
        "user-variables": {"issue": "i12", "batch": "abc-i12-b1-1", "delivery": "i12-d7_abc"},
    }
    signed = {"timestamp": sent_s, "token": token, "signature": signature or mac}
    return orjson.dumps({"signature": signed, "event-data": values | fields})


def is_verified(raw: bytes, *, key: str = KEY, tokens: SeenTokens | None = None) -> bool:
    return is_signed(raw, keys=[key], tokens=tokens or SeenTokens(), now=NOW)


def test_a_webhook_signed_by_mailgun_is_accepted():
    assert is_verified(body("delivered"))


@pytest.mark.parametrize(
    "raw",
    [
        body("delivered", key="somebody else's"),
        body("delivered", signature="0" * 64),
        body("delivered", signature="é"),
        body("delivered").replace(b'"token":"t', b'"token":"u'),
        body("delivered").replace(b'"timestamp":"177', b'"timestamp":"176'),
        b'{"signature":{"timestamp":"soon","token":"","signature":""}}',
        b'{"signature":null}',
        b'{"event-data":{}}',
        b"[]",
        b"timestamp=1&token=2",
    ],
)
def test_anything_else_is_refused(raw: bytes):
    assert not is_verified(raw)


@pytest.mark.parametrize(
    ("age", "holds"),
    [
        (dt.timedelta(hours=8, minutes=5), True),
        (dt.timedelta(hours=10), False),
        (dt.timedelta(minutes=-1), True),
        (dt.timedelta(minutes=-6), False),
    ],
)
def test_an_old_replay_is_refused_and_a_late_retry_is_accepted(age: dt.timedelta, holds: bool):
    assert is_verified(body("delivered", at=NOW - age)) is holds


def test_a_signature_is_accepted_repeatedly_but_for_one_body_only():
    tokens = SeenTokens()
    first = body("delivered")
    assert is_verified(first, tokens=tokens)
    assert is_verified(first, tokens=tokens)
    # The same signature with another event, because it does not cover the event.
    assert not is_verified(body("complained"), tokens=tokens)
    assert is_verified(body("complained", token="u" * 50), tokens=tokens)


def test_a_forgery_does_not_use_up_a_token():
    tokens = SeenTokens()
    assert not is_verified(body("complained", key="somebody else's"), tokens=tokens)
    assert is_verified(body("delivered"), tokens=tokens)


def test_the_number_of_remembered_tokens_is_limited():
    tokens = SeenTokens(most=2)
    assert all(tokens.is_first_or_same(token, b"1") for token in "abc")
    assert tokens.is_first_or_same("a", b"2")
    assert not tokens.is_first_or_same("c", b"2")


def test_without_a_key_every_webhook_is_refused():
    assert not is_verified(body("delivered", key=""), key="")


@pytest.mark.parametrize(
    ("event", "means"),
    [
        ("accepted", EventKind.ACCEPTED),
        ("delivered", EventKind.DELIVERED),
        ("opened", EventKind.OPENED),
        ("clicked", EventKind.CLICKED),
        ("complained", EventKind.COMPLAINED),
        ("unsubscribed", EventKind.UNSUBSCRIBED),
    ],
)
def test_each_event_gets_our_kind_our_labels_and_its_time(event: str, means: EventKind):
    assert read_events(body(event)) == [
        Event(
            kind=means, at=WHEN, label="i12-d7_abc", batch="abc-i12-b1-1", email="ada@example.org"
        )
    ]


@pytest.mark.parametrize(
    ("fields", "means"),
    [
        ({"severity": "temporary", "reason": "generic"}, EventKind.DEFERRED),
        ({"severity": "permanent", "reason": "suppress-bounce"}, EventKind.BOUNCED_HARD),
        ({"severity": "permanent", "reason": "suppress-complaint"}, EventKind.COMPLAINED),
        ({"severity": "permanent", "reason": "suppress-unsubscribe"}, EventKind.UNSUBSCRIBED),
        ({"severity": "permanent", "reason": "old"}, EventKind.BOUNCED_SOFT),
        ({"severity": "permanent", "reason": "espblock"}, EventKind.BLOCKED),
        ({"severity": "permanent", "reason": "bounce"}, EventKind.BOUNCED_SOFT),
    ],
)
def test_each_failure_gets_its_kind(fields: dict[str, Any], means: EventKind):
    (found,) = read_events(body("failed", **fields))
    assert (found.kind, found.detail) == (means, "")


@pytest.mark.parametrize(
    ("status", "means", "detail"),
    [
        ({"code": 550, "message": "5.1.1 no <a@b.c>"}, EventKind.BOUNCED_HARD,
         "5.1.1 no <(an address)>"),
        ({"code": 550, "message": "5.7.1 not you"}, EventKind.BLOCKED, "5.7.1 not you"),
        ({"code": 550, "enhanced-code": "5.7.26", "message": "DMARC"}, EventKind.BLOCKED, "DMARC"),
        ({"code": 552, "message": "5.2.2 mailbox full"}, EventKind.BOUNCED_SOFT,
         "5.2.2 mailbox full"),
        ({"code": 552, "message": "5.3.4 too big"}, EventKind.BLOCKED, "5.3.4 too big"),
        ({"code": 452, "message": "mailbox full"}, EventKind.BOUNCED_SOFT, "mailbox full"),
        ({"code": 550, "bounce-type": "soft", "message": "user unknown"}, EventKind.BOUNCED_SOFT,
         "user unknown"),
        ({"code": 550, "bounce-type": "hard", "message": "user unknown"}, EventKind.BOUNCED_HARD,
         "user unknown"),
        ({"code": 550, "bounce-type": "hard", "message": ""}, EventKind.BOUNCED_HARD, ""),
        ({"code": 554, "bounce-type": "hard", "message": "Transaction failed"},
         EventKind.BOUNCED_SOFT, "Transaction failed"),
        ({"code": 605, "message": "", "description": "Not delivering"}, EventKind.BOUNCED_HARD,
         "Not delivering"),
    ],
)  # fmt: skip
def test_the_reply_of_the_receiving_server_decides_the_rest(
    status: dict[str, Any], means: EventKind, detail: str
):
    raw = body("failed", **{"severity": "permanent", "reason": "bounce", "delivery-status": status})
    (found,) = read_events(raw)
    assert (found.kind, found.detail) == (means, detail)


def test_a_rejection_by_mailgun_is_not_a_bounce():
    (found,) = read_events(body("rejected", reject={"reason": "Sandbox subdomains are for test"}))
    assert (found.kind, found.detail) == (EventKind.BLOCKED, "Sandbox subdomains are for test")


def test_events_without_our_labels_name_no_delivery():
    (found,) = read_events(body("delivered", **{"user-variables": []}))
    assert (found.label, found.batch) == ("", "")


def test_events_that_are_not_about_a_mail_are_ignored():
    assert read_events(body("list_member_uploaded")) == []


@pytest.mark.parametrize("raw", [b"event=delivered", b"[]", b'{"event-data":7}'])
def test_an_unknown_format_is_reported_as_unreadable(raw: bytes):
    with pytest.raises(UnreadableEvent):
        read_events(raw)


@pytest.mark.parametrize("at", [None, "soon", True, 1e300, float(2**70)])
def test_an_invalid_time_is_left_out(at: Any):
    (found,) = read_events(body("delivered", timestamp=at))
    assert found.at is None
