"""
Complete commands and options in bash, zsh and fish, by typer's own scripts.

A script runs the program with what was typed in the environment. Here it is read as `main` reads
arguments, so that `--config`, `--as` and `--json` may stand anywhere.
"""

from __future__ import annotations

import os
import shlex
import sys

from newsletter.cli.session import Session

# The variable by which typer's scripts ask for completions.
ASKED = "_NEWSLETTER_COMPLETE"
OPTIONS = (
    ("--install-completion", "Complete commands with the Tab key in this shell (bash, zsh, fish)"),
    ("--show-completion", "Print the script that does that"),
)
# bash gives the words and the place of the cursor; zsh and fish the line up to the cursor.
_WORDS, _PLACE, _LINE = "COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"


def read_typed() -> list[str]:
    """
    Take the options of every command out of what was typed, and return the words before the one
    that is completed. Where a file's name or a person's follows, end the run without any.
    """
    try:
        before, typed = _words_of_bash() if _WORDS in os.environ else _words_of_line()
    except ValueError:
        # A quotation mark is still open.
        sys.exit(1)
    if before[-1:] in (["--config"], ["--as"]):
        sys.exit(1)
    rest = Session.from_arguments(before)[1]
    line = shlex.join(["newsletter", *rest])
    os.environ[_WORDS] = f"{line} {typed}"
    os.environ[_PLACE] = str(len(rest) + 1)
    os.environ[_LINE] = f"{line} {typed}"
    return rest


def _words_of_bash() -> tuple[list[str], str]:
    words, place = shlex.split(os.environ[_WORDS]), int(os.environ[_PLACE])
    return words[1:place], (words[place:] or [""])[0]


def _words_of_line() -> tuple[list[str], str]:
    line = os.environ.get(_LINE, "")
    words = shlex.split(line)[1:]
    return (words, "") if line.endswith(" ") or not words else (words[:-1], words[-1])
