"""
A folder on an IMAP server as a source: what each poll returns, and what it leaves out.
"""

from __future__ import annotations

import dataclasses
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from imap_server import HANG, PASSWORD, ImapServer
from mails import mail, pictured_mail

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.source import ImapSource
from newsletter.ingest.sources.mailbox.source import MAX_BYTES, MailboxSource
from newsletter.ingest.sources.protocol import Source
from newsletter.model.brief import Poll

# Nothing here uses TLS, and loading the system's certificates takes a tenth of a second.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
READS = ("AUTHENTICATE", "CAPABILITY", "EXAMINE", "LOGOUT", "UID")


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    """
    A server with two mails.
    """
    with ImapServer() as server:
        server.put(crlf(mail("a", number=1)))
        server.put(crlf(mail("b", number=2)))
        yield server


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def location(server: ImapServer, folder: str = "") -> str:
    return f"imap://sam%40example.org@127.0.0.1:{server.port}/{folder}"


def poll(
    server: ImapServer, state: Mapping[str, str] | None = None, *, folder: str = "", **more: Any
) -> Poll:
    defaults = {
        "networks": ["127.0.0.0/8"],
        "password": PASSWORD,
        "deadline_s": 5.0,
        "tls": TLS,
    } | more
    source: Source = ImapSource("desk", location(server, folder), **defaults)
    return source.fetch(state or {})


def keys(poll: Poll) -> list[str]:
    return [item.key for item in poll.items]


def state(server: ImapServer, uid: int, *, uidvalidity: int = 7) -> dict[str, str]:
    return {"location": location(server), "uidvalidity": str(uidvalidity), "uid": str(uid)}


def test_a_first_poll_gives_the_mails_oldest_first(imap: ImapServer) -> None:
    got = poll(imap)
    assert keys(got) == ["<1@example.net>", "<2@example.net>"]
    assert (got.state, got.notes, got.is_waiting) == (state(imap, 2), (), False)


def test_an_image_is_extracted_from_the_mail_that_was_read(imap: ImapServer) -> None:
    part = ("Content-Type: image/png\nContent-ID: <quay@1>\n", b"the quay")
    imap.put(crlf(pictured_mail("<p>a</p>", part)))
    got = poll(imap)
    assert got.items[-1].images == ("quay@1",)
    assert got.open_image("<p@example.net>", "quay@1") == b"the quay"


def test_a_poll_is_read_only(imap: ImapServer) -> None:
    poll(imap)
    assert {command.partition(" ")[0] for command in imap.commands} == set(READS)
    assert imap.asked("UID FETCH 1 ") == ["UID FETCH 1 (BODY.PEEK[])"]


def test_a_second_poll_gives_only_what_came_since(imap: ImapServer) -> None:
    first = poll(imap)
    imap.put(mail("c", number=3))
    second = poll(imap, first.state)
    assert (keys(second), second.state) == (["<3@example.net>"], state(imap, 3))
    assert imap.asked("UID FETCH")[-1] == "UID FETCH 3 (BODY.PEEK[])"


def test_a_poll_without_new_mail_gives_nothing(imap: ImapServer) -> None:
    assert poll(imap, state(imap, 2)) == Poll(state=state(imap, 2))
    imap.mails.clear()
    assert poll(imap, state(imap, 2)) == Poll(state=state(imap, 2))


def test_a_changed_uidvalidity_reads_all_mails_again_with_the_same_keys(imap: ImapServer) -> None:
    first = poll(imap)
    imap.uidvalidity = 8
    imap.mails = [dataclasses.replace(held, uid=held.uid + 40) for held in imap.mails]
    second = poll(imap, first.state)
    assert second.items == first.items
    assert second.state == state(imap, 42, uidvalidity=8)


def test_the_state_of_another_folder_is_ignored(imap: ImapServer) -> None:
    other = state(imap, 2) | {"location": "imaps://sam@mail.example.org/Other"}
    assert len(poll(imap, other).items) == 2


def test_a_mail_is_the_same_item_as_in_a_maildir(imap: ImapServer, tmp_path: Path) -> None:
    for number, held in enumerate(imap.mails):
        for folder in ("new", "cur"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "new" / str(number)).write_bytes(held.raw)
    assert poll(imap).items == MailboxSource("desk", tmp_path).fetch({}).items


def test_automatic_mails_are_noted_and_left_out(imap: ImapServer) -> None:
    imap.mails.clear()
    imap.put(mail("a", headers="Auto-Submitted: auto-replied\n"))
    imap.put(mail("b", headers="List-Id: <brief.example.org>\n"))
    got = poll(imap, own_lists=("brief.example.org",))
    notes = (
        "email 1: an automatic reply, left out",
        "email 2: one of this newsletter's own emails, left out",
    )
    assert got == Poll(state=state(imap, 2), notes=notes)


def test_drafts_and_deleted_mails_are_left_out(imap: ImapServer) -> None:
    imap.put(mail("c", number=3), flags="\\Seen \\Draft")
    imap.put(mail("d", number=4), flags="\\Deleted")
    got = poll(imap)
    assert (len(got.items), got.state, got.notes) == (2, state(imap, 4), ())


def test_a_mail_over_the_size_limit_is_noted_and_never_fetched(imap: ImapServer) -> None:
    imap.put(mail("c", number=3), size=MAX_BYTES + 1)
    got = poll(imap)
    assert got.notes == ("email 3: larger than 10,485,760 bytes, which is too large for a brief",)
    assert (got.state, imap.asked("UID FETCH 3")) == (state(imap, 3), [])


def test_a_first_poll_reads_the_last_mails_only(imap: ImapServer) -> None:
    imap.put(mail("c", number=3))
    got = poll(imap, max_mails=2)
    assert keys(got) == ["<2@example.net>", "<3@example.net>"]
    assert (got.notes, got.is_waiting) == (("only the last 2 of 3 emails were read",), False)


def test_more_mails_than_a_poll_takes_wait_for_the_next(imap: ImapServer) -> None:
    first = poll(imap, state(imap, 0), max_mails=1)
    second = poll(imap, first.state, max_mails=1)
    assert [keys(first), keys(second)] == [["<1@example.net>"], ["<2@example.net>"]]
    assert [first.is_waiting, second.is_waiting] == [True, False]
    assert first.notes == ("more emails are waiting for the next poll",)


def test_more_bytes_than_a_poll_takes_wait_for_the_next(imap: ImapServer) -> None:
    imap.mails[1] = dataclasses.replace(imap.mails[1], size=2_000_000)
    got = poll(imap, max_bytes=2_000_000)
    assert (keys(got), got.state, got.is_waiting) == (["<1@example.net>"], state(imap, 1), True)


def test_a_mail_that_stalls_keeps_those_before_it(imap: ImapServer) -> None:
    imap.scripted["UID FETCH 2 (BODY.PEEK[])"] = HANG
    got = poll(imap, deadline_s=0.5)
    assert (keys(got), got.state, got.is_waiting) == (["<1@example.net>"], state(imap, 1), True)
    with pytest.raises(SourceError, match=r"^127\.0\.0\.1 did not respond in full within 0\.5 s: "):
        poll(imap, got.state, deadline_s=0.5)


@pytest.mark.parametrize("command", ["EXAMINE", "UID", "AUTHENTICATE", "CAPABILITY"])
def test_a_server_that_stalls_is_left_at_the_deadline(imap: ImapServer, command: str) -> None:
    imap.scripted[command] = HANG
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"within 0\.3 s: try later, or raise \[limits\]"):
        poll(imap, deadline_s=0.3)
    assert time.monotonic() - began < 3


def test_a_server_that_sends_byte_by_byte_is_left_at_the_deadline(imap: ImapServer) -> None:
    imap.drip_s = 0.02
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"within 0\.3 s: try later, or raise \[limits\]"):
        poll(imap, deadline_s=0.3)
    assert time.monotonic() - began < 3


def test_a_mail_deleted_during_the_poll_is_noted(imap: ImapServer) -> None:
    imap.scripted["UID FETCH 1 (BODY.PEEK[])"] = b"* 2 FETCH (FLAGS ())\r\n{tag} OK done\r\n"
    imap.scripted["UID FETCH 2 (BODY.PEEK[])"] = b"{tag} NO [EXPUNGEISSUED] gone\r\n"
    notes = [f"email {uid}: deleted while the mailbox was read" for uid in (1, 2)]
    assert poll(imap) == Poll(state=state(imap, 2), notes=tuple(notes))


def test_a_mail_that_the_server_refuses_is_not_lost(imap: ImapServer) -> None:
    imap.scripted["UID FETCH 2 (BODY.PEEK[])"] = b"{tag} NO [SERVERBUG] sam@example.org\r\n"
    first = poll(imap)
    assert (first.state, first.is_waiting) == (state(imap, 1), True)
    line = "127.0.0.1 refuses to send email 2 of the folder: try later, or move that email away"
    with pytest.raises(SourceError, match=f"^{line}$"):
        poll(imap, first.state)


def test_a_folder_is_requested_in_modified_utf7(imap: ImapServer) -> None:
    imap.folder = "Entw&APw-rfe/Q&-A"
    assert len(poll(imap, folder="Entw%C3%BCrfe/Q&A").items) == 2


def test_a_missing_folder_is_named_in_the_error(imap: ImapServer) -> None:
    with pytest.raises(SourceError, match=r"has no readable folder 'Briefs': check"):
        poll(imap, folder="Briefs")


def test_a_folder_without_uidvalidity_is_refused(imap: ImapServer) -> None:
    imap.scripted["EXAMINE"] = b"* 2 EXISTS\r\n{tag} OK done\r\n"
    with pytest.raises(SourceError, match="permanent numbers"):
        poll(imap)


RUBBISH = [
    b"HTTP/1.1 400 Bad Request\r\n",
    b"\xff\xfe\x00\r\n",
    b"* \r\n" * 3,
    b"* SEARCH one two\r\n{tag} OK done\r\n",
    b"* SEARCH " + b"9" * 5000 + b"\r\n{tag} OK done\r\n",
    b"* SEARCH {99999999999}\r\n",
    b"* CAPABILITY \xe9\r\n* SEARCH \xe9\r\n* \xe9 EXISTS\r\n{tag} OK done\r\n",
    b"* BYE gone\r\n",
    b"{tag} BAD what?\r\n",
    b"{tag} NO never\r\n",
    b"Z1 OK another's\r\n",
    b"x" * 1_100_000,
]


@pytest.mark.parametrize("command", ["CAPABILITY", "EXAMINE", "UID"])
@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda raw: repr(raw[:18]))
def test_a_server_that_sends_rubbish_is_a_source_error(
    imap: ImapServer, command: str, rubbish: bytes
) -> None:
    imap.scripted[command] = rubbish + b"\r\n"
    with pytest.raises(SourceError, match=r"^127\.0\.0\.1 .*: (check|try|use|move) "):
        poll(imap, deadline_s=0.3, max_bytes=1_000_000)


def test_a_list_of_mails_too_long_to_read_is_refused_in_one_line(imap: ImapServer) -> None:
    numbers = b" ".join(b"%d" % number for number in range(10_000_000, 10_200_000))
    imap.scripted["UID SEARCH UID 3:*"] = b"* SEARCH " + numbers + b"\r\n{tag} OK done\r\n"
    line = (
        r"127\.0\.0\.1 lists more emails than can be read at once \(over 1,048,576 bytes of their "
        r"numbers\): move old ones to another folder, or remove the source and add it again"
    )
    with pytest.raises(SourceError, match=f"^{line}$"):
        poll(imap, state(imap, 2))


def test_a_server_that_sends_without_end_is_left(imap: ImapServer) -> None:
    imap.scripted["EXAMINE"] = b"* 2 EXISTS\r\n" * 100_000 + b"{tag} OK done\r\n"
    line = r"127\.0\.0\.1 sent more data than any mailbox should: check host and port, or try later"
    with pytest.raises(SourceError, match=f"^{line}$"):
        poll(imap)


def test_a_mail_larger_than_announced_keeps_those_before_it(imap: ImapServer) -> None:
    imap.scripted["UID FETCH 2 (BODY.PEEK[])"] = b"* 2 FETCH (UID 2 BODY[] {900000000}\r\n"
    got = poll(imap)
    assert (keys(got), got.state, got.is_waiting) == (["<1@example.net>"], state(imap, 1), True)
