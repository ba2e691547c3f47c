"""
Read a file of people as an import does.
"""

from __future__ import annotations

from pathlib import Path

from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.sources import ImportSource, find_sources, read_batches


def source_of(folder: Path, name: str, text: str | bytes, **choices: object) -> ImportSource:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return find_sources([path], [], ReadingChoices(**choices))[0]  # type: ignore[arg-type]


def rows_of(source: ImportSource) -> list[Row]:
    reader = RowReader(source.layout)
    found = []
    with source.open() as text:
        for batch in read_batches(text, source.layout):
            for record in batch:
                try:
                    found.append(reader.read(record))
                except BadRow:
                    continue
    return found
