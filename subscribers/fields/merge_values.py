"""
Select the values of declared fields that an issue freezes for each of its readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database.field_tables import field_value as _values
from subscribers.fields.model import Field


def select_as_json(
    connection: sa.Connection, fields: Sequence[Field], subscriber_id: sa.ColumnElement[Any]
) -> sa.ScalarSelect[str | None]:
    """
    Select the values of *fields* that the person *subscriber_id* has, as a JSON object by the names
    of the fields, or NULL if there are none.
    """
    names: Mapping[int, str] = {field.id: field.name for field in fields}
    name = sa.case(names, value=_values.c.field_id)
    found: sa.ColumnElement[Any]
    if connection.dialect.name == "postgresql":
        found = sa.cast(sa.func.json_object_agg(name, _values.c.value), sa.Text)
    else:
        found = sa.func.nullif(sa.func.json_group_object(name, _values.c.value), "{}")
    theirs = sa.select(found).where(
        _values.c.subscriber_id == subscriber_id, _values.c.field_id.in_(list(names))
    )
    return theirs.scalar_subquery()
