"""
`newsletter issue correct`, and where else the command line says that a sent brief changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


@pytest.fixture
def sent(cli: Cli, people: Path, monday: Path) -> Cli:
    """
    The command line of an installation that sent issue 1, with brief 1, to one reader.
    """
    cli("subscriber", "import", people, "--list", "daily", "--consent", "in a test")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", 1)
    assert cli("issue", "send", 1, "--wait", "--json").document["accepted"] == 1
    return cli


def test_a_correction_is_a_draft_that_a_person_sends(sent: Cli) -> None:
    sent("brief", "edit", 1, "--title", "The Quieter Harbour")
    made = sent("issue", "correct", 1, "--json").document
    subject = "Correction: The Quiet Harbour"
    assert made == {"id": 2, "corrects": 1, "readers": 1, "subject": subject}
    shown = sent("issue", "show", 2, "--json").document
    assert (shown["state"], shown["corrects"], shown["subject"]) == ("draft", 1, subject)
    assert sent("issue", "send", 2, "--wait", "--json").document["accepted"] == 1


def test_subject_and_intro_can_be_typed(sent: Cli) -> None:
    sent("brief", "edit", 1, "--title", "The Quieter Harbour")
    words = sent("issue", "correct", 1, "--subject", "We were wrong", "--intro", "Sorry.")
    assert words.out == (
        "made issue 2 for 1 reader of issue 1; next: `newsletter issue preview 2`, then "
        "`newsletter issue send 2`\n"
    )
    shown = sent("issue", "show", 2, "--json").document
    assert (shown["subject"], shown["intro"]) == ("We were wrong", "Sorry.")


def test_without_a_change_there_is_nothing_to_correct(sent: Cli) -> None:
    assert sent("issue", "correct", 1).refusal == (
        "nothing in issue 1 changed since it was sent: edit the brief first with "
        "`newsletter brief edit 1`"
    )
    assert sent("issue", "correct", 9).refusal == "no issue 9: `newsletter issue list` shows them"


def test_status_and_show_name_the_changed_briefs(sent: Cli) -> None:
    line = (
        "brief 1 has changed since the issue was sent; to send its readers a correction: "
        "`newsletter issue correct 1`"
    )
    assert line not in sent("issue", "show", 1).out + sent("issue", "status", 1).out
    sent("brief", "edit", 1, "--title", "The Quieter Harbour")
    assert line in sent("issue", "show", 1).out
    assert line in sent("issue", "status", 1).out
    assert sent("issue", "status", 1, "--json").document["changed_briefs"] == [1]
    sent("brief", "edit", 1, "--title", "The Quiet Harbour")
    assert sent("issue", "show", 1, "--json").document["changed_briefs"] == []


def test_a_brief_names_the_issues_it_is_in(sent: Cli) -> None:
    sent("issue", "new", "--list", "daily", "--brief", 1)
    assert "\nused in issue 1 (submitted), 2 (draft)\n" in sent("brief", "show", 1).out
    assert sent("brief", "show", 1, "--json").document["issues"] == [
        {"id": 1, "state": "submitted"},
        {"id": 2, "state": "draft"},
    ]


def test_diff_says_whom_a_correction_goes_to(sent: Cli) -> None:
    sent("brief", "edit", 1, "--title", "The Quieter Harbour")
    sent("issue", "correct", 1)
    sent("issue", "approve", 2)
    sent("issue", "edit", 2, "--subject", "We were wrong")
    diff = sent("issue", "diff", 2).out
    assert " To: daily: readers of issue 1" in diff.splitlines()
    assert "+Subject: We were wrong" in diff.splitlines()
