"""
The files of an import: how each is laid out, and their records in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from subscribers.errors import ImportRefused
from subscribers.fields.model import Field
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.columns import with_field_columns
from subscribers.import_export.products.detect_product import GENERIC
from subscribers.import_export.read_file import layout_in, read_batches
from subscribers.import_export.reading.archives import (
    is_archive,
    open_in_archive,
    text_files_in,
)
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.reading.find_columns import (
    AS_DETECTED,
    ReadingChoices,
    has_column,
    place_of,
)
from subscribers.import_export.reading.map_columns import map_columns
from subscribers.import_export.reading.own_export import OwnColumns
from subscribers.import_export.text_file import TextFile, open_text
from subscribers.text.phrases import joined, phrase

MAX_BYTES = 100_000_000
MAX_ROWS = 1_000_000
_MOST_NAMED = 5
Progress = Callable[[int, int], None]
Opening = Callable[[], AbstractContextManager[TextFile]]


@dataclass(frozen=True, kw_only=True)
class ImportSource:
    """
    A text file of an import, by the name that consents give it, and how it is read. It is opened
    each time it is read.
    """

    name: str
    layout: FileLayout
    open: Opening
    size: int
    guessed_encoding: str | None = None


class SourceBatch(NamedTuple):
    """
    Records of one source, by its place among the sources, and the bytes read of all sources.
    """

    source: int
    records: Sequence[CsvRecord]
    bytes_read: int


def find_sources(
    paths: Sequence[Path],
    fields: Sequence[Field],
    choices: ReadingChoices = AS_DETECTED,
    *,
    may_be_undecided: bool = False,
) -> list[ImportSource]:
    """
    Return the sources in the files and archives, with their columns of *fields*. Those about people
    who must not be mailed come first, whatever the order of the files. Nothing may be imported from
    columns that are undecided: nobody in them becomes active.

    Raises:
        ImportRefused: a file cannot be read, has no column of addresses, or is too large, or a
            person has to say what a column is.
    """
    _require_size(path.stat().st_size for path in paths if path.is_file())
    found = [source for path in paths for source in _sources_in(path, choices)]
    _require_limits(found)
    _require_columns(found, choices)
    found = [_with_fields(source, fields, choices) for source in found]
    if not may_be_undecided:
        _require_decided(found, choices)
    return sorted(found, key=lambda source: -source.layout.severity)


def _sources_in(path: Path, choices: ReadingChoices) -> list[ImportSource]:
    if is_archive(path):
        return _archived_sources(path, choices)
    with open_text(path) as text:
        return [_source(text, path.name, str(path), partial(open_text, path), choices)]


def _archived_sources(path: Path, choices: ReadingChoices) -> list[ImportSource]:
    """
    Return the sources in an archive: the files that a product wrote about people, else all that
    have addresses. Products pack other files with them, such as posts.
    """
    found: list[ImportSource] = []
    refusals: list[ImportRefused] = []
    for entry in text_files_in(path, max_bytes=MAX_BYTES):
        opening = partial(open_in_archive, path, entry)
        name = entry.filename.rpartition("/")[2]
        try:
            with opening() as text:
                found.append(_source(text, name, f"{path}: {entry.filename}", opening, choices))
        except ImportRefused as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    of_products = [source for source in found if source.layout.product != GENERIC.name]
    return of_products or found


def _source(
    text: TextFile, name: str, where: str, opening: Opening, choices: ReadingChoices
) -> ImportSource:
    try:
        layout = layout_in(text, name, choices)
    except ImportRefused as error:
        raise ImportRefused(joined(": ", [where, str(error)])) from error
    return ImportSource(
        name=name,
        layout=layout,
        open=opening,
        size=text.size,
        guessed_encoding=text.guessed_encoding,
    )


def _require_columns(found: Sequence[ImportSource], choices: ReadingChoices) -> None:
    """
    Raise ImportRefused if no source has one of the chosen columns.
    """
    headers = [source.layout.header for source in found]
    for column in choices.columns:
        if not any(has_column(header, column) for header in headers):
            place_of(headers[0], column)


def _require_decided(found: Sequence[ImportSource], choices: ReadingChoices) -> None:
    """
    Raise ImportRefused if a column may say who must not be emailed, and nobody said whether it
    does.
    """
    source = next((each for each in found if each.layout.undecided), None)
    if source is None:
        return
    columns = source.layout.undecided
    names, file = ", ".join(map(repr, columns[:_MOST_NAMED])), source.name
    if not choices.into:
        # Only an import can be told.
        raise ImportRefused(
            phrase(
                "{names} in the file {file} may say who must not be emailed: call the column "
                "status, or remove it",
                names=names,
                file=file,
            )
        )
    raise ImportRefused(
        phrase(
            "{names} in the file {file} may say who must not be emailed: read it as status "
            '(--map "{column}=status"), or as ignore (--map "{column}=ignore") if it is about '
            "something else",
            names=names,
            file=file,
            column="".join(filter(str.isprintable, columns[0])),
        )
    )


def _with_fields(
    source: ImportSource, fields: Sequence[Field], choices: ReadingChoices
) -> ImportSource:
    layout = with_field_columns(source.layout, fields)
    columns = [each for each in choices.columns.items() if has_column(layout.header, each[0])]
    return replace(source, layout=map_columns(layout, dict(columns), fields))


def _require_limits(found: Sequence[ImportSource]) -> None:
    """
    Raise ImportRefused if the files are larger than an import may be.
    """
    _require_size(source.size for source in found)
    rows = sum(map(_most_rows, found))
    if rows > MAX_ROWS:
        rows = sum(len(batch.records) for batch in read_sources(found))
    if rows > MAX_ROWS:
        raise ImportRefused(
            phrase(
                "the files have more than {limit:,} rows: split them and import the parts",
                limit=MAX_ROWS,
            )
        )


def _require_size(sizes: Iterable[int]) -> None:
    if sum(sizes) > MAX_BYTES:
        raise ImportRefused(
            phrase(
                "the files have more than {limit} MB: split them and import the parts",
                limit=MAX_BYTES // 1000000,
            )
        )


def _most_rows(source: ImportSource) -> int:
    """
    Return how many rows a source can have: its lines, if each is at most one, or its bytes if there
    are few.
    """
    if source.size < MAX_ROWS:
        return source.size
    if not source.layout.delimiter:
        return MAX_ROWS + 1
    with source.open() as text:
        return sum(1 for _ in text.lines()) - 1


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


def lists_in(paths: Sequence[Path]) -> list[str]:
    """
    Return the slugs of the lists that the rows of our own exports are about, sorted.

    Raises:
        ImportRefused: a file cannot be read, or does not say which lists it is about.
    """
    slugs: set[str] = set()
    sources = find_sources(paths, (), may_be_undecided=True)
    columns = [OwnColumns(source.layout) for source in sources]
    for batch in read_sources(sources) if any(each.has_lists for each in columns) else ():
        own = columns[batch.source]
        slugs.update(slug for record in batch.records for slug in own.lists_of(record))
    if not slugs:
        raise ImportRefused(
            phrase("{path}: no column says which list: add --list SLUG", path=paths[0])
        )
    return sorted(slugs)
