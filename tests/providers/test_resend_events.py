"""
Test Resend's webhooks: only recent ones that Resend signed are accepted.
"""

from __future__ import annotations

import datetime as dt

import pytest
import svix
from event_samples import FOREIGN, SECRET, WHEN, bounce, resend_body, signed
from hypothesis import given
from hypothesis import strategies as st
from provider_samples import NOW

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.resend.events import is_signed, read_events

RAW = resend_body("email.delivered")


def test_a_webhook_signed_by_resend_is_accepted():
    assert is_signed(signed(RAW, at=NOW), RAW, secrets=[SECRET], now=NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(RAW, at=NOW, secret=FOREIGN),
        signed(RAW + b" ", at=NOW),
        signed(RAW, at=NOW) | {"svix-id": "msg_2"},
        signed(RAW, at=NOW) | {"svix-timestamp": str(int(NOW.timestamp()) + 1)},
        signed(RAW, at=NOW) | {"svix-timestamp": "soon"},
        signed(RAW, at=NOW) | {"svix-timestamp": "²"},
        signed(RAW, at=NOW) | {"svix-signature": "v1,"},
        signed(RAW, at=NOW) | {"svix-signature": "v1,é"},
        {k: v.replace("v1,", "v2,") for k, v in signed(RAW, at=NOW).items()},
        {k: v for k, v in signed(RAW, at=NOW).items() if k != "svix-signature"},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]):
    assert not is_signed(headers, RAW, secrets=[SECRET], now=NOW)


@pytest.mark.parametrize("minutes", [-30 * 24 * 60, -6, 6, 30 * 24 * 60])
def test_an_old_replay_is_refused_although_it_was_signed(minutes: int):
    headers = signed(RAW, at=NOW + dt.timedelta(minutes=minutes))
    assert not is_signed(headers, RAW, secrets=[SECRET], now=NOW)


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_no base64"]])
def test_without_a_secret_every_webhook_is_refused(secrets: list[str]):
    empty = signed(RAW, at=NOW, secret="whsec_")
    assert not is_signed(signed(RAW, at=NOW), RAW, secrets=secrets, now=NOW)
    assert not is_signed(empty, RAW, secrets=secrets, now=NOW)


def test_both_secrets_are_accepted_while_the_secret_is_changed():
    mine, theirs = signed(RAW, at=NOW), signed(RAW, at=NOW, secret=FOREIGN)
    both = mine | {"svix-signature": f"{theirs['svix-signature']} {mine['svix-signature']}"}
    assert is_signed(both, RAW, secrets=[SECRET], now=NOW)
    assert is_signed(theirs, RAW, secrets=[SECRET, FOREIGN], now=NOW)


@given(
    raw=st.binary(max_size=200),
    is_tampered=st.booleans(),
    secret=st.sampled_from([SECRET, FOREIGN]),
    age_s=st.integers(-900, 900),
)
def test_svix_s_own_library_agrees(raw: bytes, is_tampered: bool, secret: str, age_s: int):
    now = dt.datetime.now(dt.UTC)
    at = now - dt.timedelta(seconds=age_s)
    if 295 <= abs(age_s) <= 305:
        return
    raw = raw.decode("utf-8", "ignore").encode()
    headers = signed(raw, at=at, secret=secret)
    got = raw + b"." if is_tampered else raw
    assert is_signed(headers, got, secrets=[SECRET], now=now) == svix_says(headers, got)


def svix_says(headers: dict[str, str], raw: bytes) -> bool:
    try:
        svix.Webhook(SECRET).verify(raw, headers)
    except svix.WebhookVerificationError:
        return False
    except ValueError:
        # The signature is valid, but the body is not JSON.
        return True
    return True


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        ("email.sent", EventKind.ACCEPTED),
        ("email.delivery_delayed", EventKind.DEFERRED),
        ("email.delivered", EventKind.DELIVERED),
        ("email.complained", EventKind.COMPLAINED),
        ("email.opened", EventKind.OPENED),
        ("email.clicked", EventKind.CLICKED),
    ],
)
def test_each_kind_gets_our_kind_our_label_and_its_time(kind: str, means: EventKind):
    (found,) = read_events(resend_body(kind))
    assert found == Event(kind=means, at=WHEN, label="i12-d7_abc", email="ada@example.org")


@pytest.mark.parametrize("to", ["Ada Byron <ada@example.org>", "<ada@example.org>"])
def test_the_address_is_read_without_the_display_name(to: str):
    (found,) = read_events(resend_body("email.complained", to=to))
    assert found.email == "ada@example.org"


@pytest.mark.parametrize(
    ("values", "means"),
    [
        (bounce("Permanent", "NoEmail", "smtp; 550 5.1.1 unknown"), EventKind.BOUNCED_HARD),
        (bounce("Permanent", "NoEmail"), EventKind.BOUNCED_HARD),
        (bounce("Permanent", "General"), EventKind.BOUNCED_SOFT),
        (bounce("Transient", "General", "450 4.7.1 blocked"), EventKind.BLOCKED),
        (bounce("Permanent", "General", "550 5.7.26 unauthenticated"), EventKind.BLOCKED),
        (bounce("Permanent", "General", "550 5.1.1 from 1.5.7.26"), EventKind.BOUNCED_HARD),
        (bounce("Transient", "MailboxFull"), EventKind.BOUNCED_SOFT),
        (bounce("Undetermined", "Undetermined"), EventKind.BOUNCED_SOFT),
        (bounce("Transient", "ContentRejected"), EventKind.BLOCKED),
    ],
)
def test_a_bounce_is_hard_only_if_the_address_is_the_cause(
    values: dict[str, object], means: EventKind
):
    (found,) = read_events(resend_body("email.bounced", **values))
    assert found.kind is means


def test_the_receiving_server_is_quoted_without_email_addresses():
    said = bounce("Permanent", "NoEmail", "550 5.1.1 <ada@example.org>:\x1b[31m no such\nuser")
    (found,) = read_events(resend_body("email.bounced", **said))
    assert found.detail == "550 5.1.1 <(an address)>: [31m no such user"


@pytest.mark.parametrize(
    ("reason", "means"),
    [
        ("previous_bounce", EventKind.BOUNCED_HARD),
        ("previous_complaint", EventKind.COMPLAINED),
        # Its suppression lists also have addresses that a person added.
        ("manual", EventKind.BLOCKED),
    ],
)
def test_an_address_suppressed_by_resend_gets_the_kind_of_its_reason(reason: str, means: EventKind):
    values = {"suppressed": {"type": "Suppressed", "reason": reason, "message": "No."}}
    (found,) = read_events(resend_body("email.suppressed", **values))
    assert (found.kind, found.detail) == (means, "No.")


def test_events_about_other_things_are_ignored():
    assert read_events(resend_body("email.received")) == []
    assert read_events(b'{"type":"contact.created","data":{}}') == []


def test_tags_in_the_older_format_are_read_too():
    tags = [{"name": "delivery", "value": "i1-d2_x"}]
    (found,) = read_events(resend_body("email.delivered", tags=tags))
    assert found.label == "i1-d2_x"


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{}", b'{"type":"x","data":7}', b"\xff"])
def test_an_unknown_format_is_reported_as_unreadable(raw: bytes):
    with pytest.raises(UnreadableEvent):
        read_events(raw)
