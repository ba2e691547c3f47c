"""
`newsletter list reasons` shows why readers left.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from running import Cli

LEFT = "2026-03-04 12:00:00.000000"


@pytest.fixture
def left(cli: Cli, office: Path) -> None:
    """
    Three readers who left on a day in March, two of whom said why.
    """
    for name in ("ada", "bob", "eve"):
        cli("subscriber", "add", f"{name}@example.org", "--list", "daily", "--consent", "a form")
    with sqlite3.connect(office / "newsletter.db") as database:
        database.execute(
            "UPDATE subscription SET state = 'ended', since = ?, ended_cause = 'reader'",
            [LEFT],
        )
        rows = [(1, "too_many", "", LEFT), (2, "never", "Who are you?", LEFT)]
        database.executemany("INSERT INTO leave_reason VALUES (?, ?, ?, ?)", rows)


def test_the_reasons_are_counted_with_what_readers_wrote(cli: Cli, left: None) -> None:
    assert cli("list", "reasons", "daily").out.splitlines() == [
        "3 readers left; 2 said why",
        "",
        "reason                   readers",
        "too many emails          1",
        "never signed up          1",
        "not what they hoped for  0",
        "something else           0",
        "",
        "day         reason           in their own words",
        "2026-03-04  never signed up  Who are you?",
    ]


def test_the_json_has_counts_and_words_and_no_address(cli: Cli, left: None) -> None:
    ran = cli("list", "reasons", "daily", "--json")

    assert ran.document == {
        "list": "daily",
        "since": None,
        "left": 3,
        "answers": 2,
        "reasons": {"too_many": 1, "content": 0, "never": 1, "other": 0},
        "comments": [{"day": "2026-03-04", "reason": "never", "text": "Who are you?"}],
    }
    assert "example.org" not in ran.out


def test_nobody_left_since_a_later_day(cli: Cli, left: None) -> None:
    since = cli("list", "reasons", "daily", "--since", "2026-03-05")

    assert since.out == "0 readers left; 0 said why\n"
    assert cli("list", "reasons", "daily", "--since", "March").status == 2
    assert cli("list", "reasons", "nothing").status == 1
