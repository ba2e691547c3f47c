"""
Inserts many rows at the speed of the driver; `transfer` brings a million people in with it.

SQLAlchemy looks at every value of every row; here it writes the statement and converts columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database.columns import insert_into


def insert_many(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """
    Inserts *rows*, whose values stand in the order of *names*; rows that conflict with what is
    there, or with each other, are left out.
    """
    if not rows:
        return
    statement = insert_into(connection, table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(names))
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    order = compiled.positiontup or list(names)
    converted = [_converted(connection, table.c[name].type, columns[name]) for name in order]
    by_place = list(zip(*converted, strict=True))
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), by_place)
    else:
        named = [dict(zip(order, values, strict=True)) for values in by_place]
        connection.exec_driver_sql(str(compiled), named)


def _converted(
    connection: sa.Connection, kind: sa.types.TypeEngine[Any], values: Sequence[Any]
) -> Iterable[Any]:
    convert = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if convert is None:
        return values
    # Only times are converted, and most rows share theirs.
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]
