"""
Read columns as a person says: `--map "Firma=company"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from subscribers.errors import ImportRefused
from subscribers.fields.model import Field
from subscribers.import_export.products.consent_words import ConsentWords
from subscribers.import_export.products.status_columns import StatusColumn, Undecided
from subscribers.import_export.products.undecided_columns import meaning_as_status
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.reading.find_columns import place_of
from subscribers.text.phrases import phrase

IGNORE = "ignore"
# What a column can be read as, and the field that it is in a layout.
_FIELDS: Mapping[str, str] = {
    "email": "email",
    "name": "name",
    "first_name": "first",
    "last_name": "last",
    "language": "language",
    "timezone": "timezone",
    "note": "note",
    "consent": "consent",
    "consent_at": "consent_at",
}


def parse_mapping(text: str) -> tuple[str, str]:
    """
    Return the column and what it is read as in a text such as `Firma=company`.

    Raises:
        ImportRefused: it has no =.
    """
    column, sign, name = text.rpartition("=")
    if not sign or not column.strip() or not name.strip():
        raise ImportRefused(
            phrase('{text!r} does not say what a column is: write "Column=field"', text=text)
        )
    return column.strip(), name.strip().lower()


def parse_mappings(texts: Iterable[str]) -> dict[str, str]:
    """
    Return what each column is read as.

    Raises:
        ImportRefused: a text has no =, or two are about the same column.
    """
    columns: dict[str, str] = {}
    for column, name in map(parse_mapping, texts):
        if column in columns:
            raise _mapped_twice(column, columns[column], name)
        columns[column] = name
    return columns


def _mapped_twice(column: str, one: str, other: str) -> ImportRefused:
    return ImportRefused(
        phrase(
            "the column {column!r} is to be read as {one} and as {other}: choose one",
            column=column,
            one=one,
            other=other,
        )
    )


def map_columns(
    layout: FileLayout, columns: Mapping[str, str], fields: Sequence[Field]
) -> FileLayout:
    """
    Return the layout with *columns* read as a person says, and not as anything else.

    Raises:
        ImportRefused: a column is not in the file, or a field not known; or the column says who
            must not be mailed, which no option overrides.
    """
    declared = {field.name: field for field in fields}
    _refuse_repeated(list(columns.values()))
    mapped: dict[int, str] = {}
    for column, name in columns.items():
        place = place_of(layout.header, column)
        if place in mapped:
            raise _mapped_twice(column, mapped[place], name)
        mapped[place] = name
        if name != "email" and place in layout.fields["email"]:
            raise ImportRefused(
                phrase(
                    "the column {column!r} has the addresses: say which other one has: "
                    '"COLUMN=email"',
                    column=column,
                )
            )
        if layout.says_status(place) and name not in ("status", "consent"):
            raise ImportRefused(
                phrase(
                    "the column {column!r} says who may be emailed, so it is always read: if "
                    "it is about something else, rename it in the file",
                    column=column,
                )
            )
        layout = _map(_without(layout, place), place, column, name, declared)
    return layout


def _refuse_repeated(names: list[str]) -> None:
    for name in names:
        if name != IGNORE and names.count(name) > 1:
            raise ImportRefused(
                phrase("more than one column is to be read as {name}: choose one", name=name)
            )


def _without(layout: FileLayout, place: int) -> FileLayout:
    """
    Return the layout with the column at *place* ignored, except for a status that is certain.
    """
    kept = {
        name: tuple(each for each in places if each != place)
        for name, places in layout.fields.items()
    }
    attributes = layout.attributes
    return replace(
        layout,
        fields={name: places for name, places in kept.items() if places},
        tags=tuple(each for each in layout.tags if each[0] != place),
        declared=tuple(each for each in layout.declared if each[0] != place),
        status_columns=tuple(
            each
            for each in layout.status_columns
            if each.place != place or not isinstance(each.meaning, Undecided)
        ),
        attributes=attributes if attributes and attributes.place != place else None,
    )


def _map(
    layout: FileLayout, place: int, column: str, name: str, declared: Mapping[str, Field]
) -> FileLayout:
    if name == IGNORE:
        return layout
    if name in _FIELDS:
        statuses = layout.status_columns
        if name == "consent" and all(each.place != place for each in statuses):
            statuses = (*statuses, StatusColumn(place, column, ConsentWords()))
        fields = {**layout.fields, _FIELDS[name]: (place,)}
        return replace(layout, fields=fields, status_columns=statuses)
    if name == "tags":
        return replace(layout, tags=(*layout.tags, (place, "")))
    if name == "status":
        if any(each.place == place for each in layout.status_columns):
            return layout
        unknown = StatusColumn(place, column, meaning_as_status(column))
        status = next((each for each in layout.other_lists if each.place == place), unknown)
        others = tuple(each for each in layout.other_lists if each.place != place)
        statuses = (*layout.status_columns, status)
        return replace(layout, status_columns=statuses, other_lists=others)
    if name in declared:
        kept = tuple(each for each in layout.declared if each[1].name != name)
        return replace(layout, declared=(*kept, (place, declared[name])))
    known = ", ".join([*_FIELDS, "tags", "status", IGNORE, *declared])
    raise ImportRefused(
        phrase(
            "{name!r} for the column {column!r} is not a known field: use {known}",
            name=name,
            column=column,
            known=known,
        )
    )
