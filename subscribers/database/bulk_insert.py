"""
Insert many rows at the speed of the driver; `import_export` imports a million people with it.

SQLAlchemy would process every value of every row; here it only writes the statement and converts
whole columns.
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
    Insert *rows*, whose values are in the order of *names*. Rows that conflict with an existing
    row, or with each other, are left out.
    """
    if not rows:
        return
    statement = insert_into(connection, table).on_conflict_do_nothing()
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(names))
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    order = compiled.positiontup or list(names)
    converted = [_convert(connection, table.c[name].type, columns[name]) for name in order]
    in_order = list(zip(*converted, strict=True))
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), in_order)
    else:
        named = [dict(zip(order, values, strict=True)) for values in in_order]
        connection.exec_driver_sql(str(compiled), named)


def _convert(
    connection: sa.Connection, kind: sa.types.TypeEngine[Any], values: Sequence[Any]
) -> Iterable[Any]:
    convert = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if convert is None:
        return values
    if isinstance(kind, sa.JSON):
        # Many rows of an import have the very same value.
        as_text = {id(value): convert(value) for value in values}
        return [as_text[id(value)] for value in values]
    # Of the others only times need conversion, and most rows have the same few.
    converted = {value: convert(value) for value in set(values)}
    return [converted[value] for value in values]
