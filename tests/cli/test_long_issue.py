"""
An issue too long for a mail, on the command line: whatever shows it says what was shortened.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from running import Cli

PARAGRAPH = "The harbour council voted late on Monday evening, and nobody left the room. " * 6


@pytest.fixture
def long_briefs(office: Path) -> Path:
    """
    A folder of fourteen long briefs.
    """
    folder = office / "briefs"
    folder.mkdir()
    for number in range(14):
        file = folder / f"brief-{number:02}.md"
        head = f"---\ntitle: Brief {number}\nurl: https://example.org/{number}\n---\n\n"
        file.write_text(head + "\n\n".join([PARAGRAPH] * 12), encoding="utf-8")
        os.utime(file, (0, 0))
    return folder


def test_a_draft_says_what_it_shortens(cli: Cli, long_briefs: Path) -> None:
    cli("brief", "add", *sorted(long_briefs.iterdir()))
    chosen = [word for number in range(1, 15) for word in ("--brief", number)]
    cli("issue", "new", "--list", "daily", "--show", "full", *chosen)
    shown = cli("issue", "show", 1, "--json").document["shortened"]
    assert shown[-1] == {"brief_id": 14, "title": "Brief 13", "how": "cut"}
    assert cli("issue", "preview", 1, "--no-screenshots", "--json").document["shortened"] == shown
    line = "brief 14 “Brief 13”: its text is shortened to keep the email small enough"
    assert cli("issue", "show", 1).out.splitlines()[-1] == line
    assert line in cli("issue", "preview", 1, "--no-screenshots").out


def test_a_rendered_file_says_it_as_a_warning(cli: Cli, office: Path) -> None:
    head = "---\ntitle: Endless\nurl: https://example.org/0\n---\n\n"
    file = office / "endless.md"
    file.write_text(head + "\n\n".join([PARAGRAPH] * 200), encoding="utf-8")
    warnings = cli("render", file, "--out", "out", "--json").document["warnings"]
    assert warnings == ["“Endless”: its text is shortened to keep the email small enough"]


def test_a_slot_says_how_many(cli: Cli, long_briefs: Path, people: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "signed a list")
    cli("source", "add", "desk", "folder", "briefs", "--first-poll", "new")
    arguments = ("--cron", "* * * * *", "--timezone", "UTC", "--show", "full", "--source", "desk")
    assert cli("schedule", "add", "morning", "--list", "daily", *arguments).status == 0
    assert cli("schedule", "run", "morning", "--slot", "2026-01-01T06:00").status == 0
    (slot,) = cli("schedule", "why", "morning", "--json").document
    count = len(cli("issue", "show", slot["issue"], "--json").document["shortened"])
    assert count > 3
    assert slot["reason"] == f"14 briefs; {count} shortened to keep the email small enough"
