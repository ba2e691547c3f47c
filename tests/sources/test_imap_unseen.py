"""
A folder of our own on a real Dovecot: each mail is given once, and marked as read when it was
taken.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from dovecot import PASSWORD, running_dovecot, why_not
from imap_server import make_certificate
from mails import mail

from newsletter.errors import SourceError
from newsletter.sources.imap_unseen import unseen_mails


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


def test_each_mail_is_given_until_it_was_taken_and_never_again(folder: Folder):
    folder.put(1, 2, 3)
    broken_off = folder.unseen()
    assert [next(broken_off)[:5], next(broken_off)[:5]] == [b"From:", b"From:"]
    # Whoever took the second broke before it was kept.
    broken_off.close()
    assert numbers_in(folder.unseen()) == [b"2", b"3"]
    folder.put(4)
    assert numbers_in(folder.unseen()) == [b"4"]
    assert numbers_in(folder.unseen()) == []


def test_a_folder_that_is_not_there_and_a_wrong_password_are_told(folder: Folder):
    with pytest.raises(SourceError, match="has no folder 'Elsewhere'"):
        next(folder.unseen(name="Elsewhere"))
    with pytest.raises(SourceError, match="refused the login"):
        next(folder.unseen(password="wrong"))
