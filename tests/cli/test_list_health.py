"""
`newsletter list health` shows how a list is doing.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from running import Cli

BOUNCED = "2026-03-03 09:00:00.000000"


@pytest.fixture
def ten_issues(cli: Cli, office: Path) -> None:
    """
    Three readers who were sent ten issues; Ada opened the last one, Eve's last one bounced.
    """
    for name in ("ada", "bob", "eve"):
        cli("subscriber", "add", f"{name}@example.org", "--list", "daily", "--consent", "a form")
    (office / "brief.md").write_text("---\ntitle: Ferries\ndate: 2026-03-01\n---\nThey stay.\n")
    cli("brief", "add", "brief.md")
    for number in range(1, 11):
        cli("issue", "new", "--list", "daily", "--brief", "1")
        cli("issue", "send", str(number), "--wait", "--yes", "--override", "a trial")


def test_who_opens_and_clicks_nothing_is_counted_where_that_is_known(
    cli: Cli, office: Path, ten_issues: None
) -> None:
    before = cli("list", "health", "daily", "--json").document
    with sqlite3.connect(office / "newsletter.db") as database:
        find = "SELECT max(id) FROM delivery WHERE email_key = ?"
        ((ada,),) = database.execute(find, ["ada@example.org"])
        ((eve,),) = database.execute(find, ["eve@example.org"])
        add = "INSERT INTO outcome (delivery_id, issue_id, {}, detail) VALUES (?, 10, ?, '')"
        database.execute(add.format("opened_at"), [ada, BOUNCED])
        database.execute(add.format("bounced_hard_at"), [eve, "2999-01-01 09:00:00.000000"])
    after = cli("list", "health", "daily", "--json").document

    assert (before["silent"], after["silent"]) == (None, 2)
    assert after["domains"] == [
        {"domain": "example.org", "readers": 3, "bounced": 1, "complained": 0}
    ]
    assert (after["readers"], after["net"], after["churn"]) == (3, 3, 0.0)
    assert after["joined_through"] == {"staff": 3}
    assert (after["at_start"], after["joined"], after["left"]) == (0, 3, 0)


def test_the_lines_say_the_same_without_an_address(cli: Cli, ten_issues: None) -> None:
    lines = cli("list", "health", "daily", "--days", "7").out.splitlines()

    assert lines[:3] == [
        "daily: 3 readers",
        "7 days ago: 0; since then 3 joined (3 by staff), 0 came back, 0 left, 0 suppressed, "
        "0 erased",
        "0.0% of those who were there or joined are gone",
    ]
    assert lines[3].startswith("not known who reads")
    assert not any("ada" in line for line in lines)


def test_a_list_that_is_not_there_is_an_error(cli: Cli) -> None:
    assert cli("list", "health", "nothing").status == 1
