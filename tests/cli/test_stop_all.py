"""
`newsletter stop-all` and `start-all`, and where it is said that everything is stopped.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli


def test_every_command_says_that_everything_is_stopped(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    stopped = cli("stop-all", "--reason", "wrong list", "--json").document
    assert (stopped["stopped"]["reason"], stopped["batches_in_flight"]) == ("wrong list", 0)
    sent = cli("issue", "send", "1", "--wait", "--yes")
    assert sent.status == 1
    assert "(wrong list); to continue: `newsletter start-all`" in sent.err
    assert cli("issue", "status", "1", "--json").document["pending"] == 1
    assert "FAILS  kill switch" in cli("doctor").out
    assert not list(office.glob("outbox/*.eml"))


def test_start_all_goes_on_with_who_is_pending(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("stop-all")
    cli("issue", "send", "1", "--yes")
    assert cli("start-all").out == "sending and schedules have resumed\n"
    assert cli("start-all").out == "sending was not stopped\n"
    assert cli("issue", "send", "1", "--wait").status == 0
    assert len(list(office.glob("outbox/*.eml"))) == 1


@pytest.mark.usefixtures("office")
def test_a_second_stop_keeps_the_first_reason_and_says_so(cli: Cli) -> None:
    first = cli("stop-all", "--reason", "wrong list", "--json").document
    ran = cli("stop-all", "--reason", "again")
    assert ran.status == 0
    assert ran.err == "all sending was stopped already; the first reason is kept\n"
    assert "(wrong list)" in ran.out
    again = cli("stop-all", "--reason", "again", "--json")
    assert (again.document, again.err) == (first, ran.err)
