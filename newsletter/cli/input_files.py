"""
Files that a command reads, of which `-` is standard input. It is written to a file first, because
readers go back to the start of one, and tell by its size how far they are.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from newsletter.errors import ReadError

MAX_BYTES = 4 * 2**30
_CHUNK = 2**20
# What is read from standard input is in this folder until the command ends.
_FOLDER = f"{__name__}.folder"


def or_standard_input(otherwise: str) -> Callable[..., Any]:
    """
    Return a callback for an argument or option that names files. The file that stands for standard
    input ends with what its content tells, or *otherwise*.
    """

    def read(context: typer.Context, value: Any) -> Any:
        if context.resilient_parsing or value is None:
            return value
        if isinstance(value, list | tuple):
            return [_file(context, each, otherwise) for each in value]
        return type(value)(_file(context, value, otherwise))

    return read


def is_standard_input(context: typer.Context, file: Path) -> bool:
    """
    Return True if *file* is, or lies beside, the one that stands for standard input.
    """
    folder: Path | None = context.meta.get(_FOLDER)
    return folder is not None and file.parent == folder


def keep_here(context: typer.Context, file: Path) -> Path:
    """
    Move a file that was made beside standard input to the current folder; return where it is. Any
    other file stays where it is.
    """
    if not is_standard_input(context, file):
        return file
    names = (f"{file.stem}-{n}{file.suffix}" if n else file.name for n in itertools.count())
    here = next(Path(name) for name in names if not Path(name).exists())
    shutil.move(file, here)
    return here


def _file(context: typer.Context, named: Any, otherwise: str) -> Any:
    if str(named) != "-":
        return named
    folder = tempfile.TemporaryDirectory(prefix="newsletter-")
    context.call_on_close(folder.cleanup)
    context.meta[_FOLDER] = Path(folder.name)
    try:
        return _copy(Path(folder.name), otherwise)
    except OSError as error:
        raise ReadError(f"cannot read standard input: {error.strerror or error}") from error


def _copy(folder: Path, otherwise: str) -> Path:
    """
    Write standard input to a file in *folder*, and return its path.
    """
    chunk = sys.stdin.buffer.read(_CHUNK)
    file = folder / f"standard-input{_ending(chunk, otherwise)}"
    with file.open("xb") as new:
        while chunk:
            if new.tell() + len(chunk) > MAX_BYTES:
                raise ReadError("standard input is larger than 4 GB: give a file by its name")
            new.write(chunk)
            chunk = sys.stdin.buffer.read(_CHUNK)
    return file


def _ending(start: bytes, otherwise: str) -> str:
    if start.startswith(b"PK\x03\x04"):
        return ".zip" if otherwise != ".md" else ".docx"
    return ".html" if start.lstrip()[:1] == b"<" and otherwise != ".csv" else otherwise
