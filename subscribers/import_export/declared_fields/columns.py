"""
Find the columns of a file that are called like declared fields, and read their cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from subscribers.errors import InvalidText
from subscribers.fields.model import Field
from subscribers.fields.parse import parse_value
from subscribers.import_export.detect_layout import FileLayout
from subscribers.import_export.status_words import plain

Values = dict[str, str]


def with_field_columns(layout: FileLayout, fields: Sequence[Field]) -> FileLayout:
    """
    Return the layout with the columns that are called like one of *fields*. What a column says
    about everybody, such as their name, it goes on saying.
    """
    if not layout.has_header:
        return layout
    taken = {*layout.fields.values(), *(place for place, _ in layout.status_columns)}
    by_name = {plain(field.name): field for field in fields}
    found: dict[str, tuple[int, Field]] = {}
    for place, column in enumerate(layout.header):
        field = by_name.get(plain(column))
        if field is not None and place not in taken:
            found.setdefault(field.name, (place, field))
    return replace(layout, declared=tuple(found.values()))


def read_values(
    declared: Sequence[tuple[int, Field]], cells: Sequence[str], language: str | None
) -> tuple[Values, list[str]]:
    """
    Return the values in a row by the names of their fields, and a sentence for each cell that is
    not a value of its field.
    """
    values: Values = {}
    faults: list[str] = []
    for place, field in declared:
        try:
            value = parse_value(field, cells[place].strip(), language)
        except InvalidText as error:
            faults.append(f"imported without {error}")
            continue
        if value:
            values[field.name] = value
    return values, faults
