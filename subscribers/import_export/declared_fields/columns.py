"""
Find the columns of a file that are called like declared fields, and read their cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from subscribers.errors import InvalidText
from subscribers.fields.model import Field
from subscribers.fields.parse import parse_value
from subscribers.import_export.products.status_columns import Undecided, is_blank
from subscribers.import_export.reading.file_layout import Attributes, FileLayout
from subscribers.import_export.reading.tag_cells import read_tags, tags_among
from subscribers.import_export.status_words import plain

Values = dict[str, str]


NO_VALUES: Mapping[str, str] = {}
NO_FAULTS: Sequence[str] = ()
_NOTHING: tuple[object, ...] = (None, "", [], {})
# What attributes have that is no value of a field.
_OF_PERSON = frozenset({"tags", "name", "fullname", "firstname", "lastname"})
_MAX_KEY = 60


def with_field_columns(layout: FileLayout, fields: Sequence[Field]) -> FileLayout:
    """
    Return the layout with the columns that are called like one of *fields*. What a column says
    about everybody, such as their name, it goes on saying.
    """
    if not layout.has_header:
        return layout
    by_name = {plain(field.name): field for field in fields}
    found: dict[str, tuple[int, Field]] = {}
    for place, column in enumerate(layout.header):
        field = by_name.get(plain(column))
        if field is not None and place not in layout.taken:
            found.setdefault(field.name, (place, field))
    places = {place for place, _ in found.values()}
    decided = tuple(
        each
        for each in layout.status_columns
        if each.place not in places or not isinstance(each.meaning, Undecided)
    )
    attributes = layout.attributes and replace(layout.attributes, declared=by_name)
    return replace(
        layout, declared=tuple(found.values()), status_columns=decided, attributes=attributes
    )


def read_values(
    declared: Sequence[tuple[int, Field]], cells: Sequence[str], language: str | None
) -> tuple[Values, list[str]]:
    """
    Return the values in a row by the names of their fields, and a sentence for each cell that is
    not a value of its field.
    """
    return _parse(((field, cells[place].strip()) for place, field in declared), language)


def read_attribute_values(
    attributes: Attributes, found: Mapping[str, Any], language: str | None
) -> tuple[Values, list[str]]:
    """
    Return the values of declared fields among those of a cell of attributes, as `read_values` does.
    """
    fields = ((attributes.declared.get(plain(name)), value) for name, value in found.items())
    return _parse(((field, _shown(value)) for field, value in fields if field), language)


def keys_without_field(attributes: Attributes, found: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Return the keys among those of a cell of attributes whose values are left out: there is no such
    field, or it has values of its own.
    """
    return tuple(
        name[:_MAX_KEY]
        for name, value in found.items()
        if value not in _NOTHING
        and plain(name) not in _OF_PERSON
        and (plain(name) not in attributes.declared or not _shown(value))
    )


def name_among(found: Mapping[str, Any]) -> str:
    """
    Return the name of a person in the values of a cell of attributes.
    """
    names = {plain(key): value for key, value in found.items() if isinstance(value, str)}
    parts = (names.get("firstname", ""), names.get("lastname", ""))
    return names.get("name") or names.get("fullname") or " ".join(filter(None, parts))


def _parse(given: Iterable[tuple[Field, str]], language: str | None) -> tuple[Values, list[str]]:
    values: Values = {}
    faults: list[str] = []
    for field, text in given:
        try:
            value = parse_value(field, text, language)
        except InvalidText as error:
            faults.append(f"imported without {error}")
            continue
        if value:
            values[field.name] = value
    return values, faults


def _shown(value: object) -> str:
    """
    Return a value as a person would type it; nothing for one with values of its own.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


class MoreCells(NamedTuple):
    """
    What the cells of a row say beside who it is about: the tags, the values of fields, and which
    cells are none; of attributes, the name in them and the keys that no field has.
    """

    tags: tuple[str, ...] = ()
    values: Mapping[str, str] = NO_VALUES
    faults: Sequence[str] = NO_FAULTS
    name: str = ""
    keys_left_out: tuple[str, ...] = ()


def read_more(layout: FileLayout, cells: Sequence[str], language: str | None) -> MoreCells:
    """
    Return what the *cells* of a row say beside who it is about.
    """
    tags: tuple[str, ...] = ()
    values, faults = NO_VALUES, NO_FAULTS
    for place, separator in layout.tags:
        if cells[place]:
            tags += read_tags(cells[place], separator)
    if layout.declared:
        values, faults = read_values(layout.declared, cells, language)
    attributes = layout.attributes
    if attributes is None or not (cell := cells[attributes.place]):
        return MoreCells(tags, values, faults)
    found = attributes.read(cell)
    if not found:
        unread = [] if is_blank(cell) else [_unread(layout.header[attributes.place])]
        return MoreCells(tags, values, [*faults, *unread])
    more, wrong = read_attribute_values(attributes, found, language)
    return MoreCells(
        (*tags, *tags_among(found)),
        {**more, **values},
        [*faults, *wrong],
        name_among(found),
        keys_without_field(attributes, found),
    )


def _unread(column: str) -> str:
    return f"imported without the values in {column!r}: they cannot be read"
