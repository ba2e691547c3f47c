"""
The files of an import: how each is laid out, and their records in batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from subscribers.errors import ImportRefused
from subscribers.fields.model import Field
from subscribers.import_export.csv_records import CsvRecord, read_records
from subscribers.import_export.declared_fields.columns import with_field_columns
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.text_file import TextFile, open_text

BATCH_ROWS = 1_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class ImportSource:
    """
    A text file of an import, by the name that consents give it, and how it is read. It is opened
    each time it is read.
    """

    name: str
    layout: FileLayout
    open: Callable[[], AbstractContextManager[TextFile]]
    size: int
    guessed_encoding: str | None = None


class SourceBatch(NamedTuple):
    """
    Records of one source, by its place among the sources, and the bytes read of all sources.
    """

    source: int
    records: Sequence[CsvRecord]
    bytes_read: int


def find_sources(paths: Sequence[Path], fields: Sequence[Field]) -> list[ImportSource]:
    """
    Return the sources in the files, with their columns of *fields*.

    Raises:
        ImportRefused: a file cannot be read, or has no column of addresses.
    """
    return [_source_in(path, fields) for path in paths]


def _source_in(path: Path, fields: Sequence[Field]) -> ImportSource:
    with open_text(path) as text:
        source = ImportSource(
            name=path.name,
            layout=_layout_in(text, path),
            open=partial(open_text, path),
            size=text.size,
            guessed_encoding=text.guessed_encoding,
        )
    return replace(source, layout=with_field_columns(source.layout, fields))


def read_sources(sources: Sequence[ImportSource]) -> Iterator[SourceBatch]:
    """
    Read the records of the sources, one after another, in batches of `BATCH_ROWS`.
    """
    bytes_before = 0
    for place, source in enumerate(sources):
        with source.open() as text:
            for records in read_batches(text, source.layout):
                yield SourceBatch(place, records, bytes_before + text.bytes_read)
        bytes_before += source.size


def layout_of(path: Path) -> FileLayout:
    """
    Detect the layout of the file.

    Raises:
        ImportRefused: it cannot be read, or has no column of addresses.
    """
    with open_text(path) as text:
        return _layout_in(text, path)


def _layout_in(text: TextFile, path: Path) -> FileLayout:
    try:
        return detect_layout(text.lines(), file_name=path.name)
    except ImportRefused as error:
        raise ImportRefused(f"{path}: {error}") from error


def read_batches(text: TextFile, layout: FileLayout) -> Iterator[list[CsvRecord]]:
    """
    Read the records below the header in batches of `BATCH_ROWS`.
    """
    lines = text.lines()
    for _ in range(layout.skipped_lines):
        next(lines, None)
    records = read_records(lines, layout.delimiter, first_line=layout.skipped_lines + 1)
    if layout.has_header:
        next(records, None)
    while batch := list(itertools.islice(records, BATCH_ROWS)):
        yield batch
