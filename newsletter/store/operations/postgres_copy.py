"""
Copy every row of an SQLite database into an empty PostgreSQL one, and compare the two
(`operations.move_to_postgres`).

Values are sent as text, as SQLite stores them: PostgreSQL reads 0 and 1 as booleans and the times
as times once its session is set to UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

import newsletter.store.tables  # noqa: F401  Publishing's tables join the same metadata.
from newsletter.errors import Refused, StoreError
from newsletter.store.epochs import highest_number
from subscribers.database.tables import metadata

# The rows in one COPY, and the rows if each may contain a whole mail or image: each chunk is held
# in memory.
CHUNK = 10_000
CHUNK_OF_LARGE = 100
_LARGE = (sa.JSON, sa.LargeBinary)

# Called with the number of rows copied so far, and the total.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Copied:
    """
    How many rows of one table were copied.
    """

    table: str
    rows: int


def require_empty(target: sa.Connection, place: str) -> None:
    """
    Check that a database has none of our rows.

    Raises:
        Refused: one of our tables has rows; the line says which.
    """
    existing = set(sa.inspect(target).get_table_names())
    for table in metadata.sorted_tables:
        if table.name in existing and count_rows(target, table):
            raise Refused(
                f"{place} already has rows ({table.name}): choose an empty database, or remove "
                "this one if nothing in it is needed"
            )


def copy_rows(
    source: sa.Connection, target: sa.Connection, on_progress: OnProgress
) -> list[Copied]:
    """
    Copy all rows, in the order that foreign keys require, and advance the sequences. Return the
    counts by table.

    Raises:
        StoreError: PostgreSQL refused a value; the line names the table.
    """
    target.execute(sa.text("SET LOCAL TimeZone = 'UTC'"))
    tables = metadata.sorted_tables
    total = sum(count_rows(source, table) for table in tables)
    copied, before = [], 0
    for table in tables:
        rows = 0
        for chunk in _chunks(source, table):
            write_rows(target, table, chunk)
            rows += len(chunk)
            on_progress(before + rows, total)
        before += rows
        copied.append(Copied(table=table.name, rows=rows))
        _set_sequence(source, target, table)
    # Or the first statements would be planned for empty tables.
    target.execute(sa.text("ANALYZE"))
    return copied


def require_equal(source: sa.Connection, target: sa.Connection) -> None:
    """
    Check that the tables of two databases agree in counts, sums of numbers and lengths of texts.

    Raises:
        StoreError: they differ; the line says where.
    """
    for table in metadata.sorted_tables:
        ours, theirs = (_sums(connection, table) for connection in (source, target))
        different = [name for name, value in ours.items() if theirs[name] != value]
        if different:
            raise StoreError(
                f"the copy of {table.name} differs in {', '.join(different)}: nothing "
                "was copied; please report this"
            )


def _chunks(source: sa.Connection, table: sa.Table) -> Iterator[Sequence[sa.Row[Any]]]:
    raw = [sa.type_coerce(column, sa.types.NullType()) for column in table.columns]
    rows: sa.Result[Any] = source.execute(sa.select(*raw).order_by(*table.primary_key.columns))
    return rows.partitions(rows_at_once(table))


def rows_at_once(table: sa.Table) -> int:
    """
    Return how many rows of a table are held in memory together.
    """
    is_large = any(isinstance(column.type, _LARGE) for column in table.columns)
    return CHUNK_OF_LARGE if is_large else CHUNK


def write_rows(target: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """
    Add rows to a table of PostgreSQL.

    Raises:
        StoreError: PostgreSQL refused a value; the line names the table.
    """
    quote = target.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    driver: Any = target.connection.driver_connection
    assert target.dialect.dbapi is not None
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
    except (target.dialect.dbapi.Error, UnicodeEncodeError) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"table {table.name} was refused ({reason}): nothing was copied"
        ) from error


def _set_sequence(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    (key, *others) = table.primary_key.columns
    if others or not isinstance(key.type, sa.Integer):
        return
    names = {"table": table.name, "column": key.name}
    sequence = target.execute(
        sa.text("SELECT pg_get_serial_sequence(:table, :column)"), names
    ).scalar_one()
    highest = highest_number(source, table)
    if sequence is not None and highest:
        target.execute(sa.select(sa.func.setval(sequence, highest)))


def count_rows(connection: sa.Connection, table: sa.Table) -> int:
    """
    Return how many rows a table has.
    """
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _sums(connection: sa.Connection, table: sa.Table) -> dict[str, int]:
    """
    Return for each column the sum of its numbers, the total length of its texts, or else the count
    of its values.
    """
    sums = [_sum(column).label(column.name) for column in table.columns]
    counted = sa.func.count().label("number of rows")
    row = connection.execute(sa.select(counted, *sums).select_from(table)).one()
    return {name: int(value or 0) for name, value in row._mapping.items()}


def _sum(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.Integer):
        return sa.func.sum(column)
    if isinstance(column.type, sa.String | sa.JSON):
        return sa.func.sum(sa.func.length(sa.cast(column, sa.Text)))
    if isinstance(column.type, sa.LargeBinary):
        return sa.func.sum(sa.func.length(column))
    return sa.func.count(column)
