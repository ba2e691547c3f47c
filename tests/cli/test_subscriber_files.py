"""
People in files: what an import says, confirming many, and adding somebody who unsubscribed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from running import Cli

IMPORT = ("subscriber", "import", "people.csv", "--list", "daily")
CONFIRM = (
    "subscriber",
    "confirm",
    "--file",
    "people.csv",
    "--evidence",
    "signed at the fair",
    "--yes",
)


def state(cli: Cli, address: str = "ada@example.org") -> str:
    (found,) = cli("subscriber", "show", address, "--json").document["lists"]
    return str(found["state"])


def test_an_import_without_consent_says_who_is_pending_and_what_to_do(
    cli: Cli, people: Path
) -> None:
    ran = cli(*IMPORT)
    assert (ran.status, ran.err) == (0, "importing people.csv, bytes: 37 of 37\n")
    assert ran.out.splitlines() == [
        "import: 1",
        "product: generic",
        "created: 1",
        "by status: 1 pending",
        "columns: email, name",
        "1 person of the file is pending and gets no email. Once they have agreed: newsletter "
        "subscriber confirm --file people.csv --list daily --evidence TEXT",
    ]


def test_an_import_says_which_columns_it_took_and_which_it_left(cli: Cli, people: Path) -> None:
    people.write_text("Mail,Vorname,City\nada@example.org,Ada,Ulm\n", encoding="utf-8")
    lines = cli(*IMPORT, "--consent", "a form").out.splitlines()
    assert "columns: Mail (email), Vorname (first_name)" in lines
    assert "ignored columns: City" in lines


def test_a_dry_run_leaves_the_folder_as_it_was_and_tells_the_errors(cli: Cli, people: Path) -> None:
    people.write_text("email\nada@example.org\nnobody\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in people.parent.iterdir() if path.is_file()}
    ran = cli(*IMPORT, "--dry-run")
    after = {path.name: path.read_bytes() for path in people.parent.iterdir() if path.is_file()}
    assert before == after
    assert ran.out.startswith("dry run: nothing was imported\n")
    assert "\nline 3: 'nobody' " in ran.out


def test_pending_people_are_confirmed_from_a_file_with_evidence(cli: Cli, people: Path) -> None:
    cli(*IMPORT)
    ran = cli(*CONFIRM, "--list", "daily")
    assert (ran.status, ran.out) == (0, "confirmed: 1\n")
    assert state(cli) == "active"
    assert cli(*CONFIRM, "--json").document == {
        "confirmed": 0,
        "already_active": 1,
        "kept_unsubscribed": 0,
        "kept_suppressed": 0,
        "unknown": 0,
        "refused": 0,
        "invalid": 0,
    }


def test_a_dry_run_of_a_confirmation_confirms_nobody(cli: Cli, people: Path) -> None:
    cli(*IMPORT)
    assert cli(*CONFIRM, "--dry-run").out == "dry run: nobody was confirmed\nconfirmed: 1\n"
    assert state(cli) == "pending"


def test_an_export_tells_when_people_were_confirmed_by_whichever_command(
    cli: Cli, people: Path
) -> None:
    cli(*IMPORT)
    cli(*CONFIRM)
    people.write_text("email\nben@example.org\n", encoding="utf-8")
    cli(*IMPORT, "--consent", "a form")
    cli("subscriber", "add", "cleo@example.org", "--list", "daily", "--consent", "a form")
    exported = csv.DictReader(cli("subscriber", "export", "--list", "daily").out.splitlines())
    dated = {row["email"]: bool(row["confirmed_at"]) for row in exported}
    assert dated == dict.fromkeys(["ada@example.org", "ben@example.org", "cleo@example.org"], True)


def test_sending_to_pending_people_says_how_many_they_are(
    cli: Cli, people: Path, monday: Path
) -> None:
    cli(*IMPORT)
    cli("brief", "add", monday)
    cli("issue", "new", "--list", "daily", "--brief", "1")
    for ran in (cli("check", "1"), cli("issue", "send", "1", "--yes")):
        assert ran.status == 1
        assert "no active subscribers and 1 pending one; once they have agreed" in ran.out + ran.err
        assert "newsletter subscriber confirm --file FILE --evidence TEXT" in ran.out + ran.err


def test_adding_with_consent_brings_nobody_back_unasked(cli: Cli, people: Path) -> None:
    add = ("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")
    cli(*add)
    cli("subscriber", "unsubscribe", "ada@example.org", "--list", "daily")

    refused = cli(*add)
    assert (refused.status, refused.out) == (1, "")
    assert "ada@example.org unsubscribed from list daily on " in refused.err
    assert "--resubscribe" in refused.err
    assert state(cli) == "ended"

    again = cli(*add, "--resubscribe")
    assert (again.status, again.out) == (0, "ada@example.org is active on list daily\n")


def test_resubscribing_needs_consent(cli: Cli, people: Path) -> None:
    add = ("subscriber", "add", "ada@example.org", "--list", "daily", "--resubscribe")
    ran = cli(*add)
    assert (ran.status, ran.out) == (2, "")
    assert "--consent" in ran.err


@pytest.mark.parametrize("name", ["Ada King", ""])
def test_a_name_and_a_zone_given_to_add_replace_those_stored(
    cli: Cli, people: Path, name: str
) -> None:
    add = ("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "a form")
    cli(*add, "--name", "Ada Byron", "--timezone", "Europe/Oslo")
    cli(*add, "--name", name, "--timezone", "Europe/London")
    found = cli("subscriber", "show", "ada@example.org", "--json").document
    assert (found["name"], found["timezone"]) == (name or "Ada Byron", "Europe/London")


def test_an_export_guards_formulas_and_a_raw_one_does_not(cli: Cli, people: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--name", "=1+1")
    export = ("subscriber", "export", "--list", "daily")
    assert ",'=1+1," in cli(*export).out
    assert ",=1+1," in cli(*export, "--raw").out


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_an_export_of_all_lists_is_imported_into_all_of_them(
    cli: Cli, people: Path, file_format: str
) -> None:
    cli("list", "add", "weekly", "--name", "Weekly")
    cli(*IMPORT, "--consent", "a form")
    cli("subscriber", "add", "ada@example.org", "--list", "weekly", "--consent", "asked")
    cli("subscriber", "add", "bea@example.org", "--list", "weekly", "--consent", "asked")
    exported = cli("subscriber", "export", "--format", file_format, "--out", f"all.{file_format}")
    assert exported.out == f"exported 2 people to all.{file_format}\n"

    ran = cli("subscriber", "import", f"all.{file_format}", "--json")

    assert {slug: found["unchanged"] for slug, found in ran.document["lists"].items()} == {
        "daily": 1,
        "weekly": 2,
    }


def test_a_file_that_names_no_lists_needs_one(cli: Cli, people: Path) -> None:
    ran = cli("subscriber", "import", "people.csv")
    assert ran.status == 1
    assert ran.err.endswith("people.csv: no column says which list: add --list SLUG\n")


def test_a_preset_writes_a_list_for_another_product(cli: Cli, people: Path) -> None:
    cli(*IMPORT)
    cli("subscriber", "add", "bea@example.org", "--list", "daily", "--consent", "asked")

    ran = cli("subscriber", "export", "--list", "daily", "--preset", "ghost", "--out", "ghost.csv")

    assert ran.out == (
        "exported 1 person to ghost.csv; left out 1, whose state ghost has no word for\n"
    )
    text = (people.parent / "ghost.csv").read_text(encoding="utf-8")
    assert [line.partition(",")[0] for line in text.splitlines()] == ["email", "bea@example.org"]


def test_a_preset_needs_one_list_and_a_file(cli: Cli) -> None:
    ran = cli("subscriber", "export", "--preset", "ghost")
    assert ran.status == 2
    assert "--preset needs --list SLUG and --out FILE" in ran.err


def test_a_preset_says_what_it_left_out(cli: Cli, people: Path) -> None:
    cli("field", "add", "company", "--type", "text")
    cli("subscriber", "add", "bea@example.org", "--list", "daily", "--consent", "asked")
    cli("subscriber", "note", "bea@example.org", "hard to please")
    words = ("subscriber", "export", "--list", "daily", "--preset", "ghost", "--out", "ghost.csv")

    assert cli(*words).out == (
        "exported 1 person to ghost.csv; without the field company; without the notes of staff\n"
    )
    document = cli(*words, "--notes", "--force", "--json").document
    assert (document["fields_left_out"], document["notes_left_out"]) == (["company"], False)
    assert "hard to please" in (people.parent / "ghost.csv").read_text(encoding="utf-8")


def test_only_a_preset_has_notes_as_an_option(cli: Cli) -> None:
    ran = cli("subscriber", "export", "--notes")
    assert (ran.status, "--notes goes with --preset" in ran.err) == (2, True)
