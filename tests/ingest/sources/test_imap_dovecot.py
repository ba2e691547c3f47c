"""
A folder on a real Dovecot server as a source.
"""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from dovecot import PASSWORD, running_dovecot, why_not
from imap_server import make_certificate
from mails import mail

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.source import ImapSource
from newsletter.model.brief import Poll

pytestmark = pytest.mark.ci

FOLDER, WIRE = "Entw%C3%BCrfe", "Entw&APw-rfe"


class Dovecot:
    """
    A running server, used as the owner of the mailbox would.
    """

    def __init__(self, port: int, trusted: ssl.SSLContext) -> None:
        self.port, self.trusted = port, trusted

    @contextlib.contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=self.trusted) as person:
            person.authenticate("PLAIN", lambda _: f"\0sam\0{PASSWORD}".encode())
            yield person

    def put(self, *numbers: int, flags: str = "") -> None:
        with self.opened() as person:
            person.create(WIRE)
            for number in numbers:
                person.append(WIRE, flags, "", mail("a", number=number))

    def poll(self, state: Mapping[str, str] | None = None, *, folder: str = FOLDER) -> Poll:
        source = ImapSource(
            "desk",
            f"imaps://sam@127.0.0.1:{self.port}/{folder}",
            password=PASSWORD,
            networks=["127.0.0.0/8"],
            tls=self.trusted,
        )
        return source.fetch(state or {})


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    with running_dovecot(certificate, key) as port:
        yield Dovecot(port, ssl.create_default_context(cafile=certificate))


def test_a_folder_on_dovecot_is_read_and_left_as_it_was(dovecot: Dovecot) -> None:
    dovecot.put(1, 2)
    dovecot.put(3, flags="\\Draft")
    first = dovecot.poll()
    dovecot.put(4)
    second = dovecot.poll(first.state)
    assert [item.key for item in first.items] == ["<1@example.net>", "<2@example.net>"]
    assert [item.key for item in second.items] == ["<4@example.net>"]
    assert (first.notes, second.notes, second.state["uid"]) == ((), (), "4")
    with dovecot.opened() as person:
        person.select(WIRE, readonly=True)
        assert person.search(None, "UNSEEN") == ("OK", [b"1 2 3 4"])


def test_a_folder_created_again_on_dovecot_is_read_again(dovecot: Dovecot) -> None:
    dovecot.put(1)
    first = dovecot.poll()
    with dovecot.opened() as person:
        person.delete(WIRE)
    with pytest.raises(SourceError, match="has no readable folder 'Entwürfe'"):
        dovecot.poll(first.state)
    dovecot.put(1)
    second = dovecot.poll(first.state)
    assert second.items == first.items
    assert second.state["uidvalidity"] != first.state["uidvalidity"]
