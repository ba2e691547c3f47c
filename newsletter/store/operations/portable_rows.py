"""
The rows of a table in a form that does not depend on the database, as `newsletter move-out` writes
and `move-in` reads them: times as ISO 8601 in UTC, bytes as Base64, JSON as its text.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.store.epochs import continue_above, highest_number
from newsletter.store.operations.postgres_copy import rows_at_once, write_rows
from subscribers.database.columns import UtcDateTime

PortableRow = Sequence[Any]
_NULL = sa.types.NullType()
_KINDS: Sequence[tuple[type[sa.types.TypeEngine[Any]], frozenset[type]]] = (
    (sa.Boolean, frozenset({bool})),
    (sa.Integer, frozenset({int})),
    (sa.Double, frozenset({int, float})),
)
_TEXT = frozenset({str})


def read_rows(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[PortableRow]]:
    """
    Yield the rows of a table in parts, in the order of their keys.
    """
    is_postgres = connection.dialect.name == "postgresql"
    shown = _shown_by_postgres if is_postgres else _shown_by_sqlite
    columns = [shown(column).label(column.name) for column in table.columns]
    query = sa.select(*columns).order_by(*table.primary_key.columns)
    changed = _changes(table, {sa.Boolean: bool, sa.LargeBinary: _encoded})
    at_once = rows_at_once(table)
    with connection.execute(query, execution_options={"yield_per": at_once}) as rows:
        for part in rows.partitions():
            yield [_changed(row, changed) for row in part] if changed else part


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[PortableRow]) -> None:
    """
    Insert rows that `read_rows` yielded from any database.

    Raises:
        Refused: a value is not of its column's kind, or the database refuses one.
    """
    _require_kinds(table, rows)
    changed = _changes(table, {sa.LargeBinary: _decoded})
    values = [_changed(row, changed) for row in rows] if changed else rows
    if connection.dialect.name == "postgresql":
        write_rows(connection, table, values)
    else:
        _insert_into_sqlite(connection, table, values)


def prepare_to_fill(connection: sa.Connection) -> None:
    """
    Let a transaction fill many tables quickly, whichever row names which.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL TimeZone = 'UTC'"))
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    # KiB: an index in random order would be read again and again from a smaller cache.
    connection.exec_driver_sql("PRAGMA cache_size=-65536")


def finish_filling(connection: sa.Connection) -> None:
    """
    Count the rows of the filled tables, or the first statements would be planned for empty ones.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("ANALYZE"))


def last_number(connection: sa.Connection, table: sa.Table) -> int | None:
    """
    Return the highest number that a table ever gave to a row; None if it does not number its rows.
    """
    if not _is_numbered(table):
        return None
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table)
        if sequence is None:
            return None
        given = sa.text("SELECT pg_sequence_last_value(CAST(:name AS regclass))")
        last = connection.execute(given, {"name": sequence}).scalar_one()
        highest = connection.execute(sa.select(sa.func.max(*table.primary_key))).scalar_one()
        return max(last or 0, highest or 0)
    return highest_number(connection, table)


def continue_numbers(connection: sa.Connection, table: sa.Table, number: int) -> None:
    """
    Number the next row of a table above *number*.
    """
    if number <= 0 or not _is_numbered(table):
        return
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table)
        if sequence is not None:
            connection.execute(sa.select(sa.func.setval(sequence, number)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        continue_above(connection, table, number)


def _is_numbered(table: sa.Table) -> bool:
    (key, *others) = table.primary_key.columns
    return not others and isinstance(key.type, sa.Integer) and not key.foreign_keys


def _sequence(connection: sa.Connection, table: sa.Table) -> str | None:
    (key,) = table.primary_key.columns
    found = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
    names = {"table": table.name, "column": key.name}
    name: str | None = connection.execute(found, names).scalar_one()
    return name


def _shown_by_sqlite(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    raw = sa.type_coerce(column, _NULL)
    if isinstance(column.type, UtcDateTime):
        return sa.func.replace(raw, " ", "T", type_=_NULL).concat("Z")
    return raw


def _shown_by_postgres(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    raw = sa.type_coerce(column, _NULL)
    if isinstance(column.type, UtcDateTime):
        return sa.func.to_char(sa.func.timezone("UTC", raw), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    if isinstance(column.type, sa.Date):
        return sa.func.to_char(raw, "YYYY-MM-DD")
    return sa.cast(raw, sa.Text) if isinstance(column.type, sa.JSON) else raw


def _insert_into_sqlite(
    connection: sa.Connection, table: sa.Table, rows: Sequence[PortableRow]
) -> None:
    quote = connection.dialect.identifier_preparer.quote
    places = [
        "replace(substr(?, 1, 26), 'T', ' ')" if isinstance(column.type, UtcDateTime) else "?"
        for column in table.columns
    ]
    names = ", ".join(quote(column.name) for column in table.columns)
    insert = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({', '.join(places)})"  # noqa: S608
    driver: Any = connection.connection.driver_connection
    assert connection.dialect.dbapi is not None
    try:
        driver.executemany(insert, rows)
    except (connection.dialect.dbapi.Error, OverflowError, UnicodeEncodeError) as error:
        raise Refused(f"table {table.name} was refused ({error}): nothing was moved in") from error


def _changes(
    table: sa.Table, kinds: dict[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]]
) -> list[tuple[int, Callable[[Any], Any]]]:
    """
    Return how the values of some kinds are changed, each with the place of its column.
    """
    return [
        (place, change)
        for place, column in enumerate(table.columns)
        for kind, change in kinds.items()
        if isinstance(column.type, kind)
    ]


def _changed(row: PortableRow, changes: list[tuple[int, Callable[[Any], Any]]]) -> PortableRow:
    values = list(row)
    for place, change in changes:
        if values[place] is not None:
            values[place] = change(values[place])
    return values


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused("a value is not Base64: nothing was moved in") from error


def _require_kinds(table: sa.Table, rows: Sequence[PortableRow]) -> None:
    for place, column in enumerate(table.columns):
        known = next((kinds for kind, kinds in _KINDS if isinstance(column.type, kind)), _TEXT)
        found = {type(row[place]) for row in rows} - known - {type(None)}
        if found:
            raise Refused(
                f"table {table.name}: {column.name} has a value that is no "
                f"{' or '.join(sorted(kind.__name__ for kind in known))}: nothing was moved in"
            )
        if isinstance(column.type, UtcDateTime):
            _require_times(table, column, {row[place] for row in rows})


def _require_times(table: sa.Table, column: sa.Column[Any], values: set[str | None]) -> None:
    for value in values:
        if value is None:
            continue
        try:
            is_time = len(value) == 27 and value[10] == "T" and value[-1] == "Z"
            dt.datetime.fromisoformat(value)
        except ValueError:
            is_time = False
        if not is_time:
            raise Refused(
                f"table {table.name}: {column.name} has a value that is no time: nothing was "
                "moved in"
            )
