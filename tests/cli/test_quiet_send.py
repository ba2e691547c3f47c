"""
`newsletter issue send`, `check` and `cancel` of an issue that waits, was sent, or was cancelled.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from running import Cli

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def quiet(cli: Cli, office: Path) -> Path:
    """
    An issue to one reader, whose list is quiet now and for the next two hours.
    """
    now = dt.datetime.now(dt.UTC)
    hours = f"{now - HOUR:%H:%M}-{now + 2 * HOUR:%H:%M}"
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    assert cli("list", "edit", "daily", "--quiet", hours).status == 0
    return office


def sent(office: Path) -> int:
    return len(list(office.glob("outbox/*.eml")))


@pytest.mark.parametrize("wait", [("--wait",), ()])
def test_ignore_quiet_ends_the_wait_of_an_issue_for_quiet_hours(
    cli: Cli, quiet: Path, wait: tuple[str, ...]
) -> None:
    waits = cli("issue", "send", "1", "--yes")
    assert "1 waiting for the quiet hours of its lists, until " in waits.out
    ran = cli("issue", "send", "1", "--ignore-quiet", *wait)
    assert (ran.status, "waiting for the quiet hours" in ran.out) == (0, False)
    if not wait:
        assert cli("issue", "send", "1", "--wait").status == 0
    assert sent(quiet) == 1


def test_ignore_quiet_sends_an_issue_that_is_scheduled_into_quiet_hours(
    cli: Cli, quiet: Path
) -> None:
    assert cli("issue", "send", "1", "--at", "+1h", "--yes").status == 0
    assert cli("issue", "send", "1", "--ignore-quiet", "--wait", "--yes").status == 0
    assert sent(quiet) == 1


@pytest.mark.usefixtures("quiet")
def test_a_second_send_says_what_an_issue_that_is_being_sent_waits_for(cli: Cli) -> None:
    cli("issue", "send", "1", "--yes")
    assert cli("issue", "send", "1", "--yes").refusal == (
        "issue 1 is already being sent: --wait sends the rest, --ignore-quiet ends its wait for "
        "quiet hours; see `newsletter issue status 1`"
    )
    assert cli("issue", "send", "1", "--at", "+1h").refusal.startswith(
        "issue 1 is sending and cannot be sent later: "
    )


@pytest.mark.usefixtures("quiet")
def test_hours_taken_from_a_list_name_the_issues_that_still_wait_for_them(cli: Cli) -> None:
    assert cli("list", "edit", "daily", "--name", "The Daily").err == ""
    cli("issue", "send", "1", "--yes")
    ran = cli("list", "edit", "daily", "--quiet", "")
    assert (ran.status, ran.err) == (
        0,
        "issue 1 still waits for the quiet hours that applied when it was sent; to end that: "
        "`newsletter issue send 1 --ignore-quiet`\n",
    )


@pytest.mark.usefixtures("quiet")
def test_of_a_cancelled_issue_send_says_only_that(cli: Cli) -> None:
    cancelled = cli("issue", "cancel", "1", "--yes")
    assert cancelled.out == "issue 1: cancelled, nobody was sent it\n"
    ran = cli("issue", "send", "1", "--yes")
    assert ran.refusal == (
        "issue 1 is cancelled and cannot be sent: `newsletter issue new` makes another"
    )


@pytest.mark.usefixtures("quiet")
def test_a_scheduled_issue_that_is_cancelled_was_sent_to_nobody(cli: Cli) -> None:
    cli("issue", "send", "1", "--at", "+1h", "--yes")
    cancelled = cli("issue", "cancel", "1", "--reason", "the day has changed", "--yes")
    assert cancelled.out.startswith("issue 1: cancelled, nobody was sent it")
    assert "the day has changed" in cli("issue", "status", "1").out


@pytest.mark.usefixtures("quiet")
def test_check_of_an_issue_that_was_sent_says_so_without_an_error(cli: Cli) -> None:
    cli("issue", "send", "1", "--ignore-quiet", "--wait", "--yes")
    cli("subscriber", "unsubscribe", "ada@example.org", "--list", "daily")
    ran = cli("check", "1")
    assert (ran.status, ran.out.partition(",")[0]) == (0, "1: 0 errors")
    assert "advice   send-history: already sent; an issue can be sent only once" in ran.out
