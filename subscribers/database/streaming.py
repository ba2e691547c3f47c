"""
Read more rows than fit into memory.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def stream(
    connection: sa.Connection, query: sa.Select[Any], *, at_once: int
) -> sa.CursorResult[Any]:
    """
    Execute a query whose rows are fetched *at_once* at a time, by its `partitions`.

    PostgreSQL would plan it as if only the first tenth of the rows were wanted, and search an
    index for each of a million people.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
    return connection.execute(query, execution_options={"yield_per": at_once})
