"""
Test returned mails: a bounce report is accepted only if it came to the return path of a delivery,
and an automatic reply is ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from provider_samples import make_reader

from newsletter.model.event import Event, EventKind
from newsletter.providers.account import Account
from newsletter.providers.http_client import HttpClient
from newsletter.providers.smtp.bounce_reports import PARSE_BOUNCE, parse_bounce, read_bounce
from newsletter.providers.smtp.provider import open_smtp
from newsletter.providers.smtp.verp import ReturnPaths
from newsletter.settings import ProviderSettings
from subscribers.tokens import KeyRing

LABEL = "i12-d7.0a1b2c3d4e"
READER = make_reader(7, message_id=f"<{LABEL}@example.org>")
KEYS = KeyRing(b"the secret of a site")
PATHS = ReturnPaths("bounces@example.org", KEYS.words)
TRIED_AT = dt.datetime(2026, 3, 4, 11, 58, 2, tzinfo=dt.UTC)
# As Postfix 3.10 writes it.
REPORT = """\
Date: Wed,  4 Mar 2026 11:58:03 +0000 (UTC)
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Description: Notification

I'm sorry to have to inform you.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Wed,  4 Mar 2026 11:58:01 +0000 (UTC)

Final-Recipient: rfc822; reader7@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}
Last-Attempt-Date: Wed,  4 Mar 2026 11:58:02 +0000 (UTC)

--b
Content-Type: text/rfc822-headers

Subject: For Reader7
--b--
"""


def report(
    *, to: str = "", action: str = "failed", status: str = "5.1.1", words: str = "550 no such user"
) -> bytes:
    path = to or PATHS.path_of(READER)
    return REPORT.format(to=path, action=action, status=status, words=words).encode()


def kinds_in(raw: bytes) -> list[EventKind]:
    return [event.kind for event in read_bounce(raw, PATHS, parse_bounce)]


def test_a_bounce_report_gives_the_delivery_the_kind_and_the_time_but_no_address():
    raw = report(words="550 5.1.1 <reader7@example.com>: unknown")
    assert read_bounce(raw, PATHS, parse_bounce) == [
        Event(
            kind=EventKind.BOUNCED_HARD,
            at=TRIED_AT,
            label=LABEL,
            detail="5.1.1 smtp; 550 5.1.1 <(an address)>: unknown",
        )
    ]


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        ("5.1.1", "550 no such user", EventKind.BOUNCED_HARD),
        ("5.1.10", "556 null MX", EventKind.BOUNCED_HARD),
        ("5.4.4", "host not found", EventKind.BOUNCED_HARD),
        ("5.0.0", "550 5.1.1 no such user", EventKind.BOUNCED_HARD),
        ("5.2.2", "552 mailbox full", EventKind.BOUNCED_SOFT),
        ("5.0.0", "550 no", EventKind.BOUNCED_SOFT),
        ("4.4.1", "connection timed out", EventKind.BOUNCED_SOFT),
        ("5.7.1", "550 blocked, see https://example.net/x", EventKind.BLOCKED),
        ("5.0.0", "554 5.7.26 no DMARC", EventKind.BLOCKED),
        ("5.6.0", "554 bad content", EventKind.BLOCKED),
        ("5.3.4", "552 too large", EventKind.BLOCKED),
        ("5.0.0", "550 from 10.5.1.1 refused", EventKind.BOUNCED_SOFT),
    ],
)
def test_only_a_nonexistent_address_bounces_hard(status: str, words: str, kind: EventKind):
    assert kinds_in(report(status=status, words=words)) == [kind]


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        ("Delayed", [EventKind.DEFERRED]),
        ("delivered", [EventKind.DELIVERED]),
        ("relayed", []),
        ("expanded", []),
    ],
)
def test_a_report_without_a_failure_is_not_a_bounce(action: str, kinds: list[EventKind]):
    assert kinds_in(report(action=action, status="4.4.1")) == kinds


@pytest.mark.parametrize(
    "address",
    [
        "bounces@example.org",
        "bounces+i12-d8.0a1b2c3d4e-{signature}@example.org",
        "bounces+i12-d7.0a1b2c3d4e-AAAAAAAAAAAAAAAA@example.org",
        "bounces+i12-d7.0a1b2c3d4e-{signature}@example.net",
        "xbounces@example.org",
    ],
)
def test_a_report_to_a_return_path_that_is_not_ours_is_ignored(address: str):
    signature = PATHS.path_of(READER).rpartition("-")[2].partition("@")[0]
    assert kinds_in(report(to=address.format(signature=signature))) == []


def test_a_return_path_is_recognised_in_any_case_and_with_a_name():
    path = PATHS.path_of(READER)
    assert PATHS.label_in(f'"Bounces" <{path.upper()}>') == LABEL
    assert PATHS.label_in(f"a@b.example, {path.lower()}") == LABEL
    assert len(path.rpartition("@")[0]) <= 64


def test_a_return_path_signed_with_the_previous_secret_is_recognised():
    keys = KeyRing(b"the secret that came after", [b"the secret of a site"])
    after = ReturnPaths("bounces@example.org", keys.words)
    assert after.label_in(PATHS.path_of(READER)) == LABEL
    assert after.path_of(READER) != PATHS.path_of(READER)


def test_an_automatic_reply_gives_no_event():
    raw = (
        f"To: {PATHS.path_of(READER)}\nFrom: reader7@example.com\nAuto-Submitted: auto-replied\n"
        "Subject: Out of office\nContent-Type: text/plain\n\nStatus: 5.1.1\nAction: failed\n"
    )
    assert kinds_in(raw.encode()) == []


def complaint(*, to: str, about: str = "", feedback: str = "abuse") -> bytes:
    return (
        f"To: {to}\nDate: Wed, 04 Mar 2026 11:58:02 +0000\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {feedback}\nVersion: 1\n"
        f"{about}\n--b--\n"
    ).encode()


@pytest.mark.parametrize(
    ("to", "about"),
    [
        ("{path}", ""),
        # As sent to the address that is registered for complaints.
        ("complaints@example.org", "Original-Mail-From: <{path}>\n"),
    ],
)
def test_a_forwarded_complaint_gives_a_complaint_event(to: str, about: str):
    path = PATHS.path_of(READER)
    raw = complaint(to=to.format(path=path), about=about.format(path=path))
    assert read_bounce(raw, PATHS, parse_bounce) == [
        Event(kind=EventKind.COMPLAINED, at=TRIED_AT, label=LABEL)
    ]


@pytest.mark.parametrize(
    ("feedback", "kinds"),
    [
        ("fraud", [EventKind.COMPLAINED]),
        ("Auth-Failure", [EventKind.BLOCKED]),
        ("virus", [EventKind.BLOCKED]),
        ("not-spam", []),
        ("", []),
    ],
)
def test_only_feedback_of_a_reader_is_a_complaint(feedback: str, kinds: list[EventKind]):
    assert kinds_in(complaint(to=PATHS.path_of(READER), feedback=feedback)) == kinds


def test_a_complaint_about_a_mail_that_is_not_ours_gives_no_event():
    about = "Original-Mail-From: <bounces+i12-d7.0a1b2c3d4e-AAAAAAAAAAAAAAAA@example.org>\n"
    assert kinds_in(complaint(to="complaints@example.org", about=about)) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        report(status="", words="", action="failed")[:900],
        report().replace(b"Wed,  4 Mar 2026", b"32 Foo 99999"),
        report().replace(b"Date: Wed", b"Date: \xff\xff"),
    ],
)
def test_a_damaged_mail_raises_no_error(raw: bytes):
    assert all(isinstance(event, Event) for event in read_bounce(raw, PATHS, parse_bounce))


def test_only_a_mail_with_a_signature_of_ours_is_parsed_and_only_in_the_sandbox() -> None:
    called: list[str] = []

    def call_sandbox(function: str, raw: str) -> Mapping[str, Any]:
        called.append(function)
        return parse_bounce(raw)

    account = Account(
        name="relay",
        settings=ProviderSettings(
            kind="smtp", host="127.0.0.1", security="none", bounce_address="bounces@example.org"
        ),
        folder=Path(),
        read_secret=lambda reference: "",
        open_http=lambda: cast("HttpClient", None),
        secrets_for=KEYS.words,
        at_close=lambda end: None,
        clock=lambda: TRIED_AT,
        sender="",
        call_sandbox=call_sandbox,
    )
    provider = open_smtp(account)
    assert provider.events(report(to="bounces+nobody@example.org")) == []
    assert called == []
    assert [event.label for event in provider.events(report())] == [LABEL]
    assert called == [PARSE_BOUNCE]
