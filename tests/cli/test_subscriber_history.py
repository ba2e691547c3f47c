"""
`newsletter subscriber history` tells what happened to a person, in words and as JSON.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli

ADA = "ada@example.org"


def test_the_history_names_who_did_what_through_what(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", ADA, "--list", "daily", "--consent", "at the fair")
    cli("subscriber", "edit", ADA, "--name", "Ada")
    cli("subscriber", "unsubscribe", ADA, "--list", "daily")

    recorded = cli("subscriber", "history", ADA, "--json").document

    assert [(each["what"], each["list"], each["by"], each["through"]) for each in recorded] == [
        ("joined", "daily", "staff a person", "command line"),
        ("changed", None, "staff a person", "command line"),
        ("left", "daily", "staff a person", "command line"),
    ]
    assert recorded[1]["detail"] == {"name": {"before": "", "after": "Ada"}}
    lines = cli("subscriber", "history", ADA).out.splitlines()
    assert lines[1].endswith("changed  by staff a person, command line: name none → “Ada”")


def test_the_history_shows_each_field_by_its_name(cli: Cli, office: Path) -> None:
    cli("field", "add", "member", "--type", "boolean")
    cli("subscriber", "add", ADA, "--list", "daily", "--field", "member=yes")
    lines = cli("subscriber", "history", ADA).out.splitlines()
    assert any(line.endswith("member none → “yes”") for line in lines)


def test_an_import_is_named_by_its_number(cli: Cli, people: Path) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "a form")
    (recorded,) = cli("subscriber", "history", ADA, "--json").document
    assert (recorded["what"], recorded["by"]) == ("imported", "import 1")
    assert recorded["detail"] == {"state": {"before": None, "after": "active"}}


def test_nothing_is_told_of_an_address_that_nobody_has(cli: Cli, office: Path) -> None:
    ran = cli("subscriber", "history", "nobody@example.org")
    assert (ran.status, ran.out) == (0, "nothing is recorded about nobody@example.org\n")
