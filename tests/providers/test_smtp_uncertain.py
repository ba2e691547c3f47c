"""
Test how a connection to an SMTP server may break, and what that proves: only the reader whose
message was sent completely is uncertain.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from issue_samples import make_mail
from provider_samples import (
    ACCEPTED,
    RETRY,
    UNCERTAIN,
    kinds,
    make_readers,
)
from smtp_samples import LOCKSTEP, nth_message, sending, sent, to
from smtp_server import Break, SmtpServer


@pytest.mark.parametrize("extensions", [("PIPELINING",), LOCKSTEP])
@pytest.mark.parametrize(
    ("at", "reply", "expected"),
    [
        (".", Break(is_taken=True), [ACCEPTED, UNCERTAIN, RETRY]),
        (".", Break(is_taken=True, is_reset=True), [ACCEPTED, UNCERTAIN, RETRY]),
        (".", Break(is_taken=True, said=b"25"), [ACCEPTED, UNCERTAIN, RETRY]),
        (".", Break(is_taken=True, said=b"what?\r\n"), [ACCEPTED, UNCERTAIN, RETRY]),
        (".", "354 once more", [ACCEPTED, UNCERTAIN, RETRY]),
        (".", "421 4.3.2 closing", [ACCEPTED, RETRY, RETRY]),
        (".", "451 4.3.0 try later", [ACCEPTED, RETRY, ACCEPTED]),
        ("RCPT", Break(), [ACCEPTED, RETRY, RETRY]),
        ("RCPT", "421 4.7.0 too many messages", [ACCEPTED, RETRY, RETRY]),
    ],
)
def test_only_the_message_whose_end_was_sent_is_uncertain(
    at: str, reply: str | Break, expected: list[Any], extensions: tuple[str, ...]
):
    script = nth_message(2, reply) if at == "." else to(2, reply)
    result, server = sent(script, extensions=extensions)
    assert kinds(result.receipts) == expected
    uncertain = expected.count(UNCERTAIN) if isinstance(reply, Break) else 0
    assert len(server.taken) == expected.count(ACCEPTED) + uncertain


def test_a_connection_that_breaks_within_a_message_leaves_nothing_uncertain():
    def script(command: str) -> Break | None:
        return Break(said=b"354 go\r\n", is_reset=True) if command == "DATA" else None

    mail = make_mail(html="<p>" + "x" * 8_000_000 + "</p>")
    with SmtpServer(script=script) as server, sending(server) as provider:
        result = provider.send(mail, make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert server.taken == []


def test_a_reply_that_does_not_come_in_time_makes_only_that_message_uncertain():
    script = nth_message(2, Break(is_taken=True, delay_s=2.0))
    with SmtpServer(script=script) as server, sending(server, deadline_s=0.6) as provider:
        begun_s = time.monotonic()
        result = provider.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [ACCEPTED, UNCERTAIN, RETRY]
    assert time.monotonic() - begun_s < 3.0


def test_no_message_begins_in_the_second_half_of_the_deadline():
    def slow(command: str) -> None:
        time.sleep(0.25 if command == "." else 0.0)

    with SmtpServer(script=slow) as server, sending(server, deadline_s=1.2) as provider:
        result = provider.send(make_mail(), make_readers(10), "k")
    done = kinds(result.receipts).count(ACCEPTED)
    assert 2 <= done <= 4
    assert kinds(result.receipts) == [ACCEPTED] * done + [RETRY] * (10 - done)
    assert (len(server.taken), result.receipts[-1].retry_after_s) == (done, 0.0)
