"""
Test the webhooks of providers that do not sign them (Mailjet, Brevo, SparkPost), and the optional
password that protects them.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_brevo import brevo_at
from fake_mailjet import mailjet_at
from fake_sparkpost import sparkpost_at

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.brevo import events
from newsletter.providers.http_client import HttpClient
from newsletter.providers.mailgun import events as mailgun_events
from newsletter.providers.mailjet import events as mailjet_events
from newsletter.providers.sendgrid import events as sendgrid_events
from newsletter.providers.sparkpost import events as sparkpost_events

HOOK = "https://news.example.org/hooks/x/y"
WHEN = dt.datetime(2026, 3, 4, 12, 0, 1, tzinfo=dt.UTC)
OURS = {"issue": "i12", "batch": "abc-i12-b1-1", "delivery": "i12-d7_abc"}
KNOWN = {"label": "i12-d7_abc", "batch": "abc-i12-b1-1", "email": "ada@example.org", "at": WHEN}


def mailjet(**values: Any) -> bytes:
    usual = {"time": int(WHEN.timestamp()), "email": "ada@example.org", "Payload": json.dumps(OURS)}
    return json.dumps([usual | values]).encode()


def brevo(**values: Any) -> bytes:
    usual = {
        "ts_epoch": int(WHEN.timestamp()) * 1000,
        "email": "ada@example.org",
        "X-Mailin-custom": json.dumps(OURS),
    }
    return json.dumps(usual | values).encode()


def sparkpost(**values: Any) -> bytes:
    usual = {
        "timestamp": str(int(WHEN.timestamp())),
        "raw_rcpt_to": "ada@example.org",
        "rcpt_meta": OURS,
    }
    return json.dumps([{"msys": {"message_event": usual | values}}, {"msys": {}}]).encode()


Reading = Callable[[bytes], list[Event]]
READERS: dict[str, tuple[Reading, Callable[..., bytes]]] = {
    "mailjet": (mailjet_events.read_events, mailjet),
    "brevo": (events.read_events, brevo),
    "sparkpost": (sparkpost_events.read_events, sparkpost),
}


@pytest.mark.parametrize(
    ("kind", "values", "means"),
    [
        ("mailjet", {"event": "sent"}, EventKind.DELIVERED),
        ("mailjet", {"event": "open"}, EventKind.OPENED),
        ("mailjet", {"event": "click"}, EventKind.CLICKED),
        ("mailjet", {"event": "spam"}, EventKind.COMPLAINED),
        ("mailjet", {"event": "unsub"}, EventKind.UNSUBSCRIBED),
        ("brevo", {"event": "request"}, EventKind.ACCEPTED),
        ("brevo", {"event": "delivered"}, EventKind.DELIVERED),
        ("brevo", {"event": "deferred"}, EventKind.DEFERRED),
        ("brevo", {"event": "invalid_email"}, EventKind.BOUNCED_HARD),
        ("brevo", {"event": "soft_bounce"}, EventKind.BOUNCED_SOFT),
        ("brevo", {"event": "blocked"}, EventKind.BLOCKED),
        ("brevo", {"event": "spam"}, EventKind.COMPLAINED),
        ("brevo", {"event": "complaint"}, EventKind.COMPLAINED),
        ("brevo", {"event": "unsubscribe"}, EventKind.UNSUBSCRIBED),
        ("brevo", {"event": "unsubscribed"}, EventKind.UNSUBSCRIBED),
        ("sparkpost", {"type": "injection"}, EventKind.ACCEPTED),
        ("sparkpost", {"type": "delivery"}, EventKind.DELIVERED),
        ("sparkpost", {"type": "delay"}, EventKind.DEFERRED),
        ("sparkpost", {"type": "spam_complaint"}, EventKind.COMPLAINED),
        ("sparkpost", {"type": "list_unsubscribe"}, EventKind.UNSUBSCRIBED),
        ("sparkpost", {"type": "policy_rejection"}, EventKind.BLOCKED),
    ],
)
def test_each_event_gets_our_kind_our_labels_and_its_own_time(
    kind: str, values: dict[str, Any], means: EventKind
):
    read, body = READERS[kind]
    assert read(body(**values)) == [Event(kind=means, **KNOWN)]


@pytest.mark.parametrize(
    ("error", "about", "is_hard", "means"),
    [
        ("user unknown", "recipient", True, EventKind.BOUNCED_HARD),
        ("no mail host", "domain", True, EventKind.BOUNCED_HARD),
        ("quota exceeded", "recipient", True, EventKind.BOUNCED_SOFT),
        ("policy issue", "spam", True, EventKind.BLOCKED),
        ("relay/access denied", "domain", True, EventKind.BLOCKED),
        ("user unknown", "recipient", False, EventKind.BOUNCED_SOFT),
        ("greylisted", "domain", False, EventKind.DEFERRED),
        ("sender blocked", "spam", False, EventKind.BLOCKED),
        ("content blocked", "spam", False, EventKind.BLOCKED),
        ("policy issue", "spam", False, EventKind.BLOCKED),
        ("preblocked", "mailjet", False, EventKind.BLOCKED),
        ("spam reporter", "recipient", False, EventKind.COMPLAINED),
        ("connection issue", "system", True, EventKind.BOUNCED_SOFT),
    ],
)
def test_a_mailjet_bounce_is_hard_only_if_it_is_related_to_the_address(
    error: str, about: str, is_hard: bool, means: EventKind
):
    values = {"error": error, "error_related_to": about, "hard_bounce": is_hard, "comment": "No."}
    assert mailjet_events.read_events(mailjet(event="bounce", **values)) == [
        Event(kind=means, detail="No.", **KNOWN)
    ]


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("user unknown", EventKind.BOUNCED_HARD),
        ("invalid domain", EventKind.BOUNCED_HARD),
        ("typofix", EventKind.BOUNCED_HARD),
        ("spam reporter", EventKind.COMPLAINED),
        ("preblocked", EventKind.BLOCKED),
        ("sender blocked", EventKind.BLOCKED),
        ("duplicate in campaign", EventKind.BLOCKED),
        ("", EventKind.BLOCKED),
    ],
)
def test_an_email_that_mailjet_blocks_gets_the_kind_of_its_error(error: str, means: EventKind):
    assert mailjet_events.read_events(mailjet(event="blocked", error=error)) == [
        Event(kind=means, detail=error, **KNOWN)
    ]


@pytest.mark.parametrize(
    ("number", "means"),
    [
        ("10", EventKind.BOUNCED_HARD),
        ("22", EventKind.BOUNCED_SOFT),
        ("51", EventKind.BLOCKED),
        ("90", EventKind.UNSUBSCRIBED),
        ("777", EventKind.BOUNCED_SOFT),
    ],
)
@pytest.mark.parametrize("form", ["bounce", "out_of_band"])
def test_a_sparkpost_bounce_is_classified_by_its_class(form: str, number: str, means: EventKind):
    raw = sparkpost(type=form, bounce_class=number, raw_reason="550 <ada@example.org> no")
    assert sparkpost_events.read_events(raw) == [
        Event(kind=means, detail="550 <(an address)> no", **KNOWN)
    ]


@pytest.mark.parametrize(
    ("feedback", "means"),
    [
        ("abuse", [EventKind.COMPLAINED]),
        ("fraud", [EventKind.COMPLAINED]),
        ("virus", [EventKind.BLOCKED]),
        ("not-spam", []),
        ("Not-Spam", []),
    ],
)
def test_a_not_spam_report_to_sparkpost_is_not_a_complaint(feedback: str, means: list[EventKind]):
    raw = sparkpost(type="spam_complaint", fbtype=feedback)
    assert [event.kind for event in sparkpost_events.read_events(raw)] == means


@pytest.mark.parametrize(
    ("reason", "means"),
    [
        ("550 5.7.1 rejected by DMARC policy", EventKind.BLOCKED),
        ("552 5.2.2 mailbox full", EventKind.BOUNCED_SOFT),
        ("550 5.1.1 no such user", EventKind.BOUNCED_HARD),
        ("554 Transaction failed: policy restrictions", EventKind.BLOCKED),
    ],
)
def test_a_refusal_not_caused_by_the_address_suppresses_nobody(reason: str, means: EventKind):
    for raw, read in (
        (brevo(event="hard_bounce", reason=reason), events.read_events),
        (sparkpost(type="bounce", bounce_class="10", raw_reason=reason),
         sparkpost_events.read_events),
    ):  # fmt: skip
        assert [event.kind for event in read(raw)] == [means]


@pytest.mark.parametrize("kind", READERS)
def test_unused_events_are_left_out_and_unreadable_ones_are_reported(kind: str):
    read, body = READERS[kind]
    assert read(body(event="new", type="new")) == []
    for raw in (b"", b"<html>", b"7", b"[7]"):
        with pytest.raises(UnreadableEvent):
            read(raw)


def test_a_sparkpost_time_may_be_a_number_or_text():
    seconds = int(WHEN.timestamp())
    for written in (seconds, str(seconds), WHEN.isoformat()):
        (event,) = sparkpost_events.read_events(sparkpost(type="delivery", timestamp=written))
        assert event.at == WHEN


@pytest.mark.parametrize("kind", READERS)
def test_an_unreadable_event_does_not_hide_the_others(kind: str):
    read, body = READERS[kind]
    values = json.loads(body(event="spam", type="spam_complaint"))
    one = values if isinstance(values, list) else [values]
    odd = [None, {"msys": None}, {"msys": {"message_event": [7]}}, *one, 7]
    assert [event.kind for event in read(json.dumps(odd).encode())] == [EventKind.COMPLAINED]


@pytest.mark.parametrize("kind", READERS)
def test_labels_that_are_not_ours_identify_no_delivery(kind: str):
    read, body = READERS[kind]
    values = {"event": "spam", "type": "spam_complaint"}
    other = {"Payload": "[1", "X-Mailin-custom": "7", "rcpt_meta": None}
    assert [event.label for event in read(body(**values, **other))] == [""]


@pytest.mark.parametrize("open_at", [mailjet_at, brevo_at, sparkpost_at])
def test_a_configured_password_is_required(http: HttpClient, open_at: Callable[..., Any]):
    def basic(values: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(values.encode()).decode()}

    locked = open_at("https://x.example", http, webhook_secrets=["desk:pass"])
    assert locked.verify(basic("desk:pass"), b"", HOOK)
    assert not locked.verify(basic("desk:other"), b"", HOOK)
    assert not locked.verify({}, b"", HOOK)
    assert open_at("https://x.example", http).verify({}, b"", HOOK)


def test_what_a_provider_marks_as_a_machines_is_no_sign_of_a_reader():
    def of_mailgun(kind: str, **client: str) -> bytes:
        return json.dumps({"event-data": {"event": kind, "client-info": client}}).encode()

    def of_sendgrid(kind: str, *, machine: bool) -> bytes:
        return json.dumps([{"event": kind, "sg_machine_open": machine}]).encode()

    machines = {
        "mailgun open": mailgun_events.read_events(of_mailgun("opened", bot="apple")),
        "mailgun click": mailgun_events.read_events(of_mailgun("clicked", bot="generic")),
        "sparkpost open": sparkpost_events.read_events(sparkpost(type="open", is_prefetched=True)),
        "sparkpost text": sparkpost_events.read_events(
            sparkpost(type="open", is_prefetched="true")
        ),
        "sparkpost click": sparkpost_events.read_events(
            sparkpost(type="click", is_prefetched=True)
        ),
        "sendgrid open": sendgrid_events.read_events(of_sendgrid("open", machine=True)),
        "brevo open": events.read_events(brevo(event="proxy_open")),
        "brevo first open": events.read_events(brevo(event="unique_proxy_open")),
        "brevo history": events.read_events(brevo(event="loadedByProxy")),
    }
    people = {
        "mailgun open": mailgun_events.read_events(of_mailgun("opened", bot="")),
        "mailgun click": mailgun_events.read_events(of_mailgun("clicked")),
        "sparkpost open": sparkpost_events.read_events(sparkpost(type="open", is_prefetched=False)),
        "sparkpost click": sparkpost_events.read_events(sparkpost(type="click")),
        "sendgrid open": sendgrid_events.read_events(of_sendgrid("open", machine=False)),
        "brevo open": events.read_events(brevo(event="opened")),
    }
    assert {name: found for name, found in machines.items() if found} == {}
    assert {name: found for name, found in people.items() if len(found) != 1} == {}
