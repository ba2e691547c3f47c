"""
A folder of our own on a real Dovecot: each mail is yielded once, and marked as read when it was
processed. What a server may refuse is tested with a fake one.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from dovecot import PASSWORD, running_dovecot, why_not
from imap_server import PASSWORD as ITS_PASSWORD
from imap_server import ImapServer, make_certificate
from mails import mail

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.unseen import unseen_mails


class Folder:
    """
    The inbox of `sam`.
    """

    def __init__(self, port: int, trusted: ssl.SSLContext) -> None:
        self.port, self.trusted = port, trusted

    def put(self, *numbers: int) -> None:
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=self.trusted) as person:
            person.authenticate("PLAIN", lambda _: f"\0sam\0{PASSWORD}".encode())
            for number in numbers:
                person.append("INBOX", "", "", mail("a", number=number))

    def unseen(self, *, name: str = "INBOX", password: str = PASSWORD) -> Iterator[bytes]:
        return unseen_mails(
            f"imaps://sam@127.0.0.1:{self.port}/{name}",
            password=password,
            networks=["127.0.0.0/8"],
            deadline_s=20.0,
            tls=self.trusted,
        )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    with running_dovecot(certificate, key) as port:
        yield Folder(port, ssl.create_default_context(cafile=certificate))


def numbers_in(mails: Iterator[bytes]) -> list[bytes]:
    return [raw.partition(b"Message-ID: <")[2][:1] for raw in mails]


def test_each_mail_is_yielded_until_it_was_processed_and_never_again(folder: Folder):
    folder.put(1, 2, 3)
    broken_off = folder.unseen()
    assert [next(broken_off)[:5], next(broken_off)[:5]] == [b"From:", b"From:"]
    # The reader crashed before it stored the second.
    broken_off.close()
    assert numbers_in(folder.unseen()) == [b"2", b"3"]
    folder.put(4)
    assert numbers_in(folder.unseen()) == [b"4"]
    assert numbers_in(folder.unseen()) == []


def test_a_missing_folder_and_a_wrong_password_are_errors(folder: Folder):
    with pytest.raises(SourceError, match="has no writable folder 'Elsewhere'"):
        next(folder.unseen(name="Elsewhere"))
    with pytest.raises(SourceError, match="refused the login"):
        next(folder.unseen(password="wrong"))


FETCH = "UID FETCH {} (BODY.PEEK[]<0.1048576>)"
STORE = r"UID STORE {} +FLAGS (\Seen)"
OK = b"{tag} OK done\r\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    """
    A server with two unread mails, both of which can be fetched and marked.
    """
    with ImapServer() as server:
        server.scripted = {
            "SELECT": b"* 2 EXISTS\r\n{tag} OK [READ-WRITE] done\r\n",
            "UID SEARCH UNSEEN": b"* SEARCH 1 2\r\n" + OK,
            **{STORE.format(number): OK for number in (1, 2)},
            **{
                FETCH.format(number): f"* {number} FETCH (BODY[]<0> {{5}}\r\nmail{number})\r\n"
                "{tag} OK done\r\n".encode()
                for number in (1, 2)
            },
        }
        yield server


def unseen_at(server: ImapServer) -> Iterator[bytes]:
    return unseen_mails(
        f"imap://sam%40example.org@127.0.0.1:{server.port}/INBOX",
        password=ITS_PASSWORD,
        networks=["127.0.0.0/8"],
        deadline_s=5.0,
    )


def test_a_refused_mail_stays_unread_and_does_not_hold_up_others(server: ImapServer):
    server.scripted[FETCH.format(1)] = b"{tag} NO [SERVERBUG] not now\r\n"
    given = unseen_at(server)
    assert next(given) == b"mail2"
    with pytest.raises(SourceError, match="refuses to send email 1 of 'INBOX': try later"):
        next(given)
    assert server.asked("UID STORE") == [STORE.format(2)]


def test_a_mail_deleted_during_the_run_is_ignored(server: ImapServer):
    server.scripted[FETCH.format(1)] = b"{tag} NO [EXPUNGEISSUED] gone\r\n"
    assert list(unseen_at(server)) == [b"mail2"]


def test_a_mail_that_cannot_be_marked_is_an_error(server: ImapServer):
    server.scripted[STORE.format(1)] = b"{tag} NO [NOPERM] not yours\r\n"
    given = unseen_at(server)
    assert next(given) == b"mail1"
    with pytest.raises(SourceError, match="does not allow emails in 'INBOX' to be marked as read"):
        next(given)
