"""
Declare fields, change and find them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database.field_tables import field as _fields
from subscribers.database.field_tables import field_value, list_field
from subscribers.errors import FieldExists, InvalidText, UnknownField
from subscribers.fields.labels import checked_labels, checked_options
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.fields.reserved import why_reserved
from subscribers.fields.uses import require_not_asked, require_options_unused
from subscribers.text.phrases import phrase

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


def add_field(
    connection: sa.Connection,
    name: str,
    field_type: FieldType,
    *,
    labels: Mapping[str, str],
    options: Sequence[FieldOption] = (),
    is_public: bool = False,
    is_personal: bool = False,
) -> Field:
    """
    Declare a new field, after the others, and return it.

    Raises:
        FieldExists: there is a field of that name.
        InvalidText: the name, a label or an option is not valid.
    """
    known = all_fields(connection)
    require_new_name(name, known)
    position = max((each.position for each in known), default=0) + 1
    connection.execute(
        _fields.insert().values(
            name=name,
            type=field_type.value,
            labels=checked_labels(labels, name),
            options=checked_options(field_type, options),
            is_public=is_public,
            is_personal=is_personal,
            position=position,
        )
    )
    return find_field(connection, name)


def require_new_name(name: str, known: Sequence[Field]) -> None:
    """
    Raise what `add_field` would because of the name, beside the fields that are *known*.
    """
    if not _NAME.fullmatch(name):
        raise InvalidText(
            phrase(
                "{name!r} is not the name of a field: use up to 40 lower-case letters, "
                "digits and _, such as edition",
                name=name,
            ),
            field="name",
        )
    if why := why_reserved(name):
        raise InvalidText(
            phrase("{name!r} is reserved, because {why}: choose another name", name=name, why=why),
            field="name",
        )
    if any(each.name == name for each in known):
        raise FieldExists(
            phrase("field {name!r} already exists: edit it, or choose another name", name=name)
        )


def edit_field(
    connection: sa.Connection,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    options: Sequence[FieldOption] | None = None,
    is_public: bool | None = None,
    is_personal: bool | None = None,
    position: int | None = None,
) -> Field:
    """
    Change the given values of a field and return it. Its type stays, because its values have it.

    Raises:
        UnknownField: there is no field of that name.
        InvalidText: a label or an option is not valid, somebody has chosen an option that is
            missing now, or a form asks for a field that would not be public.
    """
    known = find_field(connection, name)
    given: dict[str, Any] = {
        "labels": None if labels is None else checked_labels(labels, name),
        "options": None if options is None else checked_options(known.type, options),
        "is_public": is_public,
        "is_personal": is_personal,
        "position": position,
    }
    if is_public is False:
        require_not_asked(connection, known)
    if options is not None:
        require_options_unused(connection, known, {option.key for option in options})
    changes = {key: value for key, value in given.items() if value is not None}
    if changes:
        connection.execute(_fields.update().where(_fields.c.id == known.id).values(changes))
    return find_field(connection, name)


def remove_field(connection: sa.Connection, field: Field) -> None:
    """
    Remove a field, with every value of it.
    """
    for table in (field_value, list_field):
        connection.execute(table.delete().where(table.c.field_id == field.id))
    connection.execute(_fields.delete().where(_fields.c.id == field.id))


def all_fields(connection: sa.Connection) -> list[Field]:
    """
    Return every field, in the order in which forms show them.
    """
    rows = connection.execute(sa.select(_fields).order_by(_fields.c.position, _fields.c.id))
    return [field_from_row(row) for row in rows]


def find_field(connection: sa.Connection, name: str) -> Field:
    """
    Return the field of that name.

    Raises:
        UnknownField: there is none; the message names the most similar.
    """
    return find_fields(connection, [name])[name]


def find_fields(connection: sa.Connection, names: Iterable[str]) -> dict[str, Field]:
    """
    Return the fields of those names by their names.

    Raises:
        UnknownField: there is none of one of the names; the message names the most similar.
    """
    wanted = list(names)
    if not wanted:
        return {}
    known = {each.name: each for each in all_fields(connection)}
    for name in wanted:
        if name not in known:
            raise UnknownField(_unknown(name, list(known)), wanted=name)
    return {name: known[name] for name in wanted}


def _unknown(name: str, names: Sequence[str]) -> str:
    if not names:
        return phrase("there is no field {name!r}: add it with `newsletter field add`", name=name)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    advice = (
        phrase("did you mean {near!r}?", near=near[0])
        if near
        else phrase("`newsletter field list` shows all fields")
    )
    return phrase("there is no field {name!r}: {advice}", name=name, advice=advice)


def field_from_row(row: sa.Row[Any]) -> Field:
    """
    Return the field in a row that has all columns of the table.
    """
    return Field(
        id=row.id,
        name=row.name,
        type=FieldType(row.type),
        labels=row.labels,
        options=tuple(
            FieldOption(key=option["key"], labels=option["labels"]) for option in row.options
        ),
        is_public=row.is_public,
        is_personal=row.is_personal,
        position=row.position,
    )
