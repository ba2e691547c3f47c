"""
The journal of replies: what of a call is known after its process died. A journal that is closed
with an unrecorded call in it is what a kill leaves.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsletter.model.delivery import WriteReply
from newsletter.store.delivery.reply_journal import JournaledCall, LeftJournal, ReplyJournal

DATABASE = "5f0c"


def opened(folder: Path, worker_id: str = "dead") -> ReplyJournal:
    journal = ReplyJournal()
    journal.open(folder / "replies-", worker_id, database_name=DATABASE)
    return journal


def begun(journal: ReplyJournal, key: str, ids: Sequence[int]) -> WriteReply:
    journal.begin(key, ids)
    write = journal.writer(key)
    assert write is not None
    return write


def left_with(folder: Path, *replies: bool, ids: range = range(11, 16)) -> Path:
    """
    Leave a journal with one call, whose first mails got *replies*, and return its file.
    """
    journal = opened(folder)
    write = begun(journal, "key", ids)
    assert all(write(position, accepted) for position, accepted in enumerate(replies))
    journal.close()
    return folder / "replies-dead"


def found_in(folder: Path) -> list[JournaledCall]:
    return [call for left in opened(folder, "next").left_behind() for call in left.calls]


def test_only_the_mail_after_the_last_reply_is_unknown(tmp_path: Path) -> None:
    left_with(tmp_path, True, False, True)
    (call,) = found_in(tmp_path)
    assert call.accepted == {11: True, 12: False, 13: True, 14: None, 15: False}
    assert (call.key, call.says_something) == ("key", True)
    # Somebody for whom no mail could be made.
    assert call.is_accepted(99) is False


def test_after_another_start_of_the_machine_only_what_was_accepted_is_known(tmp_path: Path) -> None:
    file = left_with(tmp_path, True, False)
    with file.open("r+b") as written:
        written.write(b"another-")
    (call,) = found_in(tmp_path)
    assert call.accepted == {11: True, 12: False, 13: None, 14: None, 15: None}
    assert call.is_accepted(99) is None


@pytest.mark.parametrize("keeps_times", [True, False])
def test_a_copy_of_a_journal_is_of_no_database(tmp_path: Path, keeps_times: bool) -> None:
    file = left_with(tmp_path, True)
    copy = tmp_path / "copy"
    (shutil.copy2 if keeps_times else shutil.copy)(file, copy)
    copy.replace(file)
    assert [left.database_name for left in opened(tmp_path, "next").left_behind()] == [""]
    assert [call.is_whole for call in found_in(tmp_path)] == [False]


def test_a_file_in_place_that_is_set_back_is_of_no_database(tmp_path: Path) -> None:
    file = left_with(tmp_path, True)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert [left.database_name for left in opened(tmp_path, "next").left_behind()] == [""]


def test_the_journal_of_a_live_process_is_left_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    begun(journal, "key", [1])
    assert list(opened(tmp_path, "next").left_behind()) == []
    assert list(journal.left_behind()) == []


def test_a_journal_whose_calls_are_all_recorded_goes_with_its_process(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.begin("key", [1])
    assert [each.name for each in tmp_path.iterdir()] == ["replies-dead"]
    journal.forget("key")
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_the_file_does_not_grow_and_an_earlier_calls_replies_are_not_read(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for number in range(300):
        for side in "ab":
            write = begun(journal, f"key{number}{side}", range(25))
            assert all(write(position, True) for position in range(25))
        journal.forget(f"key{number}a")
        journal.forget(f"key{number}b")
    begun(journal, "last", range(25))
    journal.close()
    last = next(call for call in found_in(tmp_path) if call.key == "last")
    assert last.accepted == {0: None, **dict.fromkeys(range(1, 25), False)}
    assert (tmp_path / "replies-dead").stat().st_size == 3 * 1_024


def test_it_holds_no_more_than_keys_and_numbers(tmp_path: Path) -> None:
    file = left_with(tmp_path, True)
    words = file.read_bytes().split()
    assert [word for word in words if b"@" in word] == []
    assert words[3:6] == [b"00000000", b"key", b"11,12,13,14,15"]
    assert file.stat().st_mode & 0o077 == 0


def test_without_a_journal_calls_are_made_and_one_line_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    journal = opened(tmp_path / "nowhere")
    for key in ("a", "b"):
        journal.begin(key, [1])
        assert journal.writer(key) is None
    assert [record.__dict__["event"] for record in caplog.records] == ["replies.not_written"]
    assert ReplyJournal().writer("a") is None


def test_a_reply_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    write = begun(journal, "key", [1, 2])
    assert write(0, True)
    journal.close()
    assert not write(1, True)


@pytest.mark.parametrize("size", [0, 700, 1_024, 1_500, 2_000])
def test_a_file_that_was_cut_says_nothing(tmp_path: Path, size: int) -> None:
    file = left_with(tmp_path, True)
    os.truncate(file, size)
    assert found_in(tmp_path) == []


def test_a_place_that_was_written_in_part_says_nothing(tmp_path: Path) -> None:
    file = left_with(tmp_path, True)
    with file.open("r+b") as written:
        written.seek(1_024)
        written.write(b"00000001 other")
    assert found_in(tmp_path) == []


def test_a_call_for_more_people_than_a_place_has_room_for_is_not_kept(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.begin("key", range(26))
    assert journal.writer("key") is None


def test_a_journal_is_removed_by_who_took_it_over(tmp_path: Path) -> None:
    left_with(tmp_path, True)
    for left in opened(tmp_path, "next").left_behind():
        assert isinstance(left, LeftJournal)
        left.remove()
    assert list(tmp_path.iterdir()) == []
