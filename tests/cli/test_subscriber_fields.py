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
    cli("subscriber", "erase", "ada@example.org", "--yes")
    assert cli("field", "show", "born", "--json").document["values"] == 0


def test_several_options_and_the_row_of_an_import_are_shown_in_words(
    cli: Cli, office: Path
) -> None:
    cli("field", "add", "interests", "--type", "choices", "--option", "sport", "--option", "arts")
    rows = 'Email,Full name,interests\nada@example.org,Ada Holm,"sport, arts"\n'
    (office / "people.csv").write_text(rows, encoding="utf-8")
    cli("subscriber", "import", "people.csv", "--list", "daily", "--consent", "a form")

    lines = cli("subscriber", "show", "ada@example.org").out.splitlines()
    assert "  interests: sport, arts" in lines
    cli("subscriber", "edit", "ada@example.org", "--field", "interests=arts")
    assert "“sport, arts” → “arts”" in cli("subscriber", "history", "ada@example.org").out
    (consent,) = [line for line in lines if "agreed" in line]
    assert consent.endswith("(Email: ada@example.org, Full name: Ada Holm, interests: sport, arts)")


def test_long_names_do_not_push_the_other_columns_out_of_view(cli: Cli, office: Path) -> None:
    cli(*ADD, "--name", "x" * 200)
    _, line = cli("subscriber", "list").out.splitlines()
    assert (f"{'x' * 39}…" in line, len(line) < 100) == (True, True)
    name = f"{'y' * 90}.csv"
    (office / name).write_text("email\nbea@example.org\n", encoding="utf-8")
    cli("subscriber", "import", name, "--list", "daily", "--consent", "a form")
    assert max(map(len, cli("import", "list").out.splitlines())) < 140
