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
    REJECTED,
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


def test_each_reply_is_written_down_before_the_next_message_is_sent():
    """
    Also the refusals, but not what nobody replied to.
    """
    written: list[tuple[int, bool, int]] = []

    def script(command: str) -> str | Break | None:
        if command == "." and len(server.taken) == 2:
            return Break(is_taken=True)
        return "550 5.1.1 no such user" if "reader2@" in command else None

    def write(position: int, accepted: bool) -> bool:
        written.append((position, accepted, len(server.taken)))
        return True

    with (
        SmtpServer(script=script) as server,
        sending(server, reply_writer=lambda key: write) as provider,
    ):
        result = provider.send(make_mail(), make_readers(5), "k")
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED, UNCERTAIN, RETRY]
    assert written == [(0, True, 1), (1, False, 1), (2, True, 2)]


def test_nobody_else_is_sent_to_in_a_call_whose_replies_cannot_be_written():
    with (
        SmtpServer() as server,
        sending(server, reply_writer=lambda key: lambda position, _: position < 1) as provider,
    ):
        result = provider.send(make_mail(), make_readers(4), "k")
        again = provider.send(make_mail(), make_readers(1), "k2")
    assert kinds(result.receipts) == [ACCEPTED, ACCEPTED, RETRY, RETRY]
    assert result.receipts[-1].retry_after_s == 0.0
    assert kinds(again.receipts) == [ACCEPTED]
    assert (len(server.taken), server.connections, server.faults) == (3, 2, [])


@pytest.mark.parametrize("is_written", [True, False])
def test_for_whom_there_is_no_message_it_is_written_down_before_any_is_sent(is_written: bool):
    """
    Else, after a kill, that reader would be taken for the one whose reply is missing.
    """
    written: list[tuple[int, bool, int]] = []

    def write(position: int, accepted: bool) -> bool:
        written.append((position, accepted, len(server.taken)))
        return is_written

    people = make_readers(3)
    people[2] = people[2]._replace(email="no\ud800body@example.org")
    with SmtpServer() as server, sending(server, reply_writer=lambda key: write) as provider:
        result = provider.send(make_mail(), people, "k")
    assert written == ([(2, False, 0), (0, True, 1), (1, True, 2)] if is_written else written[:1])
    others = [ACCEPTED, ACCEPTED] if is_written else [RETRY, RETRY]
    assert kinds(result.receipts) == [*others, REJECTED]
    assert len(server.taken) == others.count(ACCEPTED)
