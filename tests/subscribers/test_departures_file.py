"""
The file of departures: what it survives, and what it keeps.
"""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest

from subscribers.departures import file as module
from subscribers.departures.file import DepartureFile
from subscribers.departures.model import Departure, DepartureKind, read_line

NOW = dt.datetime(2026, 11, 28, 6, 44, 52, 123456, tzinfo=dt.UTC)


def gone(
    number: int = 1, *, scope: str = "daily", list_id: int = 1, at: dt.datetime = NOW
) -> Departure:
    return Departure(
        email_hash=f"@{number:064x}",
        kind=DepartureKind.LEFT,
        scope=scope,
        list_id=list_id,
        reason="by staff",
        at=at,
    )


@pytest.fixture
def file(tmp_path: Path) -> DepartureFile:
    return DepartureFile(tmp_path / "departures.log")


def test_what_is_added_is_read_again_in_order(file: DepartureFile) -> None:
    assert list(file.read()) == []
    file.append([gone(1), gone(2, scope="")])
    file.append([gone(3)])
    assert list(file.read()) == [gone(1), gone(2, scope=""), gone(3)]


def test_only_its_owner_can_read_it(file: DepartureFile) -> None:
    file.append([gone()])
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_torn_line_is_reported_and_the_next_one_begins_on_its_own(file: DepartureFile) -> None:
    file.append([gone(1), gone(2)])
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:-20])
    assert list(file.read()) == [gone(1), None]
    file.append([gone(3)])
    assert list(file.read()) == [gone(1), None, gone(3)]


def test_cut_anywhere_a_file_loses_no_line_before_the_cut(file: DepartureFile) -> None:
    file.append([gone(1), gone(2)])
    whole = file.path.read_bytes()
    length = len(whole) // 2
    for end in range(length, len(whole)):
        file.path.write_bytes(whole[:end])
        assert next(file.read()) == gone(1)
        assert gone(2) not in list(file.read()) or end >= len(whole) - 1


@pytest.mark.parametrize("place", range(0, 130, 13))
def test_a_changed_line_is_damaged(place: int) -> None:
    line = gone().as_line()
    changed = line[:place] + ("x" if line[place] != "x" else "y") + line[place + 1 :]
    assert read_line(line) == gone()
    assert read_line(changed) is None


def test_a_large_file_is_rewritten_with_the_newest_line_of_each(
    file: DepartureFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = dt.timedelta(hours=1)
    file.append([gone(1, at=NOW), gone(2), gone(1, at=NOW + hour), gone(1, scope="weekly")])
    assert not file.compact()
    monkeypatch.setattr(module, "COMPACT_FROM_BYTES", 1)
    assert file.compact()
    assert not file.compact()
    assert list(file.read()) == [gone(2), gone(1, scope="weekly"), gone(1, at=NOW + hour)]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_rewritten_file_keeps_the_lines_of_each_list_that_had_the_same_slug(
    file: DepartureFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [gone(1, list_id=1), gone(1, list_id=2, at=NOW + dt.timedelta(hours=1))]
    file.append(both)
    monkeypatch.setattr(module, "COMPACT_FROM_BYTES", 1)
    assert file.compact()
    assert list(file.read()) == both


def test_who_writes_while_the_file_is_replaced_writes_to_the_new_one(
    file: DepartureFile, tmp_path: Path
) -> None:
    file.append([gone(1)])
    other = DepartureFile(file.path)
    with file._locked():
        new = DepartureFile(tmp_path / "new")
        new.append([gone(2)])
        new.path.replace(file.path)
    other.append([gone(3)])
    assert list(file.read()) == [gone(2), gone(3)]
