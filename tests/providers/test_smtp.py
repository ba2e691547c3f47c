"""
Test sending to an SMTP server: each reader gets a separate transaction, and each ending is
classified by what it proves.
"""

from __future__ import annotations

import base64
import email
import email.policy
import time

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from issue_samples import NONCE, make_mail
from provider_samples import (
    ACCEPTED,
    REJECTED,
    RETRY,
    kinds,
    make_reader,
    make_readers,
)
from smtp_samples import LOCKSTEP, answers, nth_message, sending, sent, to
from smtp_server import Script, SmtpServer

from newsletter.mail.mime.dkim import read_key
from newsletter.model.delivery import Capabilities, ReceiptKind, batch_size
from newsletter.model.mail import Sender


def test_it_reports_its_capabilities():
    with SmtpServer() as server, sending(server) as provider:
        assert provider.capabilities == Capabilities(
            max_recipients=25, max_bytes=10**9, rate_unit="recipients", writes_replies=True
        )
        assert batch_size(provider.capabilities, 70_000) == 25


@pytest.mark.parametrize("extensions", [("PIPELINING",), LOCKSTEP])
def test_each_reader_gets_a_separate_transaction(extensions: tuple[str, ...]):
    result, server = sent(lambda command: None, extensions=extensions)
    assert kinds(result.receipts) == [ACCEPTED] * 3
    assert [(one.sender, one.recipient) for one in server.taken] == [
        ("news@example.org", f"reader{number}@example.com") for number in (1, 2, 3)
    ]
    assert [email.message_from_bytes(one.raw)["To"] for one in server.taken] == [
        f'"Reader {number}" <reader{number}@example.com>' for number in (1, 2, 3)
    ]


def test_a_message_with_any_beginnings_of_lines_arrives_unchanged():
    text = f".\r\n..\r\n.NL{NONCE}0X\r\n" + "." * 200 + "\r\nFrom here\r\n.\r\nQUIT\r\n."
    mail = make_mail(text=text, html=f"<p>\n.\n.NL{NONCE}0X\n</p>" + "é" * 90)
    reader = make_reader(1, values={"first_name": ".\n.\nMAIL FROM:<eve@example.com>"})
    with SmtpServer() as server, sending(server) as provider:
        provider.send(mail, [reader], "k")
    (taken,) = server.taken
    message = email.message_from_bytes(taken.raw, policy=email.policy.default)
    part = message.get_body(("plain",))
    value = reader.values["first_name"]
    assert part is not None
    assert part.get_payload(decode=True) == (
        text.replace(f"NL{NONCE}0X", value).replace("\r\n", "\n").replace("\n", "\r\n").encode()
    )
    assert max(len(line) for line in taken.raw.split(b"\r\n")) <= 78


def test_one_session_sends_several_batches_and_a_hundred_mails():
    with SmtpServer() as server, sending(server) as provider:
        for _ in range(4):
            provider.send(make_mail(), make_readers(25), "k")
        assert server.connections == 1
        provider.send(make_mail(), make_readers(25), "k")
    assert (server.connections, len(server.taken)) == (2, 125)


def test_a_session_closed_by_the_server_is_not_reused():
    script = nth_message(1, "250 2.0.0 Ok\r\n421 4.4.2 idle")
    with SmtpServer(script=script) as server, sending(server) as provider:
        first = provider.send(make_mail(), make_readers(1), "k")
        time.sleep(0.05)
        second = provider.send(make_mail(), make_readers(1), "k")
    assert kinds(first.receipts + second.receipts) == [ACCEPTED, ACCEPTED]
    assert server.connections == 2


@pytest.mark.parametrize("extensions", [("PIPELINING",), LOCKSTEP])
@pytest.mark.parametrize("is_open", [False, True])
def test_only_the_nonexistent_address_is_rejected_and_suppressed(
    extensions: tuple[str, ...], is_open: bool
):
    gone = to(2, "550 5.1.1 <reader2@example.com>: no such user")
    script: Script = lambda command: (  # noqa: E731
        "354 all the same" if is_open and command == "DATA" else gone(command)
    )
    result, server = sent(script, extensions=extensions)
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert [one.suppress for one in result.receipts] == [False, True, False]
    assert result.receipts[1].reason == (
        "relay: RCPT refused: 550 5.1.1 <(an address)>: no such user"
    )
    assert [one.recipient for one in server.taken] == ["reader1@example.com", "reader3@example.com"]


def test_a_refusal_of_the_last_reader_keeps_the_session_usable():
    with SmtpServer(script=to(3, "550 5.1.1 gone")) as server, sending(server) as provider:
        provider.send(make_mail(), make_readers(3), "k")
        result = provider.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), server.faults) == ([ACCEPTED, ACCEPTED], [])
    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "suppress"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.1.10 null MX", True),
        ("550 5.2.1 disabled", False),
        ("550 user unknown", True),
        ("552 5.2.2 mailbox full", False),
        ("552 too much stored", False),
        ("550 5.7.1 not wanted here", False),
        ("550 no", False),
        ("554 5.7.1 access denied", False),
    ],
)
def test_only_a_nonexistent_address_is_suppressed(reply: str, suppress: bool):
    result, _ = sent(to(2, reply))
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert (result.receipts[1].suppress, result.account_problem) == (suppress, None)


def test_a_server_that_knows_no_recipient_of_a_call_suppresses_nobody():
    result, _ = sent(answers(RCPT="550 5.1.1 user unknown"))
    assert kinds(result.receipts) == [REJECTED] * 3
    assert [one.suppress for one in result.receipts] == [False] * 3
    alone, _ = sent(answers(RCPT="550 5.1.1 user unknown"), count=1)
    assert [one.suppress for one in alone.receipts] == [True]


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "451 4.3.0 try later", "452 full"])
def test_only_a_temporarily_refused_reader_waits(reply: str):
    result, _ = sent(to(2, reply))
    assert kinds(result.receipts) == [ACCEPTED, RETRY, ACCEPTED]


@pytest.mark.parametrize(
    ("reply", "means"),
    [
        ("452 4.2.2 this mailbox is over its daily quota", RETRY),
        ("550 5.2.2 this user is over the daily receiving limit", REJECTED),
    ],
)
def test_a_full_daily_limit_of_a_mailbox_does_not_hold_up_others(reply: str, means: ReceiptKind):
    result, _ = sent(to(2, reply))
    assert (kinds(result.receipts), result.account_problem) == ([ACCEPTED, means, ACCEPTED], None)


@pytest.mark.parametrize(
    ("reply", "is_throttled"),
    [
        ("454 Throttling failure: Maximum sending rate exceeded.", True),
        ("450 4.2.1 is receiving mail at a rate that prevents delivery", True),
        ("421 4.7.0 Too many messages in this session", True),
        ("451 4.3.0 try later, a generator failed", False),
        ("550 5.7.1 too many complaints", False),
    ],
)
def test_a_throttling_server_slows_down_all_senders(reply: str, is_throttled: bool):
    result, _ = sent(to(2, reply))
    assert result.receipts[0].kind is ACCEPTED
    assert (result.rate is not None) is is_throttled


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.5 Daily user sending limit exceeded",
        "454 Throttling failure: Daily message quota exceeded.",
    ],
)
def test_a_used_up_daily_limit_rejects_nobody_and_pauses(reply: str):
    result, _ = sent(nth_message(2, reply))
    assert kinds(result.receipts) == [ACCEPTED, RETRY, ACCEPTED]
    assert "; the account's daily limit is reached" in (result.account_problem or "")
    assert result.rate is None


def test_a_relay_that_refuses_everybody_rejects_nobody():
    result, server = sent(answers(RCPT="554 5.7.1 Relay access denied"))
    assert kinds(result.receipts) == [RETRY] * 3
    assert result.account_problem == (
        "[provider.relay] RCPT refused: 554 5.7.1 Relay access denied; "
        "the server refuses every recipient: check its reply"
    )
    assert server.taken == []


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        (answers(MAIL="553 5.7.1 not yours"), "check [sender] address"),
        (answers(MAIL="550 5.1.8 no such domain"), "check [sender] address"),
        (answers(RCPT="550 Sender verify failed"), "check [sender] address"),
        (answers(MAIL="530 5.7.0 log in"), "set username and password"),
        (answers(MAIL="552 5.3.4 too big"), "the email is too large"),
        (answers(_END="552 5.3.4 too big"), "the email is too large"),
        (answers(_END="554 5.7.1 looks like spam"), "the server refuses every recipient"),
    ],
)
def test_a_refusal_of_the_sender_pauses_the_issue_and_rejects_nobody(script: Script, advice: str):
    result, server = sent(script)
    assert kinds(result.receipts) == [RETRY] * 3
    assert result.account_problem is not None
    assert f"; {advice}" in result.account_problem
    assert server.taken == []


def test_a_mail_larger_than_the_server_s_limit_is_not_sent():
    result, server = sent(lambda command: None, extensions=("PIPELINING", "SIZE 200"))
    assert kinds(result.receipts) == [RETRY] * 3
    assert result.account_problem is not None
    assert "; the email is too large for this server" in result.account_problem
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_a_reader_whose_copy_cannot_be_filled_does_not_affect_the_others():
    readers = [
        make_reader(1, email="zoë@example.com"),
        make_reader(2, email="a b@example.com"),
        make_reader(3, email="x>\r\nRCPT TO:<eve@example.com"),
        make_reader(4, email="zoe@bücher.example"),
    ]
    with SmtpServer() as server, sending(server) as provider:
        result = provider.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [REJECTED, REJECTED, REJECTED, ACCEPTED]
    assert [one.recipient for one in server.taken] == ["zoe@xn--bcher-kva.example"]


def test_a_name_in_any_script_arrives_unchanged():
    mail = make_mail(sender=Sender("Éditions 新聞", "news@example.org"))
    with SmtpServer() as server, sending(server) as provider:
        provider.send(mail, [make_reader(1, name="Zoë “Z” Łuczak")], "k")
    message = email.message_from_bytes(server.taken[0].raw, policy=email.policy.default)
    assert message["From"].addresses[0].display_name == "Éditions 新聞"
    assert message["To"].addresses[0].display_name == "Zoë “Z” Łuczak"


def test_a_signed_mail_is_verified_by_other_software():
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = read_key(pem, selector="s1", place="dkim_key")
    public = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    with SmtpServer() as server, sending(server, dkim=key) as provider:
        provider.send(make_mail(), make_readers(2), "k")
    assert len(server.taken) == 2
    for one in server.taken:
        assert dkim.verify(one.raw, dnsfunc=lambda name, timeout=5: record)
