"""
Read the files that a person named on the command line into briefs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from newsletter.errors import ReadError
from newsletter.ingest.images.illustrator import Illustrator
from newsletter.ingest.parse_items import PARSING_MODULES, read_items
from newsletter.ingest.parsing.data_urls import lift
from newsletter.ingest.sources.folder.source import open_image, read_file
from newsletter.ingest.sources.sandboxed_parser import SOURCE_MODULES, SandboxedParser
from newsletter.ingest.sources.wordpress.wxr import read_wxr
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, RawItem, ReadingRules
from subscribers.text.phrases import phrase

FILE_MODULES = (*SOURCE_MODULES, *PARSING_MODULES)


def read_files(
    paths: Sequence[Path],
    *,
    base_url: str | None = None,
    illustrator: Illustrator | None = None,
    sandbox: Sandbox | None = None,
) -> list[Brief]:
    """
    Read one brief from each file, in order; relative addresses are resolved against *base_url*.
    Images that came with a file are stored only if there is an *illustrator*. The files are parsed
    in the *sandbox*, which has loaded FILE_MODULES, or in a new one.

    Raises:
        ReadError: a file cannot be read or contains no brief; the message names it.
    """
    if sandbox is not None:
        return [_read(path, base_url, illustrator, sandbox) for path in paths]
    with Sandbox(FILE_MODULES) as new:
        return [_read(path, base_url, illustrator, new) for path in paths]


def _read(
    path: Path, base_url: str | None, illustrator: Illustrator | None, sandbox: Sandbox
) -> Brief:
    parser = SandboxedParser(sandbox)
    item, embedded = lift(read_file(path, parser))

    def opened(name: str) -> bytes:
        return embedded[name] if name in embedded else open_image(path, name, parser)

    item = replace(item, base_url=base_url or item.base_url)
    (brief,) = read_items(sandbox, [item], ReadingRules())
    if isinstance(brief, str):
        # The reason names the file by its key, which is its name.
        raise ReadError(f"{path}: {brief.removeprefix(f'{item.key}: ')}")
    try:
        return brief if illustrator is None else illustrator.attach_own(brief, opened)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from error


def read_archive(path: Path) -> tuple[list[RawItem], list[str]]:
    """
    Return the posts of a WordPress export file, and notes on what was left out.

    Raises:
        ReadError: it cannot be read, or is not an export file.
    """
    try:
        return read_wxr(path.read_bytes())
    except OSError as error:
        raise ReadError(
            phrase("cannot read {path}: {reason}", path=path, reason=error.strerror)
        ) from error
