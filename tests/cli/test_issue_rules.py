"""
What a person says about the briefs of an issue: pins, and an order given by hand.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from running import Cli

SLOT = "2026-03-05T06:00"


@pytest.fixture
def draft(cli: Cli, people: Path, office: Path) -> dict[str, Any]:
    """
    The draft that a slot made of three briefs, two of them on water.
    """
    (office / "desk").mkdir()
    for day, tags in ((1, "[Water]"), (2, "[Water, Law]"), (3, "[]")):
        file = office / "desk" / f"{day}.md"
        file.write_text(
            f"---\ntitle: Day {day}\ndate: 2026-03-0{day}\ntags: {tags}\n---\n\nNobody left.\n"
        )
        os.utime(file, (0, 0))
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("source", "add", "desk", "folder", "desk", "--first-poll", "new", "--look-back", "9999d")
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    cli("schedule", "add", "morning", *rule, "--approval", "draft", "--group", "category")
    (slot,) = cli("schedule", "run", "morning", "--slot", SLOT, "--json").document
    document = cli("issue", "show", slot["issue"], "--json").document
    assert isinstance(document, dict)
    return document


def titles(issue: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(brief["title"], brief["heading"]) for brief in issue["briefs"]]


def test_tags_of_a_file_are_headings_and_the_lead_has_none(draft: dict[str, Any]) -> None:
    assert titles(draft) == [("Day 3", None), ("Day 2", "Water"), ("Day 1", "Water")]


def test_briefs_of_a_draft_stand_and_leave_in_the_order_a_person_gives(
    cli: Cli, office: Path, draft: dict[str, Any]
) -> None:
    first, second, third = [brief["id"] for brief in draft["briefs"]]
    by_hand = ("--brief", third, "--brief", first, "--brief", second)
    cli("issue", "edit", draft["id"], *by_hand)
    edited = cli("issue", "show", draft["id"], "--json").document
    assert titles(edited) == [("Day 1", "Water"), ("Day 3", None), ("Day 2", "Water")]
    assert [brief["shown_as"] for brief in edited["briefs"]] == ["full", "takeaways", "takeaways"]
    cli("issue", "approve", draft["id"])
    cli("issue", "send", draft["id"], "--wait")
    (mail,) = (office / "outbox").glob("*.eml")
    assert b"Subject: The Daily: Day 1" in mail.read_bytes()


def test_a_pin_is_put_on_seen_and_taken_off(cli: Cli, office: Path, monday: Path) -> None:
    number = cli("brief", "add", monday, "--json").document[0]["id"]
    pinned = cli("brief", "pin", number, "--json").document
    assert (pinned["pinned"], pinned["status"]) == (True, "new")
    assert "new, pinned" in cli("brief", "list").out
    assert cli("brief", "pin", number).out == f"brief {number}: new, pinned\n"
    assert cli("brief", "unpin", number, "--json").document == pinned | {"pinned": False}


def test_a_pin_on_a_brief_that_is_not_there_is_refused(cli: Cli, office: Path) -> None:
    assert "no brief 12" in cli("brief", "pin", 12).refusal


def test_a_pin_is_gone_once_its_issue_was_submitted(cli: Cli, people: Path, monday: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    number = cli("brief", "add", monday, "--json").document[0]["id"]
    cli("brief", "pin", number)
    issue = cli("issue", "new", "--list", "daily", "--brief", number, "--json").document["id"]
    assert cli("brief", "show", number, "--json").document["pinned"] is True
    cli("issue", "send", issue, "--wait")
    shown = cli("brief", "show", number, "--json").document
    assert (shown["status"], shown["pinned"]) == ("used", False)
