"""
Test the outbox: one file per copy, written once, completely or not at all.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from issue_samples import make_mail
from provider_samples import (
    ACCEPTED,
    NOW,
    REJECTED,
    RETRY,
    UNCERTAIN,
    kinds,
    make_reader,
    make_readers,
)

from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.mime.message import message_bytes
from newsletter.model.delivery import Attempt, Capabilities, Idempotency, LookUp
from newsletter.model.mail import MergeField, Recipient
from newsletter.providers.outbox.provider import OutboxProvider, advice_for


def outbox_in(folder: Path, *, now: dt.datetime = NOW) -> OutboxProvider:
    return OutboxProvider(folder, clock=lambda: now)


def attempt_at(recipients: list[Recipient]) -> Attempt:
    return Attempt(key="k", submitted_at=NOW, recipients=tuple(recipients))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """
    Return a path where not even root can create a folder, because its parent is a file.
    """
    file = tmp_path / "file"
    file.write_text("in the way", encoding="ascii")
    return file / "outbox"


def test_it_reports_its_capabilities():
    assert outbox_in(Path("outbox")).capabilities == Capabilities(
        max_recipients=1_000,
        max_bytes=1_000_000_000,
        idempotency=Idempotency.REPLAY,
        key_life=None,
        look_up=LookUp.OWN_ID,
    )


def test_each_copy_is_a_file_with_the_bytes_of_the_message(tmp_path: Path):
    mail, readers = make_mail(), make_readers(2)
    result = outbox_in(tmp_path / "new" / "outbox").send(mail, readers, "k")
    folder = tmp_path / "new" / "outbox"
    assert kinds(result.receipts) == [ACCEPTED, ACCEPTED]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"i12-d{reader.delivery_id}.abc.eml": message_bytes(
            compile_mail(mail).fill(reader), date=NOW
        )
        for reader in readers
    }


def test_repeating_a_call_keeps_the_first_files_and_their_date(tmp_path: Path):
    readers = make_readers(3)
    outbox_in(tmp_path).send(make_mail(), readers[:2], "k")
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in tmp_path.iterdir()}
    later = outbox_in(tmp_path, now=NOW + dt.timedelta(days=1))
    result = later.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [ACCEPTED] * 3
    assert {path: (path.read_bytes(), path.stat().st_ino) for path in before} == before
    assert len(names_in(tmp_path)) == 3


def test_a_file_of_another_mail_is_neither_replaced_nor_accepted_as_this_one(tmp_path: Path):
    outbox_in(tmp_path).send(make_mail(subject="Last year"), make_readers(1), "k")
    before = (tmp_path / "i12-d1.abc.eml").read_bytes()
    result = outbox_in(tmp_path).send(make_mail(subject="This year"), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, ACCEPTED]
    assert result.account_problem == (
        f"outbox {tmp_path}: i12-d1.abc.eml is another email: move it away"
    )
    assert (tmp_path / "i12-d1.abc.eml").read_bytes() == before


def test_only_the_reader_without_a_required_value_is_rejected(tmp_path: Path):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    readers = [make_reader(1), make_reader(2, values={}), make_reader(3)]
    result = outbox_in(tmp_path).send(mail, readers, "k")
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert result.receipts[1].reason.startswith("cannot be rendered: delivery 2 has no first_name")
    assert (result.account_problem, len(names_in(tmp_path))) == (None, 2)


def test_only_the_reader_with_an_invalid_address_is_rejected(tmp_path: Path):
    readers = [make_reader(1, email="a@example.com, b@example.com"), make_reader(2)]
    result = outbox_in(tmp_path).send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED]
    assert result.receipts[0].reason.startswith("cannot be rendered: To: ")


def test_only_the_reader_with_a_value_that_utf_8_cannot_encode_is_rejected(tmp_path: Path):
    mail = make_mail(subject="Hello")
    readers = [make_reader(1, values={"first_name": "\ud800"}), make_reader(2)]
    result = outbox_in(tmp_path).send(mail, readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED]


def test_if_the_folder_cannot_be_created_everybody_waits(sealed: Path):
    result = outbox_in(sealed).send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem == f"outbox {sealed}: Not a directory"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "the disk is full: free some space"),
        (errno.EDQUOT, "the disk quota is used up: free some space"),
        (errno.EACCES, "permission denied: give this user write access"),
        (errno.EROFS, "the disk is read-only: mount it for writing"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_error_of_the_folder_says_what_to_do(number: int, advice: str):
    values = advice_for(Path("/srv/outbox"), OSError(number, os.strerror(number)))
    assert values == f"outbox /srv/outbox: {advice}"


@pytest.fixture
def small_files() -> Iterator[None]:
    """
    Limit files to 64 KB, which interrupts a write like a full disk.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
def test_a_copy_that_cannot_be_written_completely_waits_and_leaves_no_file(tmp_path: Path):
    readers = [make_reader(1), make_reader(2, values={"first_name": "x" * 90_000}), make_reader(3)]
    mail = make_mail(subject="Hello")
    result = outbox_in(tmp_path).send(mail, readers, "k")
    assert kinds(result.receipts) == [ACCEPTED, RETRY, ACCEPTED]
    assert result.account_problem == f"outbox {tmp_path}: File too large"
    assert names_in(tmp_path) == ["i12-d1.abc.eml", "i12-d3.abc.eml"]


def test_no_temporary_file_is_left(tmp_path: Path):
    outbox_in(tmp_path).send(make_mail(), make_readers(3), "k")
    outbox_in(tmp_path).send(make_mail(subject="Other"), make_readers(4), "k")
    assert names_in(tmp_path) == [f"i12-d{number}.abc.eml" for number in range(1, 5)]


def test_temporary_files_of_a_killed_process_are_removed_later(tmp_path: Path):
    for name, age_s in ((".old.tmp", 7200), (".writing.tmp", 60), ("old.eml", 7200)):
        (tmp_path / name).write_bytes(b"half")
        written = NOW.timestamp() - age_s
        os.utime(tmp_path / name, (written, written))
    outbox_in(tmp_path).send(make_mail(), make_readers(1), "k")
    assert names_in(tmp_path) == [".writing.tmp", "i12-d1.abc.eml", "old.eml"]


@pytest.mark.parametrize(
    ("message_id", "start"),
    [
        ("<../../etc/passwd@example.org>", "_.._etc_passwd-"),
        ("<a/b@example.org>", "a_b-"),
        ("<a b@example.org>", "a_b-"),
        ("<.hidden@example.org>", "hidden-"),
        ("<@example.org>", "-"),
        (f"<{'x' * 300}@example.org>", f"{'x' * 100}-"),
    ],
)
def test_a_message_id_never_leads_out_of_the_folder(tmp_path: Path, message_id: str, start: str):
    result = outbox_in(tmp_path / "in").send(
        make_mail(), [make_reader(1, message_id=message_id)], "k"
    )
    (name,) = names_in(tmp_path / "in")
    assert kinds(result.receipts) == [ACCEPTED]
    assert name.startswith(start)
    assert len(name) == len(start) + len("0123456789ab.eml")


def test_message_ids_with_the_same_safe_form_get_separate_files(tmp_path: Path):
    readers = [
        make_reader(1, message_id="<a/b@example.org>"),
        make_reader(2, message_id="<a b@example.org>"),
        make_reader(3, message_id="<a_b@example.org>"),
    ]
    result = outbox_in(tmp_path).send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [ACCEPTED] * 3
    assert len(names_in(tmp_path)) == 3


def test_a_look_up_tells_written_from_missing_copies(tmp_path: Path):
    readers = make_readers(3)
    outbox_in(tmp_path).send(make_mail(), readers[:2], "k")
    found = outbox_in(tmp_path).look_up(attempt_at(readers))
    assert kinds(found.receipts) == [ACCEPTED, ACCEPTED, RETRY]


def test_a_look_up_without_a_folder_proves_that_nothing_was_written(tmp_path: Path):
    found = outbox_in(tmp_path / "none").look_up(attempt_at(make_readers(2)))
    assert kinds(found.receipts) == [RETRY, RETRY]


def test_a_look_up_does_not_accept_the_file_of_another_mail(tmp_path: Path):
    other = make_reader(1, message_id="<i12-d1.abc@elsewhere.example>")
    outbox_in(tmp_path).send(make_mail(), [other], "k")
    found = outbox_in(tmp_path).look_up(attempt_at(make_readers(1)))
    assert kinds(found.receipts) == [RETRY]


def test_a_look_up_of_an_unreadable_file_stays_uncertain(tmp_path: Path):
    (tmp_path / "i12-d1.abc.eml").mkdir()
    found = outbox_in(tmp_path).look_up(attempt_at(make_readers(1)))
    assert kinds(found.receipts) == [UNCERTAIN]


def test_two_concurrent_senders_write_each_copy_once(tmp_path: Path):
    readers = make_readers(50)
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(outbox_in(tmp_path).send, make_mail(), readers, "k") for _ in range(4)]
        results = [future.result() for future in sent]
    assert [kinds(result.receipts) for result in results] == [[ACCEPTED] * 50] * 4
    assert len(names_in(tmp_path)) == 50
