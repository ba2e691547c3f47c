"""
The fields that the sign-up form of a list asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from subscribers.database.field_tables import field as _fields
from subscribers.database.field_tables import list_field
from subscribers.errors import InvalidText
from subscribers.fields.declare import all_fields, field_from_row
from subscribers.fields.model import AskedField, Field
from subscribers.text.phrases import phrase


def declared_fields(
    connection: sa.Connection, list_id: int | None = None, *, public_only: bool = False
) -> list[Field]:
    """
    Return the fields in the order in which forms show them: all, or those that the list asks for.
    """
    if list_id is None:
        found = all_fields(connection)
    else:
        asked = asked_fields(connection, [list_id])
        found = [each.field for each in asked.get(list_id, ())]
    return [field for field in found if field.is_public or not public_only]


def asked_fields(
    connection: sa.Connection, list_ids: Sequence[int]
) -> dict[int, tuple[AskedField, ...]]:
    """
    Return the fields that the sign-up forms of the lists ask for, by the number of the list.
    """
    rows = connection.execute(
        sa.select(list_field.c.list_id, list_field.c.is_required, _fields)
        .join(_fields, _fields.c.id == list_field.c.field_id)
        .where(list_field.c.list_id.in_(list(list_ids)))
        .order_by(list_field.c.list_id, list_field.c.position, _fields.c.id)
    )
    found: dict[int, tuple[AskedField, ...]] = {}
    for row in rows:
        asked = AskedField(field=field_from_row(row), is_required=row.is_required)
        found[row.list_id] = (*found.get(row.list_id, ()), asked)
    return found


def set_asked_fields(connection: sa.Connection, list_id: int, asked: Sequence[AskedField]) -> None:
    """
    Let the sign-up form of a list ask for those fields, in that order, and for no others.

    Raises:
        InvalidText: one of them is for staff only.
    """
    for each in asked:
        if not each.field.is_public:
            raise InvalidText(
                phrase(
                    "field {field} is for staff only: make it public first with `newsletter "
                    "field edit {field} --public`",
                    field=each.field.name,
                )
            )
    connection.execute(list_field.delete().where(list_field.c.list_id == list_id))
    rows = [
        {
            "list_id": list_id,
            "field_id": each.field.id,
            "position": place,
            "is_required": each.is_required,
        }
        for place, each in enumerate(asked)
    ]
    if rows:
        connection.execute(list_field.insert(), rows)
