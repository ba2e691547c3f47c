"""
What the commands of a schedule say to a person.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from running import Cli

NO_SENDER = "queued, but no sender is running: start `newsletter serve`, or add --wait"


@pytest.fixture
def morning(cli: Cli, office: Path, people: Path) -> str:
    """
    The slot of yesterday of a schedule with one brief and one reader.
    """
    (office / "desk").mkdir()
    (office / "desk/a.md").write_text("# The Quiet Quay\n\nNobody left it.\n", encoding="utf-8")
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("source", "add", "desk", "folder", "desk", "--first-poll", "new")
    rule = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    cli("schedule", "add", "morning", *rule)
    return f"{dt.datetime.now(dt.UTC) - dt.timedelta(days=1):%Y-%m-%d}T06:00"


def test_why_says_that_the_schedule_has_not_run_yet(cli: Cli, morning: str) -> None:
    due = dt.datetime.fromisoformat(cli("schedule", "next", "morning", "--json").document[0]["due"])
    ran = cli("schedule", "why", "morning", "--json")
    assert ran.document == []
    assert ran.err == f"schedule morning has not run yet; next run: {due:%Y-%m-%d %H:%M} UTC\n"


@pytest.mark.usefixtures("morning")
def test_why_says_that_the_schedule_is_paused(cli: Cli) -> None:
    cli("schedule", "pause", "morning")
    ran = cli("schedule", "why", "morning", "--json")
    assert ran.err == (
        "schedule morning is paused: to resume, `newsletter schedule resume morning`\n"
    )


def test_run_says_that_nothing_hands_its_issue_over(cli: Cli, morning: str) -> None:
    ran = cli("schedule", "run", "morning", "--slot", morning)
    assert (ran.status, NO_SENDER in ran.err) == (0, True)
    assert cli("issue", "status", 1, "--json").document["pending"] == 1


def test_run_that_waits_hands_its_issue_over(cli: Cli, morning: str) -> None:
    ran = cli("schedule", "run", "morning", "--slot", morning, "--wait")
    assert (ran.status, NO_SENDER in ran.err) == (0, False)
    assert cli("issue", "status", 1, "--json").document["accepted"] == 1


@pytest.mark.usefixtures("morning")
def test_a_source_that_is_removed_names_the_schedules_that_lose_it(cli: Cli) -> None:
    ran = cli("source", "remove", "desk")
    assert (ran.status, ran.out) == (0, "removed source desk\n")
    assert ran.err == (
        "schedule morning uses source desk, so its runs will fail: add a source of that name "
        "again, or `newsletter schedule remove morning`\n"
    )


@pytest.mark.usefixtures("office")
def test_collect_gives_each_failing_source_a_line(cli: Cli) -> None:
    for name in ("one", "two"):
        cli("source", "add", name, "feed", "http://127.0.0.1:9/feed")
    ran = cli("collect")
    assert ran.status == 1
    lines = [line.removeprefix("newsletter: ") for line in ran.err.splitlines()]
    named = [line.partition(":")[0] for line in lines if ": " in line]
    assert named[-2:] == ["one", "two"]


def test_why_gives_each_failing_source_a_line(cli: Cli, office: Path, morning: str) -> None:
    for name in ("one", "two"):
        cli("source", "add", name, "feed", "http://127.0.0.1:9/feed")
    rule = ("--list", "daily", "--source", "one", "--source", "two", "--cron", "0 6 * * *")
    cli("schedule", "add", "wires", *rule, "--timezone", "UTC")
    cli("schedule", "run", "wires", "--slot", morning)
    first, second, third = cli("schedule", "why", "wires").out.splitlines()[1:]
    assert first.endswith("2 sources could not be read")
    assert second.strip().startswith("source one failed ")
    assert third.strip().startswith("source two failed ")
