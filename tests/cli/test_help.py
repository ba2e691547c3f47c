"""
The help pages: plain, complete, and no wider than a terminal of 80 columns.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
from command_tree import command_of, every_command
from running import Cli

from newsletter.cli import COMMANDS, GROUPS, PANELS
from newsletter.cli.help import HelpText, default_of, option_row, parameter_text

PAGES = [(), *((name,) for name in GROUPS), *every_command()]
# Here an option that is not named leaves the value as it is.
EDITS = [words for words in every_command() if words[-1] == "edit"]


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_help_fits_80_columns_and_cuts_nothing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = cli(*words, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {' '.join(('newsletter', *words))}")
    assert [line for line in ran.out.splitlines() if len(line) > 80] == []
    assert "…" not in ran.out
    for row in [option_row(each)[0] for each in options_of(words)]:
        assert f"\n  {row}" in ran.out


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_says_what_it_does_and_has_examples_that_are_right_usage(
    words: tuple[str, ...],
) -> None:
    known = HelpText.parse(command_of(words).help)
    assert re.fullmatch(r"[A-Z].+\.", known.paragraphs[0])
    examples = "\n".join(known.examples).replace("\\\n", " ").splitlines()
    assert examples != []
    for example in examples:
        typed = shlex.split(example.partition(" > ")[0])
        assert typed[: len(words) + 1] == ["newsletter", *words]
        rest = [word for word in typed[len(words) + 1 :] if word != "--json"]
        # It is read as when it is run, and refused if it does not fit.
        command_of(words).make_context(" ".join(typed[: len(words) + 1]), rest)


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_argument_and_option_has_a_sentence_and_a_plain_placeholder(
    words: tuple[str, ...],
) -> None:
    for param in command_of(words).params:
        assert re.match(r"[A-Z]", param.help or ""), param.name
        assert not (param.help or "").endswith("."), param.name
        assert re.fullmatch(r"[A-Z]+(-or-[A-Z]+)?|[a-z|]+", param.metavar or "ONE"), param.name


@pytest.mark.parametrize("words", sorted(set(every_command()) - set(EDITS)), ids=" ".join)
def test_every_option_that_may_be_left_out_shows_its_default(words: tuple[str, ...]) -> None:
    silent = [
        option.opts[0]
        for option in options_of(words)
        if not option.required and not is_switch(option) and not default_of(option)
    ]
    assert silent == []


def test_an_option_shows_its_default_and_its_range() -> None:
    days = options_of(("bounces", "pull"))[0]
    assert parameter_text(days).endswith("[1 to 10; default: 2]")


def test_the_first_page_of_help_groups_all_commands(cli: Cli) -> None:
    ran = cli("--help")
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted([*COMMANDS, *GROUPS])
    headings = re.findall(r"^(\w[\w ]*):$", ran.out, re.MULTILINE)
    assert headings == ["Examples", *PANELS, "Common options"]
    assert re.findall(r"^  ([a-z][\w-]*)  ", ran.out, re.MULTILINE) == named
    assert [word for word in ("--config FILE", "--json", "--help") if word not in ran.out] == []


def test_a_group_without_a_command_shows_its_commands(cli: Cli) -> None:
    ran = cli("source")
    assert (ran.status, ran.err) == (2, "")
    assert [word for word in ("add", "list", "remove") if f"\n  {word} " not in ran.out] == []


def options_of(words: tuple[str, ...]) -> list[Any]:
    """
    The options of a command; a group and the program have none of their own.
    """
    if words not in every_command():
        return []
    return [param for param in command_of(words).params if param.param_type_name == "option"]


def is_switch(option: Any) -> bool:
    return bool(option.is_flag and not option.secondary_opts)
