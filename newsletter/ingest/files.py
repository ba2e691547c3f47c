"""
Files a person named on the command line, read into briefs.
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
    One brief a file, in order; relative addresses in them start at *base_url*. The pictures that
    came with a file stay where they are, unless an *illustrator* takes them.

    Raises:
        ReadError: a file cannot be read or holds no brief; the line names it.
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
        # The reading itself calls the file by its key, which is its name.
        raise ReadError(f"{path}: {str(error).removeprefix(f'{item.key}: ')}") from error


def read_archive(path: Path) -> tuple[list[RawItem], list[str]]:
    """
    The posts of a WordPress export file, and what was left out.

    Raises:
        ReadError: it cannot be read, or is no export file.
    """
    try:
        return read_wxr(path.read_bytes())
    except OSError as error:
        raise ReadError(f"cannot read {path}: {error.strerror}") from error
