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
    assert refused.err == ("newsletter: undoing import 1 needs --yes where nobody can be asked\n")

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
