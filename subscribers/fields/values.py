"""
Store and read the values of declared fields, in the form that `parse` gives them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from subscribers.database.columns import insert_into
from subscribers.database.field_tables import field as _fields
from subscribers.database.field_tables import field_value as _values
from subscribers.errors import InvalidFieldValues, InvalidText
from subscribers.fields.declare import field_from_row, find_fields
from subscribers.fields.json_values import FieldValue, from_stored
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import parse_value
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record
from subscribers.model import Subscriber

_OF_PEOPLE = (
    sa.select(_values.c.subscriber_id, _fields.c.name, _fields.c.type, _values.c.value)
    .join(_fields, _fields.c.id == _values.c.field_id)
    .where(_values.c.subscriber_id.in_(sa.bindparam("people", expanding=True)))
    .order_by(_fields.c.position, _fields.c.id)
)


def set_typed_values(
    connection: sa.Connection,
    person: Subscriber,
    typed: Mapping[str, str],
    *,
    by: Origin,
    now: dt.datetime,
) -> bool:
    """
    Check what somebody typed for the fields of a person, in that person's language, and store it as
    `set_values` does.

    Raises:
        UnknownField: there is no field of one of the names.
        InvalidFieldValues: some are not values of their fields.
    """
    fields = find_fields(connection, typed)
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, text in typed.items():
        try:
            values[name] = parse_value(fields[name], text, person.language)
        except InvalidText as error:
            wrong[name] = str(error)
    if wrong:
        raise InvalidFieldValues(wrong)
    return set_values(connection, person.id, values, by=by, now=now)


def set_values(
    connection: sa.Connection,
    subscriber_id: int,
    values: Mapping[str, str],
    *,
    by: Origin,
    now: dt.datetime,
) -> bool:
    """
    Store the values of a person by the names of their fields, as `parse_value` returned them; an
    empty one removes the value. Return whether anything changed, which is recorded.

    Raises:
        UnknownField: there is no field of one of the names.
    """
    fields = find_fields(connection, values)
    before = values_of(connection, subscriber_id) if fields else {}
    changed = {
        name: {"before": before.get(name, ""), "after": value}
        for name, value in values.items()
        if before.get(name, "") != value
    }
    if not changed:
        return False
    ids = [fields[name].id for name in changed]
    connection.execute(
        _values.delete().where(
            _values.c.subscriber_id == subscriber_id, _values.c.field_id.in_(ids)
        )
    )
    rows = [
        {"subscriber_id": subscriber_id, "field_id": fields[name].id, "value": values[name]}
        for name in changed
        if values[name]
    ]
    if rows:
        connection.execute(insert_into(connection, _values), rows)
    what = HistoryRecord(
        what=HistoryEvent.CHANGED, subscriber_id=subscriber_id, detail={"fields": changed}
    )
    record(connection, what, by=by, at=now)
    return True


def values_of(connection: sa.Connection, subscriber_id: int) -> dict[str, str]:
    """
    Return the values of a person by the names of their fields, in the order of the fields.
    """
    return values_of_all(connection, [subscriber_id]).get(subscriber_id, {})


def values_of_all(
    connection: sa.Connection, subscriber_ids: Collection[int]
) -> dict[int, dict[str, str]]:
    """
    Return the values of several people by their numbers, in one statement. Who has none is left
    out.
    """
    rows = connection.execute(_OF_PEOPLE, {"people": list(subscriber_ids)})
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, {})[row.name] = row.value
    return found


def json_values_of_all(
    connection: sa.Connection, subscriber_ids: Collection[int]
) -> dict[int, dict[str, FieldValue]]:
    """
    Return what `values_of_all` does, with the values as JSON has them.
    """
    rows = connection.execute(_OF_PEOPLE, {"people": list(subscriber_ids)})
    found: dict[int, dict[str, FieldValue]] = {}
    for row in rows:
        value = from_stored(FieldType(row.type), row.value)
        found.setdefault(row.subscriber_id, {})[row.name] = value
    return found


def fields_with_values(connection: sa.Connection, subscriber_id: int) -> list[tuple[Field, str]]:
    """
    Return every field, in order, with the value of a person; empty if they have none.
    """
    theirs = sa.and_(_values.c.field_id == _fields.c.id, _values.c.subscriber_id == subscriber_id)
    query = (
        sa.select(_fields, sa.func.coalesce(_values.c.value, "").label("own_value"))
        .outerjoin(_values, theirs)
        .order_by(_fields.c.position, _fields.c.id)
    )
    return [(field_from_row(row), row.own_value) for row in connection.execute(query)]
