"""
One issue in plain words: what it is, who gets it, and when.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def draft(cli: Cli, office: Path, people: Path, monday: Path) -> int:
    """
    The number of a draft to one reader that needs an approval.
    """
    cli("list", "edit", "daily", "--approval", "--from", "Desk <desk@example.org>")
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("brief", "add", monday)
    words = ("--brief", 1, "--subject", "Hello %%first_name|reader%%")
    return int(cli("issue", "new", "--list", "daily", *words, "--json").document["id"])


def test_a_draft_is_told_in_plain_words(cli: Cli, draft: int) -> None:
    assert cli("issue", "show", draft).out.splitlines() == [
        "issue 1: draft",
        "  to: daily (1 reader)",
        "  from: Desk <desk@example.org>",
        "  subject: Hello %%first_name|reader%%",
        "  template: intelbrief",
        "  provider: outbox",
        "  approval: needed, not given yet",
        "  sent: not yet; to send it: `newsletter issue send 1`",
        "  brief 1, full: The Quiet Harbour",
    ]


def test_the_status_of_a_draft_does_not_say_that_nobody_gets_it(cli: Cli, draft: int) -> None:
    assert cli("issue", "status", draft).out.splitlines()[0] == (
        "issue 1: draft, not sent yet; for its readers and time: `newsletter issue show 1`"
    )


def test_an_approval_is_said_to_hold_or_to_be_void(cli: Cli, draft: int) -> None:
    cli("issue", "approve", draft)
    assert "  approval: given\n" in cli("issue", "show", draft).out
    cli("brief", "edit", 1, "--title", "The Loud Harbour")
    assert "  approval: no longer valid: issue 1 changed since it was approved" in (
        cli("issue", "show", draft).out
    )


def test_the_latest_issues_stand_in_a_table(cli: Cli, draft: int) -> None:
    heading, row = cli("issue", "list").out.splitlines()
    assert heading.split() == ["id", "state", "lists", "template", "subject", "reason"]
    assert row.split()[:4] == ["1", "draft", "daily", "intelbrief"]


def test_an_issue_that_left_says_so(cli: Cli, draft: int) -> None:
    cli("issue", "approve", draft)
    cli("issue", "send", draft, "--wait", "--yes")
    left = "  sent: yes; for its outcomes: `newsletter issue status 1`"
    assert left in cli("issue", "show", draft).out.splitlines()


def test_an_issue_without_a_typed_subject_shows_the_one_it_left_with(cli: Cli, draft: int) -> None:
    number = cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"]
    cli("issue", "approve", number)
    cli("issue", "send", number, "--wait", "--yes")
    assert "  subject: The Quiet Harbour" in cli("issue", "show", number).out.splitlines()
    assert "The Quiet Harbour" in cli("issue", "list").out.splitlines()[1]


def test_a_previews_subject_holds_no_marks(cli: Cli, draft: int) -> None:
    shown = cli("issue", "preview", draft, "--no-screenshots", "--json").document
    assert shown["subject"] == "Hello Robin"
    assert cli("issue", "preview", draft, "--no-screenshots").out.startswith("Hello Robin\n")
