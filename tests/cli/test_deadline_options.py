"""
Deadlines and editors on the command line: what a schedule is told, and what staff does with the
draft.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from running import Cli, Ran

from newsletter.scheduling.local_times import format_time

ADD = (
    "schedule", "add", "morning", "--list", "daily", "--source", "desk",
    "--cron", "0 6 * * *", "--timezone", "UTC",
)  # fmt: skip
DEADLINE = ("--approval", "deadline", "--deadline", "2h")


@pytest.fixture
def desk(cli: Cli, office: Path, people: Path, monday: Path) -> Path:
    """
    An installation with a reader, and a source that holds one brief.
    """
    folder = office / "briefs"
    folder.mkdir()
    (folder / monday.name).write_text(monday.read_text("utf-8"), "utf-8")
    cli("subscriber", "import", people, "--list", "daily", "--consent", "in a test")
    cli("source", "add", "desk", "folder", "briefs", "--first-poll", "new")
    return office


def schedule_document(cli: Cli) -> dict[str, Any]:
    document = cli("schedule", "show", "morning", "--json").document
    names = ("approval", "deadline_s", "at_deadline", "editors")
    return {name: document[name] for name in names}


def usage(ran: Ran) -> str:
    """
    The one line that says what was typed wrongly.
    """
    assert (ran.status, ran.out) == (2, ""), ran
    return " ".join(ran.err.replace("│", " ").split())


def test_a_schedule_is_told_its_deadline_and_its_editors(cli: Cli, desk: Path) -> None:
    editors = ("--editor", "ed@example.org", "--editor", "Flo@Example.org")
    cli(*ADD, *DEADLINE, "--at-deadline", "send", *editors)
    assert schedule_document(cli) == {
        "approval": "deadline",
        "deadline_s": 7200,
        "at_deadline": "send",
        "editors": ["ed@example.org", "Flo@example.org"],
    }


def test_a_deadline_holds_unless_told(cli: Cli, desk: Path) -> None:
    cli(*ADD, *DEADLINE)
    assert schedule_document(cli) == {
        "approval": "deadline", "deadline_s": 7200, "at_deadline": "hold", "editors": [],
    }  # fmt: skip


def test_an_edit_changes_what_is_named_and_an_empty_text_takes_it_off(cli: Cli, desk: Path) -> None:
    cli(*ADD, *DEADLINE, "--editor", "ed@example.org")
    cli("schedule", "edit", "morning", "--deadline", "30m", "--at-deadline", "skip")
    assert schedule_document(cli)["deadline_s"] == 1800
    cli("schedule", "edit", "morning", "--approval", "draft", "--editor", "")
    assert schedule_document(cli) == {
        "approval": "draft", "deadline_s": 1800, "at_deadline": "skip", "editors": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (("--approval", "deadline"), "--approval deadline needs a time: add --deadline 2h"),
        (("--deadline", "2h"), "--deadline needs --approval deadline"),
        (
            (*DEADLINE[:3], "soon"),
            "'soon' is not a valid duration: write a number with s, m, h or d",
        ),
        ((*DEADLINE, "--at-deadline", "wait"), "'wait' is not one of"),
    ],
)
def test_a_deadline_that_makes_no_sense_is_refused_in_one_line(
    cli: Cli, desk: Path, typed: tuple[str, ...], line: str
) -> None:
    assert line in usage(cli(*ADD, *typed))
    assert cli("schedule", "list", "--json").document == []


def test_an_editor_needs_an_address(cli: Cli, desk: Path) -> None:
    assert "'ed' is not a valid address" in cli(*ADD, *DEADLINE, "--editor", "ed").refusal


def test_a_deadline_cannot_be_taken_from_under_its_schedule(cli: Cli, desk: Path) -> None:
    cli(*ADD, *DEADLINE)
    ran = cli("schedule", "edit", "morning", "--deadline", "")
    assert "--approval deadline needs a time" in usage(ran)
    assert schedule_document(cli)["deadline_s"] == 7200


@pytest.fixture
def draft(cli: Cli, desk: Path) -> int:
    """
    The number of the draft that a slot of long ago has made just now.
    """
    cli(*ADD, *DEADLINE, "--at-deadline", "skip", "--editor", "ed@example.org")
    (row,) = cli("schedule", "run", "morning", "--slot", "2026-03-05T06:00", "--json").document
    return int(row["issue"])


def test_issue_show_says_when_and_what_will_happen(cli: Cli, draft: int) -> None:
    shown = cli("issue", "show", draft, "--json").document
    assert (shown["state"], shown["at_deadline"], shown["reason"]) == ("draft", "skip", None)
    assert shown["deadline"].endswith("+00:00")
    deadline = dt.datetime.fromisoformat(shown["deadline"])
    words = cli("issue", "show", draft).out
    assert f"without approval by {format_time(deadline, 'UTC')} it is cancelled\n" in words


def test_issue_hold_stops_the_clock(cli: Cli, draft: int) -> None:
    assert cli("issue", "hold", draft).out == (
        f"issue {draft} has no deadline now and waits until you send it\n"
    )
    shown = cli("issue", "show", draft, "--json").document
    assert (shown["state"], shown["deadline"]) == ("draft", None)
    assert shown["reason"] == "put on hold by a person"
    (row,) = cli("schedule", "why", "morning", "--json").document
    assert row["reason"] == "1 brief; put on hold by a person"


def test_issue_approve_sends_the_draft_of_a_deadline(cli: Cli, draft: int) -> None:
    assert cli("issue", "approve", draft, "--json").document["id"] == draft
    assert cli("issue", "status", draft, "--json").document["state"] == "sending"
    assert (
        f"issue {draft} is sending and cannot be put on hold" in cli("issue", "hold", draft).refusal
    )


def test_the_mail_to_the_editors_is_no_issue_in_the_list(cli: Cli, draft: int) -> None:
    assert [one["id"] for one in cli("issue", "list", "--json").document] == [draft]
    notice = cli("issue", "status", draft + 1, "--json").document
    assert (notice["state"], notice["audience"], notice["pending"]) == ("sending", 1, 1)
