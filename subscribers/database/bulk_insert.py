"""
Insert many rows at the speed of the driver; `import_export` imports a million people with it.

SQLAlchemy would process every value of every row; here whole columns are converted, and PostgreSQL
gets each as one array: a message for every row costs it and psycopg more than the row.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite


def insert_many(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> int:
    """
    Insert *rows*, whose values are in the order of *names*, and return how many were inserted. Rows
    that conflict with an existing row, or with each other, are left out.
    """
    if not rows:
        return 0
    columns = {
        name: _convert(connection, table.c[name].type, values)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    if connection.dialect.name == "postgresql":
        return _insert_arrays(connection, table, columns)
    text, order = _insert_rows(table, tuple(names))
    in_order = zip(*(columns[name] for name in order), strict=True)
    return connection.exec_driver_sql(text, list(in_order)).rowcount


@functools.cache
def _insert_rows(table: sa.Table, names: tuple[str, ...]) -> tuple[str, Sequence[str]]:
    """
    Return the statement for SQLite, and the order of the columns in it.
    """
    statement = sqlite.insert(table).on_conflict_do_nothing()
    compiled = statement.compile(
        dialect=sqlite.dialect(paramstyle="qmark"), column_keys=list(names)
    )
    return str(compiled), compiled.positiontup or names


def _insert_arrays(
    connection: sa.Connection, table: sa.Table, columns: Mapping[str, Iterable[Any]]
) -> int:
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, columns))
    # psycopg sends binary arrays five times as fast as text.
    arrays = ", ".join(f"%b::{_array_type(connection, table.c[name])}" for name in columns)
    inserted = connection.exec_driver_sql(
        f"INSERT INTO {quote(table.name)} ({names}) SELECT * FROM unnest({arrays}) "  # noqa: S608
        "ON CONFLICT DO NOTHING",
        tuple(map(list, columns.values())),
    )
    return inserted.rowcount


def _array_type(connection: sa.Connection, column: sa.Column[Any]) -> str:
    # A cast to VARCHAR(60) would cut a longer text instead of refusing it.
    kind = sa.Text() if isinstance(column.type, sa.String) else column.type
    return f"{kind.compile(dialect=connection.dialect)}[]"


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
