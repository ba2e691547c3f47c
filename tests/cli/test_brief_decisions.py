"""
What a person decides about a stored brief: its fields, and whether issues may take it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def stored(cli: Cli, office: Path, monday: Path) -> int:
    """
    The number of a stored brief.
    """
    number = cli("brief", "add", monday, "--json").document[0]["id"]
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--title", ""], "the title is empty: enter one"),
        (
            ["--caption", "A\nB"],
            "the caption 'A\\nB' contains a line break or control character: remove it",
        ),
        (["--date", "tomorrow"], "tomorrow is not a valid date: write it as 2026-11-24"),
        (
            ["--image", "quay.jpg"],
            "quay.jpg is not a valid address: start it with https:// or http://",
        ),
        (
            ["--url", "javascript:x"],
            "javascript:x is not a valid address: start it with https:// or http://",
        ),
        (
            ["--language", "klingon"],
            "'klingon' is not a known language: write its code, such as en, de or pt-BR",
        ),
        (
            ["--reset", "tilte"],
            "tilte cannot be reset: use title, series, takeaway, caption, credit, image, "
            "image-alt, date, url, language, body or all",
        ),
        ([], "nothing to change: give a field, such as --title TEXT, or --reset FIELD"),
    ],
)
def test_a_value_that_cannot_stand_in_a_brief_is_refused(
    cli: Cli, stored: int, words: list[str], reason: str
) -> None:
    before = cli("brief", "show", stored, "--json").document
    assert cli("brief", "edit", stored, *words).refusal == reason
    assert cli("brief", "show", stored, "--json").document == before


def test_the_text_itself_is_typed_in_markdown_or_comes_from_a_file(
    cli: Cli, stored: int, tmp_path: Path
) -> None:
    file = tmp_path / "quay.md"
    file.write_text("It **stays**.\n", encoding="utf-8")
    found = cli("brief", "edit", stored, "--body-file", file, "--json").document
    assert (found["body_typed"], found["body_html"]) == (
        "It **stays**.", "<p>It <strong>stays</strong>.</p>",
    )  # fmt: skip
    assert "edited by hand: body" in cli("brief", "edit", stored, "--body", "It goes.").out
    refused = cli("brief", "edit", stored, "--body", "a", "--body-file", file).refusal
    assert refused == "--body and --body-file both give the text: use one of them"


def test_an_edit_changes_what_goes_with_the_field(cli: Cli, stored: int) -> None:
    words = ("--date", "2026-03-03", "--url", "https://example.org/q", "--language", "he")
    found = cli("brief", "edit", stored, *words, "--json").document
    assert (found["date"], found["url"], found["lang"], found["dir"]) == (
        "2026-03-03", "https://example.org/q", "he", "rtl",
    )  # fmt: skip
    assert found["cta"] == {"label": "Read more", "url": "https://example.org/q"}


def test_a_new_address_leaves_the_briefs_own_action(cli: Cli, office: Path, tmp_path: Path) -> None:
    own = {"label": "Read more", "url": "https://example.org/shop"}
    head = f"---\nurl: https://example.org/q\ncta: {own}\ntitle: Quay\n---\n\nText."
    file = tmp_path / "quay.md"
    file.write_text(head, encoding="utf-8")
    number = cli("brief", "add", file, "--json").document[0]["id"]
    found = cli("brief", "edit", number, "--url", "https://example.org/r", "--json").document
    assert (found["url"], found["cta"]) == ("https://example.org/r", own)


def test_what_a_person_set_is_marked_outlasts_the_file_and_can_be_given_back(
    cli: Cli, stored: int, monday: Path
) -> None:
    cli("brief", "edit", stored, "--title", "By Hand", "--caption", "The quay")
    monday.write_text(monday.read_text("utf-8").replace("Quiet", "Quieter"), encoding="utf-8")
    cli("brief", "add", monday)
    shown = cli("brief", "show", stored).out.splitlines()
    assert "edited by hand: title, caption" in shown
    assert "IntelBrief: By Hand" in shown
    assert "IntelBrief: The Quieter Harbour" in cli("brief", "edit", stored, "--reset", "all").out
    assert "set by a person" not in cli("brief", "show", stored).out


def test_a_brief_held_by_a_person_is_in_no_schedules_issue_until_it_is_freed(
    cli: Cli, office: Path
) -> None:
    (office / "desk").mkdir()
    (office / "desk/a.md").write_text("# The Quiet Quay\n\nNobody left it.\n", encoding="utf-8")
    cli("source", "add", "desk", "folder", "desk", "--first-poll", "new")
    cli("collect")
    held = cli("brief", "hold", 1, "--reason", "waits for the lawyers")
    assert (held.status, held.out) == (0, "brief 1: held\n")
    assert "held by a person: waits for the lawyers" in cli("brief", "show", 1).out
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    cli("schedule", "add", "morning", *rule)
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    cli("schedule", "run", "morning", "--slot", f"{yesterday:%Y-%m-%d}T06:00")
    (fired,) = cli("schedule", "why", "morning", "--json").document
    assert (fired["outcome"], fired["issue"]) == ("skipped", None)
    assert cli("brief", "free", 1, "--json").document["status"] == "new"


def test_a_draft_is_neither_approved_nor_sent_with_a_brief_that_was_held_since(
    cli: Cli, stored: int, people: Path
) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("issue", "new", "--list", "daily", "--brief", stored)
    assert cli("brief", "hold", stored, "--reason", "wait").out == (
        "brief 1: held; it stays in draft 1, which cannot be sent with it: to remove it, "
        "`newsletter issue edit 1 --brief ...`\n"
    )
    assert "held, so no issue is sent with it" in cli("check", 1).out
    refused = cli("issue", "approve", 1).refusal
    assert "brief 1 is held (held by a person: wait)" in refused
    assert "held by a person: wait" in cli("issue", "send", 1, "--yes", "--wait").refusal
    cli("brief", "free", stored)
    assert cli("issue", "send", 1, "--wait", "--yes").status == 0


def test_a_used_brief_that_was_held_is_a_used_one_again(
    cli: Cli, stored: int, people: Path
) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("issue", "new", "--list", "daily", "--brief", stored)
    assert cli("issue", "send", 1, "--wait", "--yes").status == 0
    assert cli("brief", "hold", stored, "--json").document["status"] == "held"
    assert cli("brief", "free", stored, "--json").document["status"] == "used"
    assert cli("brief", "free", stored).refusal.startswith("brief 1 was sent")


def test_a_source_shows_how_it_is_doing(cli: Cli, office: Path) -> None:
    cli("source", "add", "desk", "folder", "missing")
    cli("collect")
    (shown,) = cli("source", "list", "--json").document
    assert (shown["failures"], shown["is_gone"], shown["briefs"]["new"]) == (1, False, 0)
    assert shown["last_poll"] < shown["next_poll"]
    assert "missing: no such file or directory; check the folder" in shown["error"]
    since = f"{shown['failing_since'][:16].replace('T', ' ')} UTC"
    line = f"failed once since {since}: {shown['error']}"
    assert cli("source", "list").out.splitlines()[-1] == f"desk {line}"
    assert cli("source", "show", "desk").out.splitlines()[-1] == f"  {line}"
    (office / "missing").mkdir()
    cli("collect")
    assert cli("source", "list", "--json").document[0]["error"] is None
