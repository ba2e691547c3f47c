"""
Take the numbers of new rows before they are inserted, so that rows that refer to them need not look
for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

_given = sa.table("sqlite_sequence", sa.column("name", sa.String), sa.column("seq", sa.Integer))


def take_numbers(connection: sa.Connection, table: sa.Table, count: int) -> Sequence[int]:
    """
    Take numbers for *count* rows of a table whose numbers are never given again. On SQLite the
    transaction must be one that writes, so that no other takes the same.
    """
    if connection.dialect.name == "sqlite":
        last = connection.scalar(sa.select(_given.c.seq).where(_given.c.name == table.name)) or 0
        return range(last + 1, last + 1 + count)
    sequence = sa.select(sa.func.pg_get_serial_sequence(table.name, "id")).scalar_subquery()
    numbers = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count))
    return connection.scalars(numbers).all()
