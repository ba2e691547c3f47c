"""
A text in Markdown, such as the introductory text of an issue: from an option, from a file, or from
standard input.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.errors import ReadError, Refused

CONTENT = "Content"
# Far longer than a text that mail programs show whole.
MAX_BYTES = 200_000
Intro = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Introductory text before the briefs, in Markdown",
        show_default="none",
        rich_help_panel=CONTENT,
    ),
]
IntroFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="File with the introductory text; - reads standard input",
        show_default="none",
        rich_help_panel=CONTENT,
    ),
]


def read_intro(text: str | None, file: Path | None, *, option: str = "--intro") -> str | None:
    """
    Return the *text* that was given with *option*, or the content of the *file*; None if neither
    was given.

    Raises:
        Refused: both were given.
        ReadError: the file cannot be read, is too large, or is not UTF-8.
    """
    if file is None:
        return text
    if text is not None:
        raise Refused(f"{option} and {option}-file both give the text: use one of them")
    name = "standard input" if str(file) == "-" else str(file)
    try:
        raw = _read(file)
    except OSError as error:
        raise ReadError(f"cannot read {name}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise ReadError(f"{name} is larger than {MAX_BYTES // 1000} KB: shorten the text")
    try:
        return raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise ReadError(f"{name} is not UTF-8 at byte {error.start}: save it as UTF-8") from error


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)
