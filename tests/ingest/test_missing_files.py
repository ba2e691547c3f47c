"""
Files of a folder source that are missing, renamed or back.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.model.source import CollectReport, FirstPoll
from newsletter.store.content import briefs


@pytest.fixture
def folder(installation: Installation) -> Path:
    """
    Return the folder of the source `desk`, which contains `a.md` and was polled once.
    """
    path = installation.folder / "desk"
    path.mkdir()
    write(path / "a.md", "# The Quiet Quay\n\nNobody left it.\n")
    installation.add_source("desk", "folder", str(path), first_poll=FirstPoll.NEW)
    collect(installation)
    return path


def write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    os.utime(path, (1_770_000_000, 1_770_000_000))


def collect(installation: Installation) -> CollectReport:
    (report,) = pipeline.collect_sources(installation.app.publishing, ["desk"])
    return report


def stored(installation: Installation) -> list[tuple[str, str, str]]:
    return sorted((b.key, b.status.value, b.status_reason) for b in installation.stored_briefs())


def test_a_file_deleted_before_it_was_sent_is_not_sent(
    installation: Installation, folder: Path
) -> None:
    (folder / "a.md").unlink()
    assert collect(installation).notes == ("a.md: held, its file is gone",)
    assert stored(installation) == [("a.md", "held", "its file is gone")]
    assert collect(installation).notes == ()


def test_a_missing_file_whose_name_starts_like_another_is_noticed(
    installation: Installation, folder: Path
) -> None:
    write(folder / "a.md | b.md", "# The Loud Quay\n\nAll left it.\n")
    assert collect(installation).new == ("a.md | b.md",)
    (folder / "a.md | b.md").unlink()
    assert collect(installation).notes == ("a.md | b.md: held, its file is gone",)


def test_a_file_that_is_back_is_released(installation: Installation, folder: Path) -> None:
    (folder / "a.md").rename(folder / "away")
    collect(installation)
    (folder / "away").rename(folder / "a.md")
    assert collect(installation).notes == ("a.md: is back in the source, released for issues",)
    assert stored(installation) == [("a.md", "new", "")]


def test_a_renamed_file_is_the_same_brief(installation: Installation, folder: Path) -> None:
    (folder / "a.md").rename(folder / "b.md")
    report = collect(installation)
    assert (report.new, report.notes) == ((), ("b.md: renamed from a.md",))
    assert stored(installation) == [("b.md", "new", "first poll")]
    write(folder / "a.md", "# The Loud Quay\n\nAll left it.\n")
    assert (collect(installation).new, len(installation.stored_briefs())) == (("a.md",), 2)


def test_a_copy_is_a_brief_of_its_own(installation: Installation, folder: Path) -> None:
    write(folder / "b.md", (folder / "a.md").read_text("utf-8"))
    assert (collect(installation).new, len(installation.stored_briefs())) == (("b.md",), 2)


def test_a_brief_released_by_a_person_may_be_sent_without_its_file(
    installation: Installation, folder: Path
) -> None:
    (folder / "a.md").unlink()
    collect(installation)
    [held] = installation.stored_briefs()
    with installation.app.database.write() as connection:
        briefs.release_brief(connection, held.id)
    collect(installation)
    assert stored(installation) == [("a.md", "new", "freed by a person")]


def test_a_file_that_cannot_be_read_now_is_not_gone(
    installation: Installation, folder: Path
) -> None:
    write(folder / "a.md", "---\ntitle: T\n\nNobody left it.\n")
    assert "never closed" in collect(installation).notes[0]
    assert stored(installation) == [("a.md", "new", "first poll")]


def test_a_warning_about_a_file_is_noted_once(installation: Installation, folder: Path) -> None:
    write(folder / "b.md", "---\ntitel: T\n---\n# The Loud Quay\n\nAll left it.\n")
    warning = "b.md: unknown key titel in the front matter: did you mean title?"
    assert (collect(installation).notes, collect(installation).notes) == ((warning,), ())
