"""
Emails by which readers unsubscribe: what is a request, and what is not.
"""

from __future__ import annotations

import pytest

from newsletter.events.unsubscribe_email import subscription_in
from subscribers.tokens import KeyRing

KEYS = KeyRing(b"a secret of the tests only")
PURPOSE = "unsubscribe"
TOKEN = KEYS.sign(PURPOSE, 12)
OTHER = KEYS.sign(PURPOSE, 13)
# The signature of another number.
FORGED = TOKEN[:-22] + OTHER[-22:]


def number_in(raw: str | bytes) -> int | None:
    return subscription_in(raw if isinstance(raw, bytes) else raw.encode(), KEYS, PURPOSE)


@pytest.mark.parametrize(
    "head",
    [
        f"Subject: {TOKEN}",
        f"Subject: [EXTERNAL] Re:  {TOKEN} (unsubscribe)",
        f"subject:\r\n {TOKEN}\r\nTo: bye@example.org",
        f"Subject: =?utf-8?Q?{TOKEN.replace('_', '=5F')}?=",
        f"Subject: =?utf-8?q?caf=E9?= {TOKEN}",
        f"Subject: =?no-such-charset?q?x?= {TOKEN}",
        f"Subject: unsubscribe\nTo: Bye <bye+{TOKEN}@example.org>",
        f"Delivered-To: one@example.org\nDelivered-To: bye+{TOKEN}@example.org",
        f"Subject: {FORGED}. {TOKEN}",
        # A mail program that unsubscribes by itself.
        f"Subject: {TOKEN}\nAuto-Submitted: auto-generated",
        # A group address forwards it.
        f"Subject: {TOKEN}\nPrecedence: list",
    ],
)
def test_a_token_in_the_subject_or_the_address_is_found(head: str) -> None:
    assert number_in(f"{head}\n\nunsubscribe me") == 12


def test_a_token_that_a_former_secret_signed_is_still_found() -> None:
    rotated = KeyRing(b"another secret of the tests", [b"a secret of the tests only"])
    assert subscription_in(f"Subject: {TOKEN}\n\n".encode(), rotated, PURPOSE) == 12


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "Subject: test\n\n",
        "Subject: unsubscribe\n\nplease",
        f"Subject: {FORGED}\n\n",
        f"Subject: {TOKEN[:-1]}\n\n",
        f"Subject: {TOKEN}A\n\n",
        f"Subject: {TOKEN.swapcase()}\n\n",
        f"Subject: {KEYS.sign('preferences', 12)}\n\n",
        f"Subject: {KeyRing(b'the secret of somebody else').sign(PURPOSE, 12)}\n\n",
        f"Subject: {'x' * 1000} {TOKEN}\n\n",
        f"Subject: hello\n\nSubject: {TOKEN}\n",
        f"Subject: {TOKEN[:12]}\u200b{TOKEN[12:]}\n\n",
    ],
)
def test_anything_else_asks_for_nothing(raw: str) -> None:
    assert number_in(raw) is None


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied (vacation)",
        "Auto-Submitted: auto-notified; owner-email=a@example.org",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    ],
)
def test_an_automatic_reply_that_quotes_the_subject_asks_for_nothing(head: str) -> None:
    assert number_in(f"Subject: Re: {TOKEN}\n{head}\n\nI am away") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\n",
        b"Subject: " + b"a" * 1_000_000,
        b"\xff\xfe: \n" * 50_000,
        b"\n" * 1_000_000,
        b"Content-Type: multipart/mixed; boundary=b\n" * 10_000 + b"\n--b",
        b"Content-Type: text/plain; " + b"a*0=b; " * 10_000,
        b"Subject: =?utf-8?b?" + b"A" * 900 + b"?=\n\n",
        b"To: " + b'"' * 60_000 + b"\n\n",
        "".join(
            f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'
            for n in range(3_000)
        ).encode(),
        f"Subject: {f'{FORGED} ' * 5_000}\n\n".encode(),
    ],
)
def test_a_hostile_mail_asks_for_nothing(raw: bytes) -> None:
    assert number_in(raw) is None


def test_the_first_of_several_tokens_counts() -> None:
    assert number_in(f"To: bye+{OTHER}@example.org\nSubject: {TOKEN}\n\n") == 12
