"""
Test how a session with an SMTP server begins: unencrypted, with TLS from the start or with
STARTTLS, and with a login. An error before the first envelope rejects nobody.
"""

from __future__ import annotations

import os
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from flavours import read_eml
from issue_samples import make_mail
from provider_samples import ACCEPTED, NOW, RETRY, UNCERTAIN, kinds, make_readers
from smtp_server import EXTENSIONS, Break, SmtpServer

from newsletter.errors import SettingsError
from newsletter.model.delivery import BatchResult
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider

PEOPLE = {"désk": "pässword"}


@contextmanager
def provider_at(port: int, tls: ssl.SSLContext | None = None, **at: Any) -> Iterator[SmtpProvider]:
    deadline_s = at.pop("deadline_s", 5.0)
    server = SmtpEndpoint(**({"host": "localhost", "port": port, "security": "none"} | at))
    provider = SmtpProvider(
        "relay", server=server, tls=tls, deadline_s=deadline_s, clock=lambda: NOW
    )
    try:
        yield provider
    finally:
        provider.close()


def sent(server: SmtpServer, tls: ssl.SSLContext | None = None, **at: Any) -> BatchResult:
    with server, provider_at(server.port, tls, **at) as provider:
        return provider.send(make_mail(), make_readers(2), "k")


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("ways", ["PLAIN LOGIN", "LOGIN"])
def test_a_trusted_server_accepts_mails_over_tls_after_login(
    served: ssl.SSLContext, trusting: ssl.SSLContext, security: str, ways: str
):
    server = SmtpServer(tls=served, is_tls=security == "tls", people=PEOPLE, ways=ways)
    result = sent(server, trusting, security=security, username="désk", password="pässword")
    assert kinds(result.receipts) == [ACCEPTED, ACCEPTED]
    assert (len(server.taken), server.faults) == (2, [])


def test_a_large_mail_is_sent_over_tls_completely(served: ssl.SSLContext, trusting: ssl.SSLContext):
    html = "<p>" + "Grüße " * 200_000 + "</p>"
    server = SmtpServer(tls=served, extensions=("PIPELINING",))
    with server, provider_at(server.port, trusting, security="starttls") as provider:
        result = provider.send(make_mail(html=html), make_readers(2), "k")
    assert kinds(result.receipts) == [ACCEPTED, ACCEPTED]
    assert [read_eml(one.raw).html for one in server.taken] == [html, html]


def test_one_session_over_tls_serves_several_calls(
    served: ssl.SSLContext, trusting: ssl.SSLContext
):
    server = SmtpServer(tls=served)
    with server, provider_at(server.port, trusting, security="starttls") as provider:
        for _ in range(3):
            provider.send(make_mail(), make_readers(2), "k")
    assert (server.connections, len(server.taken)) == (1, 6)


def test_a_reply_over_tls_that_does_not_come_in_time_is_uncertain(
    served: ssl.SSLContext, trusting: ssl.SSLContext
):
    late = Break(is_taken=True, delay_s=1.5)
    server = SmtpServer(tls=served, script=lambda command: late if command == "." else None)
    values = {"security": "starttls", "deadline_s": 0.7}
    with server, provider_at(server.port, trusting, **values) as provider:
        result = provider.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [UNCERTAIN, RETRY]
    assert result.receipts[0].reason == "relay: the deadline passed"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_server_gets_no_password_and_no_mail(served: ssl.SSLContext, security: str):
    server = SmtpServer(tls=served, is_tls=security == "tls", people=PEOPLE)
    result = sent(server, security=security, username="désk", password="pässword")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem is not None
    assert "its certificate is not trusted" in result.account_problem
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


def test_a_server_with_another_name_is_not_trusted(
    served: ssl.SSLContext, trusting: ssl.SSLContext
):
    result = sent(SmtpServer(tls=served), trusting, security="starttls", host="127.0.0.1")
    assert result.account_problem is not None
    assert "its certificate is not trusted" in result.account_problem


def test_without_the_required_starttls_nothing_is_sent_unencrypted():
    server = SmtpServer(people=PEOPLE)
    result = sent(server, security="starttls", username="désk", password="pässword")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem is not None
    assert '; check port, or set security = "tls" (or "none")' in result.account_problem
    assert [command.split(" ")[0] for command in server.commands] == ["EHLO"]


def test_data_injected_before_tls_is_not_trusted(served: ssl.SSLContext, trusting: ssl.SSLContext):
    server = SmtpServer(tls=served)
    server.script = lambda command: (
        "220 go ahead\r\n250-mx\r\n250 AUTH PLAIN" if command == "STARTTLS" else None
    )
    result = sent(server, trusting, security="starttls")
    assert [one.reason for one in result.receipts] == [
        "relay: localhost: the server sent data between STARTTLS and TLS"
    ] * 2


def test_a_wrong_password_pauses_the_issue():
    server = SmtpServer(people=PEOPLE)
    result = sent(server, username="désk", password="wrong")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem == (
        "[provider.relay] localhost: AUTH refused: 535 5.7.8 wrong name or password; "
        "check username and password"
    )
    assert "wrong" not in repr(SmtpEndpoint(host="h", port=1, username="u", password="wrong"))


def test_a_temporarily_unavailable_login_makes_the_call_wait():
    server = SmtpServer(people=PEOPLE, script=lambda c: "454 4.7.0 later" if "AUTH" in c else None)
    result = sent(server, username="désk", password="pässword")
    assert (kinds(result.receipts), result.account_problem) == ([RETRY, RETRY], None)


def test_a_server_without_password_login_gets_no_password():
    result = sent(SmtpServer(), username="désk", password="pässword")
    assert result.account_problem is not None
    assert "; check port and security, or remove username" in result.account_problem


@pytest.mark.parametrize(
    ("greeting", "pauses"),
    [
        ("421 4.3.2 too busy", False),
        ("450 later", False),
        ("554 5.3.2 no mail here", True),
        ("521 no mail here", True),
    ],
)
def test_a_server_that_refuses_mail_accepted_nothing(greeting: str, pauses: bool):
    result = sent(SmtpServer(greeting=greeting))
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert (result.account_problem is not None) is pauses


@pytest.mark.parametrize(
    "server",
    [
        SmtpServer(greeting="SSH-2.0-OpenSSH_9.2"),
        SmtpServer(greeting="220-" + "x" * 9_000),
        SmtpServer(script=lambda command: Break() if command.startswith("EHLO") else None),
    ],
    ids=["another protocol", "no end of a line", "gone at once"],
)
def test_a_server_with_invalid_replies_accepted_nothing(server: SmtpServer):
    assert kinds(sent(server).receipts) == [RETRY, RETRY]


def test_a_port_without_tls_says_what_to_check():
    result = sent(SmtpServer(extensions=EXTENSIONS), security="tls")
    assert result.account_problem is not None
    assert "; check port and security" in result.account_problem


def test_an_invalid_server_name_pauses_the_issue():
    with provider_at(25, host="a" * 70 + ".invalid") as provider:
        result = provider.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem is not None
    assert result.account_problem.endswith("; check host")


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_an_unreachable_server_accepted_nothing(host: str):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        with provider_at(port, host=host) as provider:
            result = provider.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), result.account_problem) == ([RETRY, RETRY], None)


def test_it_can_be_checked_without_sending_a_mail(served: ssl.SSLContext, trusting: ssl.SSLContext):
    server = SmtpServer(tls=served, people=PEOPLE)
    at = {"security": "starttls", "username": "désk", "password": "pässword"}
    with server, provider_at(server.port, trusting, **at) as provider:
        assert provider.check() == (
            "connected over TLSv1.3, accepts messages of 10,240,000 bytes, supports pipelining"
        )
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_the_check_says_what_is_wrong():
    server = SmtpServer(people=PEOPLE)
    with (
        server,
        provider_at(server.port, username="désk", password="wrong") as provider,
        pytest.raises(SettingsError) as refused,
    ):
        provider.check()
    assert str(refused.value) == (
        "[provider.relay] localhost: AUTH refused: 535 5.7.8 wrong name or password: "
        "check username and password"
    )


@pytest.fixture
def crowded() -> Iterator[None]:
    """
    Open more files in this process than select(2) supports.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    with ExitStack() as files:
        for _ in range(1_100):
            files.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_session_is_reused_with_any_number_of_open_files(crowded: None):
    with SmtpServer() as server, provider_at(server.port) as provider:
        for _ in range(2):
            result = provider.send(make_mail(), make_readers(1), "k")
            assert kinds(result.receipts) == [ACCEPTED]
    assert server.connections == 1
