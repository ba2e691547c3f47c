"""
Files of a folder source that are missing, renamed or back.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from installation import House

from newsletter import pipeline
from newsletter.model.source import CollectReport, FirstPoll, SourceKind
from newsletter.store.content import briefs


@pytest.fixture
def folder(house: House) -> Path:
    """
    Return the folder of the source `desk`, which contains `a.md` and was polled once.
    """
    path = house.folder / "desk"
    path.mkdir()
    write(path / "a.md", "# The Quiet Quay\n\nNobody left it.\n")
    house.add_source("desk", SourceKind.FOLDER, str(path), first_poll=FirstPoll.NEW)
    collect(house)
    return path


def write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    os.utime(path, (1_770_000_000, 1_770_000_000))


def collect(house: House) -> CollectReport:
    (report,) = pipeline.collect_sources(house.app.publishing, ["desk"])
    return report


def stored(house: House) -> list[tuple[str, str, str]]:
    return sorted((b.key, b.status.value, b.status_reason) for b in house.stored_briefs())


def test_a_file_deleted_before_it_was_sent_is_not_sent(house: House, folder: Path) -> None:
    (folder / "a.md").unlink()
    assert collect(house).notes == ("a.md: held, its file is gone",)
    assert stored(house) == [("a.md", "held", "its file is gone")]
    assert collect(house).notes == ()


def test_a_missing_file_whose_name_starts_like_another_is_noticed(
    house: House, folder: Path
) -> None:
    write(folder / "a.md | b.md", "# The Loud Quay\n\nAll left it.\n")
    assert collect(house).new == ("a.md | b.md",)
    (folder / "a.md | b.md").unlink()
    assert collect(house).notes == ("a.md | b.md: held, its file is gone",)


def test_a_file_that_is_back_is_released(house: House, folder: Path) -> None:
    (folder / "a.md").rename(folder / "away")
    collect(house)
    (folder / "away").rename(folder / "a.md")
    assert collect(house).notes == ("a.md: is back in the source, released for issues",)
    assert stored(house) == [("a.md", "new", "")]


def test_a_renamed_file_is_the_same_brief(house: House, folder: Path) -> None:
    (folder / "a.md").rename(folder / "b.md")
    report = collect(house)
    assert (report.new, report.notes) == ((), ("b.md: renamed from a.md",))
    assert stored(house) == [("b.md", "new", "first poll")]
    write(folder / "a.md", "# The Loud Quay\n\nAll left it.\n")
    assert (collect(house).new, len(house.stored_briefs())) == (("a.md",), 2)


def test_a_copy_is_a_brief_of_its_own(house: House, folder: Path) -> None:
    write(folder / "b.md", (folder / "a.md").read_text("utf-8"))
    assert (collect(house).new, len(house.stored_briefs())) == (("b.md",), 2)


def test_a_brief_released_by_a_person_may_be_sent_without_its_file(
    house: House, folder: Path
) -> None:
    (folder / "a.md").unlink()
    collect(house)
    [held] = house.stored_briefs()
    with house.app.database.write() as connection:
        briefs.release_brief(connection, held.id)
    collect(house)
    assert stored(house) == [("a.md", "new", "freed by a person")]


def test_a_file_that_cannot_be_read_now_is_not_gone(house: House, folder: Path) -> None:
    write(folder / "a.md", "---\ntitle: T\n\nNobody left it.\n")
    assert "never closed" in collect(house).notes[0]
    assert stored(house) == [("a.md", "new", "first poll")]


def test_a_warning_about_a_file_is_noted_once(house: House, folder: Path) -> None:
    write(folder / "b.md", "---\ntitel: T\n---\n# The Loud Quay\n\nAll left it.\n")
    warning = "b.md: unknown key titel in the front matter: did you mean title?"
    assert (collect(house).notes, collect(house).notes) == ((warning,), ())
