"""
`newsletter field`: declared, changed, listed and removed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

EDITION = (
    "field", "add", "edition", "--type", "choice", "--public", "--label", "en=Your edition",
    "--option", "north=en:North|de:Nord", "--option", "south",
)  # fmt: skip


def test_a_field_is_shown_with_its_labels_and_options(cli: Cli, office: Path) -> None:
    assert cli(*EDITION).out == "added field edition\n"
    assert cli("field", "show", "edition", "--json").document == {
        "name": "edition",
        "type": "choice",
        "labels": {"en": "Your edition"},
        "options": [
            {"key": "north", "labels": {"en": "North", "de": "Nord"}},
            {"key": "south", "labels": {}},
        ],
        "public": True,
        "personal": False,
        "position": 1,
        "values": 0,
    }
    assert "edition  choice  yes" in cli("field", "list").out


def test_a_label_is_added_replaced_and_removed_alone(cli: Cli, office: Path) -> None:
    cli(*EDITION)
    cli("field", "edit", "edition", "--label", "de=Ihre Ausgabe", "--label", "fr=Édition")
    cli("field", "edit", "edition", "--label", "de=Ausgabe", "--label", "fr=")
    shown = cli("field", "show", "edition", "--json").document
    assert shown["labels"] == {"en": "Your edition", "de": "Ausgabe"}
    assert [option["key"] for option in shown["options"]] == ["north", "south"]


def test_a_field_is_removed_with_its_values(cli: Cli, office: Path) -> None:
    cli(*EDITION)
    ran = cli("field", "remove", "edition", "--yes")
    assert ran.out == "removed field edition with 0 values\n"
    assert cli("field", "list", "--json").document == []


def test_a_field_that_a_form_asks_for_stays_public(cli: Cli, office: Path) -> None:
    cli(*EDITION)
    cli("list", "edit", "daily", "--ask", "edition")
    ran = cli("field", "edit", "edition", "--staff")
    assert (ran.status, "list edit daily --no-ask edition" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("add", "born", "--type", "day"), "write one of text, number, date, boolean"),
        (("add", "born", "--type", "date", "--label", "Born"), "write LANGUAGE=TEXT"),
        (("add", "born", "--type", "date", "--label", "zz=Born"), "is not a known language"),
        (("add", "email", "--type", "text"), "'email' is reserved"),
        (("add", "not", "--type", "text"), "a word of the rules of segments: choose another name"),
        (("add", "in", "--type", "text"), "'in' is reserved, because it is a word of the rules"),
        (("add", "notes", "--type", "text"), "an import reads a column of that name as note"),
        (("add", "vorname", "--type", "text"), "an import reads a column of that name as first"),
        (("add", "email_address", "--type", "text"), "a column of that name as email"),
        (("add", "lang", "--type", "text"), "a column of that name as language"),
        (("add", "opted_in", "--type", "boolean"), "a column of that name as the status"),
        (("edit", "born"), "nothing to change"),
        (("edit", "born", "--public"), "there is no field 'born'"),
    ],
)
def test_a_field_that_cannot_be_is_refused_in_one_line(
    cli: Cli, office: Path, words: tuple[str, ...], line: str
) -> None:
    ran = cli("field", *words)
    assert ran.status in (1, 2)
    assert line in ran.err
    assert ran.err.count("\n") == 1


def test_a_field_that_an_unsent_issue_shows_is_not_removed(cli: Cli, office: Path) -> None:
    cli(*EDITION)
    words = ("--subject", "The %%edition|paper%%", "--intro", "Hello.")
    cli("issue", "new", "--list", "daily", *words)
    assert cli("field", "remove", "edition", "--yes").refusal == (
        "issue 1 shows %%edition%% in its subject: take it out with `newsletter issue edit 1`, or "
        "send the issue first"
    )
    cli("issue", "edit", "1", "--subject", "The paper")
    assert cli("field", "remove", "edition", "--yes").status == 0


def test_a_field_that_a_template_of_a_schedule_shows_is_not_removed(
    cli: Cli, office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli(*EDITION)
    monkeypatch.setenv("NEWSLETTER_SITE__TEMPLATES", "templates")
    cli("source", "add", "desk", "folder", tmp_path)
    own = office / "templates" / "issue" / "paper"
    own.mkdir(parents=True)
    for file in ("body.html", "body.txt"):
        (own / file).write_text("%%edition|paper%%")
    (own / "subject.txt").write_text("Paper")
    words = ("--list", "daily", "--source", "desk", "--cron", "0 6 * * *", "--timezone", "UTC")
    assert cli("schedule", "add", "morning", *words, "--template", "paper").status == 0
    assert cli("field", "remove", "edition", "--yes").refusal == (
        "schedule morning shows %%edition%% in its template issue/paper/body.html: take it out "
        "first"
    )


def test_values_are_removed_with_a_field_only_when_a_person_says_so(cli: Cli, office: Path) -> None:
    cli("field", "add", "town", "--type", "text")
    for name in ("ada", "bea"):
        cli("subscriber", "add", f"{name}@example.org", "--list", "daily", "--field", "town=Oslo")
    expected = "nothing was removed: Remove field town with 2 values for good? Answer with --yes"
    assert cli("field", "remove", "town").refusal == expected
    assert cli("field", "remove", "town", "--yes").out == "removed field town with 2 values\n"
    cli("field", "add", "town", "--type", "text")
    assert cli("field", "remove", "town").out == "removed field town with 0 values\n"
