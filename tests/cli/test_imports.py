"""
`newsletter import`: what it tells, and when it asks.
"""

from __future__ import annotations

from pathlib import Path

from running import Cli

IMPORT = ("subscriber", "import", "people.csv", "--list", "daily", "--consent", "a form")


def test_an_import_is_listed_and_shown(cli: Cli, people: Path) -> None:
    assert cli("import", "list").out == (
        "No imports yet. Import people: newsletter subscriber import FILE --list SLUG\n"
    )
    cli(*IMPORT)
    heading, row = cli("import", "list").out.splitlines()
    assert heading.split() == [
        "import", "file", "list", "product", "when", "by", "state", "created", "updated",
    ]  # fmt: skip
    assert row.split()[:4] == ["1", "people.csv", "daily", "generic"]
    assert row.split()[-3:] == ["done", "1", "0"]
    shown = cli("import", "show", "1").out.splitlines()
    assert {"import: 1", "state: done", "list: daily", "rows: 1", "created: 1"} <= set(shown)


def test_an_undo_says_what_it_took_back_and_why_it_kept_the_rest(cli: Cli, people: Path) -> None:
    people.write_text("email\nada@example.org\nben@example.org\n", encoding="utf-8")
    cli(*IMPORT)
    cli("subscriber", "edit", "ben@example.org", "--name", "Ben")

    refused = cli("import", "undo", "1")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err == (
        "newsletter: undoing import 1 needs --yes where nobody can be asked: 1 person removed; "
        "1 person kept: something else happened to them since\n"
    )
    assert "there is no import 7" in cli("import", "undo", "7").err

    ran = cli("import", "undo", "1", "--yes")
    assert (ran.status, ran.out.splitlines()) == (
        0,
        [
            "import 1 is undone",
            "1 person removed",
            "1 person kept: something else happened to them since",
        ],
    )
    shown = cli("import", "show", "1").out
    assert "1 person removed" in shown
    assert "1 people" not in shown
    again = cli("import", "undo", "1", "--yes")
    assert (again.status, again.err) == (1, "newsletter: import 1 is undone already\n")


def test_values_that_people_have_are_kept_on_request(cli: Cli, people: Path) -> None:
    people.write_text("email,name\nada@example.org,Ada\n", encoding="utf-8")
    cli(*IMPORT)
    people.write_text("email,name\nada@example.org,Augusta\n", encoding="utf-8")
    tried = cli(*IMPORT, "--keep-values", "--dry-run", "--json").document
    assert (tried["updated"], tried["unchanged"]) == (0, 1)
    cli(*IMPORT, "--keep-values")
    assert cli("subscriber", "show", "ada@example.org", "--json").document["name"] == "Ada"


def test_a_done_import_cannot_be_continued(cli: Cli, people: Path) -> None:
    cli(*IMPORT)
    ran = cli("import", "resume", "1")
    assert (ran.status, ran.err) == (
        1,
        "newsletter: import 1 is done: there is nothing to continue\n",
    )


def test_whom_an_undone_import_added_is_not_counted_among_those_who_left(
    cli: Cli, people: Path
) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "a form")
    cli("import", "undo", "1", "--yes")
    (daily,) = cli("list", "list", "--json").document
    assert (daily["active"], daily["ended"]) == (0, 0)


def test_an_import_is_shown_as_its_report_was(cli: Cli, people: Path) -> None:
    people.write_text("email,status\nada@example.org,member\nben@example.org,active\n")
    report = cli(*IMPORT).out.splitlines()
    shown = cli("import", "show", "1").out.splitlines()

    words = "words: 1 active (active), 1 member (unknown)"
    assert words in report
    assert words in shown
    (started,) = (line for line in shown if line.startswith("started: "))
    assert len(started) == len("started: 2026-12-31 18:30")


def test_an_import_says_what_it_cannot_read(cli: Cli, people: Path) -> None:
    for content, what in (
        (b"\x89PNG\r\n\x1a\n", "this is a picture"),
        (b"<!DOCTYPE html>\n<title>a@example.org</title>", "this is a web page"),
        (b'[\n  {"email": "a@example.org"}\n]', "this is JSON"),
        (bytes(range(256)) * 9, "this is not a text file"),
    ):
        people.write_bytes(content)
        assert what in cli(*IMPORT).err
    ran = cli("subscriber", "import", "/dev/stdin", "--list", "daily")
    assert "standard input is not read: save it as a file" in ran.err


def test_a_file_with_only_a_heading_has_no_people(cli: Cli, people: Path) -> None:
    people.write_text("email,name\n")
    assert "0 people: there are no rows below the heading" in cli(*IMPORT).out


def test_the_import_says_who_stays_active_in_spite_of_the_file(cli: Cli, people: Path) -> None:
    people.write_text("email\nada@example.org\n")
    cli(*IMPORT)
    people.write_text("email,status\nada@example.org,who knows\n")
    assert (
        "1 person stays active here, although the file has an unknown status or no consent for "
        "them: see the errors file" in cli(*IMPORT).out
    )


def test_the_advice_to_confirm_is_about_all_files_and_those_who_can_be_confirmed(
    cli: Cli, people: Path
) -> None:
    other = people.with_name("other.csv")
    other.write_text("email\nben@example.org\n")
    into = ("--list", "daily")
    ran = cli("subscriber", "import", "people.csv", "other.csv", *into)
    for name in ("people.csv", "other.csv"):
        assert f"subscriber confirm --file {name} --list daily --evidence TEXT" in ran.out

    other.write_text("email,status\nben@example.org,who knows\n")
    assert "subscriber confirm" not in cli("subscriber", "import", "other.csv", *into).out

    other.write_text("Contact,Old\nben@example.org,b@example.org\n")
    ran = cli("subscriber", "import", "other.csv", *into, "--map", "Contact=email")
    assert "newsletter subscriber confirm ADDRESS --list daily --evidence TEXT" in ran.out
