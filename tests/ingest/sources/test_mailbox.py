"""
A Maildir and a folder of mails as a source.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from mails import mail

from newsletter.errors import SourceError
from newsletter.ingest.sources.mailbox.source import MailboxSource
from newsletter.ingest.sources.protocol import Source
from newsletter.model.brief import Poll

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def put(folder: Path, name: str, raw: bytes, *, age_s: float = 60) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    moment = NOW.timestamp() - age_s
    os.utime(path, (moment, moment))


def poll(folder: Path, *, own_lists: tuple[str, ...] = (), max_items: int = 200) -> Poll:
    source: Source = MailboxSource(
        "desk", folder, own_lists=own_lists, max_items=max_items, clock=lambda: NOW
    )
    return source.fetch({})


def keys(poll: Poll) -> list[str]:
    return [item.key for item in poll.items]


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_maildir_gives_its_mails_oldest_first(maildir: Path) -> None:
    put(maildir, "new/3.host", mail("c", number=3), age_s=0)
    put(maildir, "cur/2.host:2,S", mail("b", number=2), age_s=200)
    put(maildir, "cur/1.host:2,", mail("a", number=1), age_s=100)
    put(maildir, "tmp/4.host", mail("d", number=4))
    got = poll(maildir)
    assert keys(got) == ["<2@example.net>", "<1@example.net>", "<3@example.net>"]
    assert (got.notes, got.is_waiting) == ((), False)


def test_a_mailbox_is_never_changed(maildir: Path) -> None:
    put(maildir, "new/1.host", mail("a"))
    before = sorted(path.relative_to(maildir) for path in maildir.rglob("*"))
    assert poll(maildir) == poll(maildir)
    assert sorted(path.relative_to(maildir) for path in maildir.rglob("*")) == before


def test_drafts_and_deleted_mails_of_a_maildir_are_left_out(maildir: Path) -> None:
    put(maildir, "cur/1.host:2,DS", mail("a", number=1))
    put(maildir, "cur/2.host:2,ST", mail("b", number=2))
    assert poll(maildir) == Poll()


def test_a_folder_of_mails_waits_for_those_just_written(tmp_path: Path) -> None:
    put(tmp_path, "a.eml", mail("a", number=1))
    put(tmp_path, "b.EML", mail("b", number=2), age_s=1)
    put(tmp_path, "notes.txt", b"c")
    got = poll(tmp_path)
    assert keys(got) == ["<1@example.net>"]
    assert (got.notes, got.is_waiting) == (("1 just written, waiting for the next poll",), True)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("Auto-Submitted: auto-replied; owner-email=x\n", "an automatic reply"),
        ("Return-Path: <>\n", "a bounce"),
        ("List-Id: The brief <brief.example.org>\n", "one of this newsletter's own emails"),
    ],
)
def test_automatic_mails_are_left_out(maildir: Path, headers: str, reason: str) -> None:
    put(maildir, "new/1", mail("a", headers=headers))
    got = poll(maildir, own_lists=("Brief.example.org",))
    assert got == Poll(notes=(f"1: {reason}, left out",))


def test_a_report_of_a_failed_delivery_is_left_out(maildir: Path) -> None:
    put(maildir, "new/1", b"Content-Type: multipart/report; boundary=b\n\n--b\n\na\n--b--\n")
    assert poll(maildir).notes == ("1: a bounce, left out",)


INVITATION = """\
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

A meeting
--b
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
--b--
"""


def test_an_invitation_is_left_out(maildir: Path) -> None:
    put(maildir, "new/1", INVITATION.encode())
    assert poll(maildir).notes == ("1: an invitation, left out",)


def test_a_brief_with_a_date_for_the_calendar_attached_is_kept(maildir: Path) -> None:
    file = "text/calendar\nContent-Disposition: attachment; filename=day.ics"
    put(maildir, "new/1", INVITATION.replace("text/calendar; method=REQUEST", file).encode())
    assert poll(maildir).notes == ()


DIGEST = f"""\
Today's Topics:

   1. Tolls (Ed)

{"-" * 70}

Message: 1
Date: Mon, 4 Mar 2024 10:00:00 +0100
From: Ed <ed@example.net>

The tolls rise.

{"-" * 30}

End of Harbour Digest, Vol 8, Issue 3
"""


def test_a_digest_of_a_mailing_list_is_left_out(maildir: Path) -> None:
    put(maildir, "new/1", mail(DIGEST))
    put(maildir, "new/2", b"Content-Type: multipart/digest; boundary=b\n\n--b\n\na\n--b--\n")
    said = "a digest of a mailing list, left out"
    assert poll(maildir).notes == (f"1: {said}", f"2: {said}")


def test_a_brief_with_drawn_lines_is_not_a_digest(maildir: Path) -> None:
    rules = f"The tolls rise.\n\n{'-' * 70}\n\nThe quay closes.\n\n{'-' * 30}\n\nThe end of it.\n"
    put(maildir, "new/1", mail(rules))
    assert keys(poll(maildir)) == ["<1@example.net>"]


def test_mails_of_others_lists_and_of_people_are_kept(maildir: Path) -> None:
    people = "Auto-Submitted: no\nReturn-Path: <sam@example.net>\nList-Id: <other.example>\n"
    put(maildir, "new/1", mail("a", headers=people))
    assert keys(poll(maildir, own_lists=("brief.example.org",))) == ["<1@example.net>"]


def test_a_mail_that_came_twice_is_one_item(maildir: Path) -> None:
    put(maildir, "new/1", mail("a"))
    put(maildir, "new/2", mail("a", headers="Delivered-To: x@example.com\n"), age_s=10)
    assert keys(poll(maildir)) == ["<1@example.net>"]


def test_only_the_last_mails_are_read(maildir: Path) -> None:
    for number in (1, 2, 3):
        put(maildir, f"new/{number}", mail("a", number=number), age_s=100 - number)
    got = poll(maildir, max_items=2)
    assert keys(got) == ["<2@example.net>", "<3@example.net>"]
    assert got.notes == ("only the last 2 of 3 emails were read",)


def test_a_mail_without_text_is_noted_and_the_others_are_read(maildir: Path) -> None:
    put(maildir, "new/1", b"Subject: x\n\n")
    put(maildir, "new/2", mail("a"))
    got = poll(maildir)
    assert keys(got) == ["<1@example.net>"]
    assert got.notes == ("1: the email contains no text; is the brief an attachment?",)


def test_a_missing_mailbox_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or directory; check the folder of source"):
        poll(tmp_path / "none")
