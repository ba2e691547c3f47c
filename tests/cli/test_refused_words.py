"""
Names, subjects, languages and senders as typed: what cannot stand in a mail's one line is refused.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from refused_samples import rows_of
from running import Cli

CONTROL = "contains a line break or control character: remove it"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--name", ""], "the list's name is empty: enter one"),
        (["--name", "  "], "the list's name is empty: enter one"),
        (["--name", "A\nB"], f"the list's name 'A\\nB' {CONTROL}"),
        (
            ["--name", "A", "--language", "klingon"],
            "'klingon' is not a known language: write its code, such as en, de or pt-BR",
        ),
        (
            ["--name", "A", "--language", "xx"],
            "'xx' is not a known language: write its code, such as en, de or pt-BR",
        ),
        (["--name", "A", "--from", "nobody"], "'nobody' is not a valid address: it has no @"),
        (
            ["--name", "A", "--from", "A\r\nBcc: b@example.org <a@example.org>"],
            f"the sender's name 'A\\r\\nBcc: b@example.org' {CONTROL}",
        ),
        (["--name", "A", "--reply-to", "x"], "'x' is not a valid address: it has no @"),
    ],
)
def test_a_list_that_mails_could_not_be_sent_from_is_neither_made_nor_changed(
    cli: Cli, office: Path, words: list[str], reason: str
) -> None:
    before = cli("list", "show", "daily", "--json").document
    assert cli("list", "add", "weekly", *words).refusal == reason
    assert cli("list", "edit", "daily", *words).refusal == reason
    assert cli("list", "show", "daily", "--json").document == before
    assert rows_of(office, "mailing_list") == 1


def test_a_comma_in_a_senders_name_is_part_of_it(cli: Cli, office: Path) -> None:
    arguments = ("list", "edit", "daily", "--from", '"Byron, Ada" <ada@example.org>')
    assert cli(*arguments, "--json").document["from"] == "Byron, Ada <ada@example.org>"


def test_a_persons_name_is_one_line(cli: Cli, office: Path) -> None:
    words = ("subscriber", "add", "ada@example.org", "--list", "daily", "--name", "A\x07")
    assert cli(*words).refusal == f"the person's name 'A\\x07' {CONTROL}"
    assert rows_of(office, "subscriber") == 0


@pytest.mark.parametrize("option", ["subject", "preheader"])
def test_a_subject_and_a_preheader_are_one_line(cli: Cli, office: Path, option: str) -> None:
    reason = f"the {option} 'Hi\\nBcc: x' {CONTROL}"
    new = ("issue", "new", "--list", "daily", "--intro", "Words")
    assert cli(*new, f"--{option}", "Hi\nBcc: x").refusal == reason
    assert cli(*new).status == 0
    assert cli("issue", "edit", 1, f"--{option}", "Hi\nBcc: x").refusal == reason
    assert rows_of(office, "issue") == 1


def test_a_site_name_of_two_lines_is_a_wrong_setting(cli: Cli, office: Path) -> None:
    config = office / "newsletter.toml"
    text = config.read_text("utf-8").replace('"My newsletter"', '"My\\nnewsletter"', 1)
    config.write_text(text, encoding="utf-8")
    assert cli("list", "list").refusal == (
        f"newsletter.toml: [site] name: the name 'My\\nnewsletter' {CONTROL}"
    )


def test_init_without_a_name_makes_nothing(cli: Cli, tmp_path: Path) -> None:
    refusal = cli("init", "").refusal
    assert refusal == "the name of the folder is empty: give one, or . for the current folder"
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_key_is_told_when_a_file_is_stored(cli: Cli, office: Path) -> None:
    (office / "a.md").write_text("---\ntitel: T\n---\n# Tolls\n\nThey rise.\n", encoding="utf-8")
    assert cli("brief", "add", "a.md").out.splitlines() == [
        "1  Tolls",
        "warning: unknown key titel in the front matter: did you mean title?",
    ]


def test_broken_front_matter_is_refused_by_file_and_line(cli: Cli, office: Path) -> None:
    (office / "a.md").write_text("---\ntitle: T\n\nThey rise.\n", encoding="utf-8")
    reason = "a.md: the front matter opened at line 1 is never closed: put --- on a line below it"
    assert cli("brief", "read", "a.md").refusal == reason
    assert cli("brief", "add", "a.md").refusal == reason
