"""
Folders as sources: one that is not there, a pipe in one, and a file of one that is added by hand.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from running import Cli


@pytest.mark.parametrize(
    ("name", "what"), [("none", "does not exist"), ("a.txt", "is not a folder")]
)
def test_a_folder_that_is_not_there_is_told_when_it_is_added(
    cli: Cli, office: Path, name: str, what: str
) -> None:
    (office / "a.txt").write_text("A text.")
    ran = cli("source", "add", "desk", "folder", name)
    assert ran.status == 0
    assert f"{office / name} {what}: create it, or polls of source desk will fail" in ran.err


def test_a_pipe_in_a_folder_is_noted_and_does_not_stop_the_poll(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    os.mkfifo(office / "desk/pipe.md")
    os.utime(office / "desk/pipe.md", (0, 0))
    cli("source", "add", "desk", "folder", "desk")
    ran = cli("collect")
    assert ran.status == 0
    assert "desk: pipe.md: this is not a regular file" in ran.err


def test_a_collected_file_that_is_added_by_hand_is_stored_once(cli: Cli, office: Path) -> None:
    (office / "desk").mkdir()
    file = office / "desk/a.md"
    file.write_text("# The Quiet Quay\n\nNobody left it.\n")
    os.utime(file, (0, 0))
    cli("source", "add", "desk", "folder", "desk", "--first-poll", "new")
    cli("collect")
    file.write_text("# The Quiet Quay\n\nNobody left it, again.\n")
    (added,) = cli("brief", "add", file, "--json").document
    copy = office / "copy.md"
    copy.write_text(file.read_text())
    (again,) = cli("brief", "add", copy, "--json").document
    (stored,) = cli("brief", "list", "--json").document
    assert (added["id"], again["id"]) == (stored["id"], stored["id"])
    assert (stored["source"], stored["body_text"]) == ("desk", "Nobody left it, again.")
