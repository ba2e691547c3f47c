"""
Column types that work the same in SQLite and PostgreSQL, and statements for both.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""
SQLite assigns row numbers only in a column declared INTEGER (sqlite.org/autoinc.html).
"""

AsciiKey = sa.String(320).with_variant(sa.String(320, collation="C"), "postgresql")
"""
Text compared byte by byte, so that ranges and order are the same on both databases.
"""


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """
    Stores aware datetimes and returns them in UTC.

    PostgreSQL has TIMESTAMP WITH TIME ZONE. SQLite has no type for times, so SQLAlchemy writes the
    naive UTC value as text of fixed width (`2026-01-31 09:00:00.000000`), which sorts and compares
    in the same order as the times.
    """

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(
        self, value: dt.datetime | None, dialect: sa.Dialect
    ) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        utc = value.astimezone(dt.UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: sa.Dialect
    ) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """
    Return an INSERT into *table* with ON CONFLICT, in the dialect of the connection's database.
    """
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """
    Return an INSERT into *table* with ON CONFLICT for the database of that name.
    """
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def is_among(
    connection: sa.Connection, column: sa.ColumnElement[str], values: Iterable[str]
) -> sa.ColumnElement[bool]:
    """
    Return the condition that a *column* of texts has one of many *values*. They are one parameter:
    a statement with thousands of parameters takes longer to make than to execute.
    """
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(values), sa.ARRAY(sa.Text)))
    found = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(found.c.value))


def is_numbered(
    connection: sa.Connection, column: sa.ColumnElement[int], numbers: Iterable[int]
) -> sa.ColumnElement[bool]:
    """
    Return the condition that a *column* of numbers has one of many *numbers*, as `is_among` does.
    """
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(numbers), sa.ARRAY(sa.BigInteger)))
    found = sa.func.json_each(json.dumps(list(numbers))).table_valued("value")
    return column.in_(sa.select(found.c.value))
