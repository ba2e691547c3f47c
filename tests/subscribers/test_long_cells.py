"""
Cells of an import that are made to take long to read.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Sequence

from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.columns import with_field_columns
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.rows import BadRow, RowReader

LETTERS = 64_000
SHAPES = {
    "marks": "\u0301" * LETTERS,
    "marks in the wrong order": "a" + "\u0316\u0301" * (LETTERS // 2),
    "many with marks": ("\u0301" * 50 + ",") * (LETTERS // 51),
    "syllables": "\u1100\u1161" * (LETTERS // 2),
    "ligatures": "\ufdfa" * LETTERS,
    "commas": "," * LETTERS,
    "digits": "9" * LETTERS,
    "quotes": '"' * LETTERS,
    "brackets": "[" * LETTERS,
    "separators": ";=" * (LETTERS // 2),
}
NAMES = (
    "email name first_name last_name language timezone note consent consent_at status tags "
    "status_reason created_at unsubscribed_at optin_source confirmed active lists"
)
FIELDS = [
    Field(id=number, name=kind.value, type=kind, options=(FieldOption(key="a"),))
    for number, kind in enumerate(FieldType)
]
# 8.7 s before cells were bounded, and 0.03 s since.
MOST_SECONDS = 1.0


def seconds_of(reader: RowReader, cells: Sequence[str]) -> float:
    """
    Return the processor time that a row takes.
    """
    began = time.process_time()
    with contextlib.suppress(BadRow):
        reader.read(CsvRecord(2, list(cells)))
    return time.process_time() - began


def test_no_cell_of_any_column_takes_long_whatever_is_in_it() -> None:
    columns = [*NAMES.split(), *(field.name for field in FIELDS)]
    empty = ["ada@example.org", *[""] * (len(columns) - 1)]
    lines = [",".join(columns) + "\n", ",".join(empty) + "\n"]
    reader = RowReader(with_field_columns(detect_layout(lines), FIELDS))
    slow = [
        (column, shape)
        for (place, column), shape in itertools.product(enumerate(columns), SHAPES)
        if seconds_of(reader, [*empty[:place], SHAPES[shape], *empty[place + 1 :]]) > MOST_SECONDS
    ]
    assert slow == []
