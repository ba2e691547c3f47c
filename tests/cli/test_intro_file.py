"""
The text of a letter comes from a file or standard input, in Markdown.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from running import Cli

LETTER = "Dear %%first_name|reader%%,\n\nwe are **back**. [More](/more)\n"
NEW = ("issue", "new", "--list", "daily", "--subject", "We are back")


def test_a_letter_is_read_from_a_file_and_says_what_was_left_out(cli: Cli, office: Path) -> None:
    (office / "letter.md").write_text(LETTER, encoding="utf-8")
    ran = cli(*NEW, "--intro-file", "letter.md")
    assert ran.status == 0
    assert ran.err == (
        "the introductory text: the link /more was removed: its address is relative; use a full "
        "one\n"
    )
    assert json.loads(cli("issue", "show", "1", "--json").out)["intro"] == LETTER.strip()


def test_a_letter_is_read_from_standard_input(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Hello.")))
    assert cli(*NEW, "--intro-file", "-").status == 0
    assert json.loads(cli("issue", "show", "1", "--json").out)["intro"] == "Hello."


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (b"a", ("--intro", "b"), "--intro and --intro-file both give the text: use one of them"),
        (None, (), "cannot read letter.md: No such file or directory"),
        (b"caf\xe9", (), "letter.md is not UTF-8 at byte 3: save it as UTF-8"),
        (b"a" * 200_001, (), "letter.md is larger than 200 KB: shorten the text"),
    ],
)
def test_a_file_that_cannot_be_the_text_is_refused_in_one_line(
    cli: Cli, office: Path, content: bytes | None, options: tuple[str, ...], reason: str
) -> None:
    if content is not None:
        (office / "letter.md").write_bytes(content)
    ran = cli(*NEW, "--intro-file", "letter.md", *options)
    assert (ran.status, ran.err) == (1, f"newsletter: {reason}\n")
    assert json.loads(cli("issue", "list", "--json").out) == []


def test_a_letter_without_text_is_not_sent(cli: Cli, office: Path, people: Path) -> None:
    cli("subscriber", "import", "people.csv", "--list", "daily", "--consent", "paper form")
    cli(*NEW)
    ran = cli("issue", "send", "1", "--yes", "--wait")
    assert ran.status == 1
    assert "a letter without text: add it with `newsletter issue edit --intro-file FILE`" in ran.err


def test_an_unclosed_merge_field_is_not_sent(cli: Cli, office: Path, people: Path) -> None:
    cli("subscriber", "import", "people.csv", "--list", "daily", "--consent", "paper form")
    cli(*NEW, "--intro", "Dear %%first_name, now 50%%off")
    ran = cli("issue", "send", "1", "--yes", "--wait")
    assert ran.status == 1
    assert "readers would see %%first_name: close the merge field, %%first_name%%, or" in ran.err
    assert "readers would see %%off" in cli("check", "1").out
