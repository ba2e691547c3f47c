"""
Every command that a sentence names is there, with the options it names.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from reference_pages.commands import every_command, parameters_of, sentences_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "templates/README.md",
    *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
]
OF_EVERY_COMMAND = {"--config", "--json", "--help"}


@cache
def options() -> dict[str, set[str]]:
    """
    The options of each command, by the words that call it.
    """
    return {
        words: {name for one in parameters_of(command) for name in one.opts + one.secondary_opts}
        for words, command in every_command()
    }


def named_in(page: Path) -> Iterator[str]:
    """
    Yield the commands between backticks, as they stand there.
    """
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8")):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith("newsletter "):
                yield child.content


def is_there(text: str) -> bool:
    """
    Return True if *text* is a command or a group of commands, with options that it has.
    """
    words = re.sub(r"--config[ =]\S+", "", text).split()[1:]
    plain = [word for word in words if not word.startswith("-")]
    named = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    named -= OF_EVERY_COMMAND
    for command in (" ".join(plain[:2]), plain[0] if plain else ""):
        if command in options():
            return named <= options()[command]
    groups = {command.split()[0] for command in options()}
    return not named and (not plain or (len(plain) == 1 and plain[0] in groups))


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_is_there(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    page = (ROOT / name).read_text("utf-8")
    in_backticks = re.findall(r"`(?:\w+=[^\s`]+ )?make ([a-z][\w-]*)", page)
    in_blocks = re.findall(r"^(?:\$ )?make ([a-z][\w-]*)(?: +#.*)?$", page, re.MULTILINE)
    named = in_backticks + in_blocks
    assert [target for target in named if target not in targets] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_command_in_a_sentence_is_there(name: str) -> None:
    assert [text for text in named_in(ROOT / name) if not is_there(text)] == []


def test_every_example_in_the_help_is_a_command() -> None:
    examples = {words: sentences_of(command)[1] for words, command in every_command()}
    assert [one for one in examples.values() if not is_there(" ".join(shlex.split(one)))] == []


def test_a_command_or_option_that_is_not_there_would_be_noticed() -> None:
    assert is_there("newsletter issue send 4 --wait")
    assert is_there("newsletter issue")
    assert not is_there("newsletter issue nonesuch")
    assert not is_there("newsletter issue send 4 --nonesuch")
    assert not is_there("newsletter nonesuch")
