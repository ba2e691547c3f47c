"""
Drafts can be listed, copied, and sent to other lists than they were made for.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def draft(cli: Cli, office: Path, monday: Path) -> int:
    """
    A draft of one brief for the list `daily`, beside the lists `weekly` and `board`.
    """
    cli("list", "add", "weekly", "--name", "The Weekly", "--from", "Desk <desk@example.org>")
    cli("list", "add", "board", "--name", "The Board", "--approval")
    cli("brief", "add", monday)
    made = cli("issue", "new", "--list", "daily", "--brief", 1, "--intro", "Hello.", "--json")
    return int(made.document["id"])


def shown(cli: Cli, number: int) -> dict[str, object]:
    return dict(cli("issue", "show", number, "--json").document)


def test_the_list_shows_a_headline_where_no_subject_was_typed(cli: Cli, draft: int) -> None:
    (listed,) = cli("issue", "list", "--json").document
    assert (listed["id"], listed["subject"]) == (draft, None)
    assert listed["headline"]
    assert listed["headline"] in cli("issue", "list").out


def test_the_list_can_be_limited_to_a_state_and_says_if_there_is_none(cli: Cli, draft: int) -> None:
    assert len(cli("issue", "list", "--state", "draft", "--json").document) == 1
    assert cli("issue", "list", "--state", "sending").out == "No issues in the state sending.\n"


def test_an_edit_replaces_the_lists_with_their_sender_and_approval(cli: Cli, draft: int) -> None:
    edited = cli("issue", "edit", draft, "--list", "weekly", "--list", "board", "--json").document
    assert edited["lists"] == ["weekly", "board"]
    assert edited["from"] == "Desk <desk@example.org>"
    assert edited["needs_approval"] is True


def test_an_edit_of_the_lists_of_an_approved_draft_has_to_be_approved(cli: Cli, draft: int) -> None:
    cli("issue", "approve", draft)
    edited = cli("issue", "edit", draft, "--not-list", "board", "--json").document
    assert edited["needs_approval"] is True


def test_an_edit_leaves_out_a_list_and_takes_that_back(cli: Cli, draft: int) -> None:
    edited = cli("issue", "edit", draft, "--not-list", "board", "--json").document
    assert (edited["lists"], edited["not_lists"]) == (["daily"], ["board"])
    edited = cli("issue", "edit", draft, "--not-list", "", "--json").document
    assert edited["not_lists"] == []


def test_an_edit_to_an_unknown_list_changes_nothing(cli: Cli, draft: int) -> None:
    before = shown(cli, draft)
    assert cli("issue", "edit", draft, "--list", "nobody").status == 1
    assert shown(cli, draft) == before


def test_a_duplicate_has_the_lists_texts_and_briefs_of_the_issue(cli: Cli, draft: int) -> None:
    cli("issue", "edit", draft, "--not-list", "board", "--subject", "Again")
    copy = cli("issue", "duplicate", draft, "--json").document["id"]
    old, new = shown(cli, draft), shown(cli, copy)
    kept = ("lists", "not_lists", "template", "subject", "intro", "briefs", "state")
    assert copy != draft
    assert {key: new[key] for key in kept} == {key: old[key] for key in kept}


def test_a_correction_keeps_its_readers(cli: Cli, draft: int, people: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "paper form")
    cli("issue", "send", draft, "--wait", "--yes")
    cli("brief", "edit", 1, "--title", "The Louder Harbour")
    number = cli("issue", "correct", draft, "--json").document["id"]
    ran = cli("issue", "edit", number, "--list", "weekly")
    assert ran.refusal == (
        f"issue {number} corrects issue {draft} and goes to its readers: its lists cannot be "
        "changed"
    )
    copy = cli("issue", "duplicate", number, "--json").document["id"]
    assert shown(cli, copy)["corrects"] is None


def test_the_version_is_printed(cli: Cli) -> None:
    ran = cli("--version")
    assert ran.status == 0
    assert ran.out.split()[0] == "newsletter"
    assert ran.out.split()[1][0].isdigit()


def test_the_version_is_printed_as_json_if_asked(cli: Cli) -> None:
    printed = cli("--version").out.split()[1]
    for words in (("--version", "--json"), ("--json", "--version")):
        assert cli(*words).document == {"version": printed}


def test_a_test_email_is_named_after_its_issue(cli: Cli, draft: int) -> None:
    ran = cli("issue", "test", draft, "me@example.org")
    assert ran.out.splitlines()[0] == f"test of issue {draft}: submitted, audience 1"
    assert [listed["id"] for listed in cli("issue", "list", "--json").document] == [draft]
