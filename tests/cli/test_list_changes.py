"""
A list gets another slug or is removed, and nothing about people is lost on the way.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

SCHEDULE = (
    "schedule", "add", "morning", "--list", "daily", "--source", "desk",
    "--cron", "0 6 * * *", "--timezone", "UTC",
)  # fmt: skip


@pytest.fixture
def desk(cli: Cli, office: Path, monday: Path) -> None:
    """
    A source, and a draft to the list `daily` with one reader.
    """
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1")


def test_a_list_with_another_slug_keeps_its_people_issues_and_schedules(
    cli: Cli, office: Path, desk: None
) -> None:
    cli(*SCHEDULE)
    ran = cli("list", "edit", "daily", "--slug", "morning-brief")
    assert (ran.status, ran.out) == (0, "changed list daily, now morning-brief\n")

    assert "did you mean" not in cli("list", "show", "morning-brief").err
    assert cli("list", "show", "daily").status == 1
    (on,) = cli("subscriber", "show", "ada@example.org", "--json").document["lists"]
    assert (on["slug"], on["state"]) == ("morning-brief", "active")
    assert cli("schedule", "show", "morning", "--json").document["lists"] == ["morning-brief"]
    sent = cli("issue", "send", "1", "--wait", "--yes", "--json").document
    assert (sent["state"], sent["accepted"]) == ("submitted", 1)


def test_who_is_suppressed_for_a_list_stays_so_under_its_new_slug(cli: Cli, office: Path) -> None:
    cli("suppression", "add", "ada@example.org", "--list", "daily")
    cli("list", "edit", "daily", "--slug", "news")
    (found,) = cli("suppression", "list", "--json").document
    assert (found["address"], found["scope"]) == ("ada@example.org", "news")


def test_suppressions_of_an_earlier_list_with_that_slug_are_kept(cli: Cli, office: Path) -> None:
    cli("list", "add", "news", "--name", "News")
    for address, slug in (("ada", "daily"), ("ada", "news"), ("bea", "news")):
        cli("suppression", "add", f"{address}@example.org", "--list", slug)
    cli("list", "remove", "news")
    cli("list", "edit", "daily", "--slug", "news")
    found = cli("suppression", "list", "--json").document
    assert [(each["address"], each["scope"]) for each in found] == [
        ("ada@example.org", "news"),
        ("bea@example.org", "news"),
    ]


@pytest.mark.parametrize(
    ("slug", "reason"),
    [("weekly", "list 'weekly' already exists"), ("No Slug", "is not a valid list slug")],
)
def test_a_slug_that_is_taken_or_not_valid_is_refused(
    cli: Cli, office: Path, slug: str, reason: str
) -> None:
    cli("list", "add", "weekly", "--name", "Weekly")
    assert reason in cli("list", "edit", "daily", "--slug", slug).refusal
    assert cli("list", "show", "daily").status == 0


def test_a_slug_stays_while_an_issue_is_being_sent(cli: Cli, office: Path, desk: None) -> None:
    cli("stop-all", "--reason", "a test")
    cli("issue", "send", "1", "--yes")
    refusal = cli("list", "edit", "daily", "--slug", "news").refusal
    assert refusal == (
        "issue 1 is being sent to list daily: change its slug when the issue is submitted"
    )


def test_a_list_that_nobody_was_on_is_removed(cli: Cli, office: Path) -> None:
    ran = cli("list", "remove", "daily")
    assert (ran.status, ran.out) == (0, "removed list daily\n")
    assert cli("list", "list", "--json").document == []


def test_a_list_with_people_is_not_removed(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")
    cli("subscriber", "unsubscribe", "ada@example.org", "--list", "daily")
    assert cli("list", "remove", "daily").refusal == (
        "1 person is or was on list daily: it has to stay, so that unsubscribe links in emails "
        "already sent work and nobody is subscribed again"
    )


def test_a_list_that_a_schedule_or_an_open_issue_uses_is_not_removed(
    cli: Cli, office: Path, monday: Path
) -> None:
    (office / "desk").mkdir()
    cli("source", "add", "desk", "folder", "desk")
    cli(*SCHEDULE)
    assert cli("list", "remove", "daily").refusal == (
        "schedule morning uses list daily: change or remove the schedule first"
    )
    cli("schedule", "remove", "morning")
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1")
    assert cli("list", "remove", "daily").refusal == (
        "issue 1 uses list daily: cancel it or change its lists first"
    )
    cli("issue", "cancel", "1", "--yes")
    assert cli("list", "remove", "daily").status == 0
    for words in (("issue", "show", "1"), ("issue", "status", "1"), ("check", "1")):
        assert "Traceback" not in cli(*words).err
