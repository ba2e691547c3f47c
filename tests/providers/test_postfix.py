"""
Test with a real Postfix between us and the readers' servers: it accepts mails over real TLS, and
its bounce reports come back to the right deliveries.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from issue_samples import make_mail
from postfix import DOMAIN, Postfix, running_postfix, why_not
from provider_samples import ACCEPTED, NOW, kinds, make_readers
from smtp_server import SmtpServer

from newsletter.events.maildir import unread_mails
from newsletter.model.event import EventKind
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider
from newsletter.providers.smtp.verp import ReturnPaths
from subscribers.tokens import KeyRing

pytestmark = pytest.mark.ci

PATHS = ReturnPaths(f"bounces@{DOMAIN}", KeyRing(b"the secret of a site").words)
REFUSALS = {
    "reader2@": "550 5.1.1 <reader2@example.com>: no such user",
    "reader3@": "451 4.3.0 try later",
    "reader4@": "554 5.7.1 refused by policy",
}


@pytest.fixture
def onward() -> Iterator[SmtpServer]:
    """
    The mail server of every reader.
    """

    def script(command: str) -> str | None:
        if not command.startswith("RCPT"):
            return None
        return next((said for who, said in REFUSALS.items() if who in command), None)

    with SmtpServer(script=script) as server:
        yield server


@pytest.fixture
def postfix(certificate: tuple[Path, Path], onward: SmtpServer) -> Iterator[Postfix]:
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with running_postfix(*certificate, onward=onward.port) as postfix:
        yield postfix


def relay(port: int, trusting: ssl.SSLContext, **at: Any) -> SmtpProvider:
    server = SmtpEndpoint(**({"host": "localhost", "port": port} | at))
    return SmtpProvider("relay", server=server, paths=PATHS, tls=trusting, clock=lambda: NOW)


def wait_until(is_so: Callable[[], bool], postfix: Postfix) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until, postfix.log.read_text()
        time.sleep(0.05)


def test_undeliverable_mails_come_back_as_events_of_their_deliveries(
    postfix: Postfix, onward: SmtpServer, trusting: ssl.SSLContext
):
    provider = relay(postfix.port, trusting)
    result = provider.send(make_mail(), make_readers(5), "k")
    provider.close()
    assert kinds(result.receipts) == [ACCEPTED] * 5
    new = postfix.maildir / "new"
    wait_until(lambda: new.is_dir() and len(list(new.iterdir())) == 2, postfix)
    came = [event for raw in unread_mails(postfix.maildir, max_bytes=10**6)
            for event in provider.events(raw)]  # fmt: skip
    assert sorted((event.label, event.kind) for event in came) == [
        ("i12-d2.abc", EventKind.BOUNCED_HARD),
        ("i12-d4.abc", EventKind.BLOCKED),
    ]
    assert "reader" not in repr(came)
    assert list(unread_mails(postfix.maildir, max_bytes=10**6)) == []
    wait_until(lambda: len(onward.taken) == 2, postfix)
    assert {one.recipient for one in onward.taken} == {"reader1@example.com", "reader5@example.com"}
    assert {one.sender for one in onward.taken} == {
        PATHS.path_of(reader) for reader in make_readers(5)[::4]
    }


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_accepts_many_mails_over_its_own_tls(
    postfix: Postfix, trusting: ssl.SSLContext, onward: SmtpServer, security: str
):
    readers = make_readers(34)[9:]
    port = postfix.port if security == "starttls" else postfix.tls_port
    provider = relay(port, trusting, security=security)
    mail = make_mail(html="<p>" + "Grüße " * 10_000 + "</p>")
    result = provider.send(mail, readers, "k")
    provider.close()
    assert kinds(result.receipts) == [ACCEPTED] * 25
    wait_until(lambda: len(onward.taken) == 25, postfix)
    assert onward.faults == []
