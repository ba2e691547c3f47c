"""
The values of declared fields, set and shown for one person.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

ADD = ("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")


@pytest.fixture
def fields(cli: Cli, office: Path) -> None:
    cli("field", "add", "edition", "--type", "choice", "--option", "north", "--option", "south")
    cli("field", "add", "born", "--type", "date", "--personal")


def values(cli: Cli) -> dict[str, str]:
    found = cli("subscriber", "show", "ada@example.org", "--json").document["fields"]
    assert isinstance(found, dict)
    return found


def test_a_person_is_added_with_values_which_are_changed_and_removed(
    cli: Cli, fields: None
) -> None:
    cli(*ADD, "--field", "edition=North", "--field", "born=1990-01-31")
    assert values(cli) == {"edition": "north", "born": "1990-01-31"}
    cli("subscriber", "edit", "ada@example.org", "--field", "edition=south", "--field", "born=")
    assert values(cli) == {"edition": "south"}
    assert "edition: south" in cli("subscriber", "show", "ada@example.org").out
    (listed,) = cli("subscriber", "list", "--json").document
    assert listed["fields"] == {"edition": "south"}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("edition=west", "edition: 'west' is not an option: write north, south"),
        ("editon=north", "there is no field 'editon': did you mean 'edition'?"),
        ("born=31.01.1990", "write year, month and day, such as 2026-12-24"),
        ("born", "--field born: write NAME=VALUE"),
    ],
)
def test_a_value_that_cannot_be_changes_nothing(
    cli: Cli, fields: None, value: str, line: str
) -> None:
    ran = cli(*ADD, "--field", value)
    assert (ran.status, line in ran.err) == (1, True)
    assert cli("subscriber", "show", "ada@example.org").status == 1


def test_erasure_removes_the_values(cli: Cli, fields: None) -> None:
    cli(*ADD, "--field", "born=1990-01-31")
    cli("subscriber", "forget", "ada@example.org", "--yes")
    assert cli("field", "show", "born", "--json").document["values"] == 0
