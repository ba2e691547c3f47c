"""
Read a file of people: its layout, and its records in batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from subscribers.errors import ImportRefused
from subscribers.import_export.csv_records import CsvRecord, read_records
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.reading.find_columns import AS_DETECTED, ReadingChoices
from subscribers.import_export.reading.own_export import (
    MAX_JSON_LINE,
    is_json_line,
    json_lines_layout,
    read_json_lines,
)
from subscribers.import_export.text_file import TextFile, open_text
from subscribers.text.phrases import joined

BATCH_ROWS = 1_000


def layout_of(path: Path) -> FileLayout:
    """
    Detect the layout of the file.

    Raises:
        ImportRefused: it cannot be read, or has no column of addresses.
    """
    with open_text(path) as text:
        try:
            return layout_in(text, path.name)
        except ImportRefused as error:
            raise ImportRefused(joined(": ", [str(path), str(error)])) from error


def layout_in(text: TextFile, name: str, choices: ReadingChoices = AS_DETECTED) -> FileLayout:
    """
    Detect the layout of an open file of that name.

    Raises:
        ImportRefused: it has no column of addresses, or an option does not fit it.
    """
    lines = text.lines()
    first = next(lines, "")
    if is_json_line(first):
        return json_lines_layout()
    return detect_layout(itertools.chain([first], lines), file_name=name, choices=choices)


def read_batches(text: TextFile, layout: FileLayout) -> Iterator[list[CsvRecord]]:
    """
    Read the records below the header in batches of `BATCH_ROWS`.
    """
    records = _read_records(text, layout)
    while batch := list(itertools.islice(records, BATCH_ROWS)):
        yield batch


def _read_records(text: TextFile, layout: FileLayout) -> Iterator[CsvRecord]:
    if layout.is_json_lines:
        return read_json_lines(text.lines(most=MAX_JSON_LINE))
    lines = text.lines()
    for _ in range(layout.skipped_lines):
        next(lines, None)
    records = read_records(lines, layout.delimiter, first_line=layout.skipped_lines + 1)
    if layout.has_header:
        next(records, None)
    if layout.other_lists:
        return (each for each in records if each.fault or not layout.is_about_others(each.cells))
    return records
