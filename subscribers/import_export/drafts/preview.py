"""
Show what the files of an import say before anything is read from them: each column with its first
values, and what it would be read as.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from subscribers.errors import ImportRefused
from subscribers.fields.model import Field
from subscribers.import_export.cells import take_guard_off
from subscribers.import_export.detect_layout import MAX_COLUMNS, first_rows
from subscribers.import_export.read_file import read_batches
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.import_export.reading.own_export import OwnColumns
from subscribers.import_export.sources import ImportSource, find_sources
from subscribers.import_export.text_file import open_text

MOST_VALUES = 3
_ROWS = 100
_MOST_CHARS = 60


@dataclass(frozen=True, kw_only=True)
class PreviewedColumn:
    """
    A column with its first values. `read_as` is what it is read as, `""` if it is not;
    `says_status` that it says who may be emailed, and is always read; `is_undecided`
    that a person has to say whether it does.
    """

    name: str
    read_as: str
    values: Sequence[str]
    says_status: bool = False
    is_undecided: bool = False


@dataclass(frozen=True, kw_only=True)
class PreviewedFile:
    """
    A file, or one in an archive. `status` is what it says about everybody in it, if it does;
    `encoding` is empty unless it was guessed. `refusal` is why it cannot be read as it is.
    """

    name: str
    columns: Sequence[PreviewedColumn]
    product: str = ""
    encoding: str = ""
    status: str = ""
    hint: str = ""
    has_header: bool = True
    has_lists: bool = False
    refusal: str = ""


def preview_files(
    path: Path, fields: Sequence[Field], choices: ReadingChoices
) -> list[PreviewedFile]:
    """
    Return what is in a file, or in the files of an archive. If its columns are not as they have to
    be, these are shown with the reason.

    Raises:
        ImportRefused: it cannot be read at all.
    """
    try:
        return [
            _preview(source)
            for source in find_sources([path], fields, choices, may_be_undecided=True)
        ]
    except ImportRefused as error:
        return [_preview_refused(path, error)]


def _preview(source: ImportSource) -> PreviewedFile:
    layout = source.layout
    with source.open() as text:
        records = next(read_batches(text, layout), [])[:_ROWS]
    rows = [record.cells for record in records if not record.fault]
    columns = [
        PreviewedColumn(
            name=name,
            read_as=layout.columns.get(name, ""),
            values=_values(rows, place),
            says_status=layout.says_status(place),
            is_undecided=name in layout.undecided,
        )
        for place, name in enumerate(layout.header)
    ]
    return PreviewedFile(
        name=source.name,
        columns=columns,
        product=layout.product,
        encoding=source.guessed_encoding or "",
        status=layout.at_least.status.value if layout.at_least else "",
        hint=layout.hint or "",
        has_header=layout.has_header,
        has_lists=OwnColumns(layout).has_lists,
    )


def _preview_refused(path: Path, error: ImportRefused) -> PreviewedFile:
    """
    Return the columns of a file that is refused for them.

    Raises:
        ImportRefused: it has no columns to choose from.
    """
    try:
        with open_text(path) as text:
            heading, *rows = first_rows(text.lines())
    except ImportRefused:
        raise error from None
    if len(heading) > MAX_COLUMNS or len(heading) < 2:
        raise error
    header = [take_guard_off(cell).strip() for cell in heading]
    columns = [
        PreviewedColumn(name=name, read_as="", values=_values(rows, place))
        for place, name in enumerate(header)
    ]
    return PreviewedFile(name=path.name, columns=columns, refusal=str(error))


def _values(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    cells = (take_guard_off(row[place]).strip() for row in rows if len(row) > place)
    filled = dict.fromkeys(cell for cell in cells if cell)
    return [_cut(cell) for cell in itertools.islice(filled, MOST_VALUES)]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"
