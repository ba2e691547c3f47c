"""
Read the files that a person named on the command line into briefs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from newsletter.errors import ReadError
from newsletter.ingest.images.illustrator import Illustrator
from newsletter.ingest.parsing.data_urls import lift
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.folder.source import open_image, read_file
from newsletter.ingest.sources.wordpress.wxr import read_wxr
from newsletter.model.brief import Brief, RawItem, ReadingRules


def read_files(
    paths: Sequence[Path], *, base_url: str | None = None, illustrator: Illustrator | None = None
) -> list[Brief]:
    """
    Read one brief from each file, in order; relative addresses are resolved against *base_url*.
    Images that came with a file are stored only if there is an *illustrator*.

    Raises:
        ReadError: a file cannot be read or contains no brief; the message names it.
    """
    return [_read(path, base_url, illustrator) for path in paths]


def _read(path: Path, base_url: str | None, illustrator: Illustrator | None) -> Brief:
    item, embedded = lift(read_file(path))

    def opened(name: str) -> bytes:
        return embedded[name] if name in embedded else open_image(path, name)

    item = replace(item, base_url=base_url or item.base_url)
    try:
        brief = read(item, ReadingRules())
        return brief if illustrator is None else illustrator.attach_own(brief, opened)
    except ReadError as error:
        # `read` names the file by its key, which is its name.
        raise ReadError(f"{path}: {str(error).removeprefix(f'{item.key}: ')}") from error


def read_archive(path: Path) -> tuple[list[RawItem], list[str]]:
    """
    Return the posts of a WordPress export file, and notes on what was left out.

    Raises:
        ReadError: it cannot be read, or is not an export file.
    """
    try:
        return read_wxr(path.read_bytes())
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror}") from error
