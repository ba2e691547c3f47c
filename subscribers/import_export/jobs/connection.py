"""
Open the connection of one import: for many small transactions, and never returned to the pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def open_connection(engine: sa.Engine, *, is_reading: bool = False) -> Iterator[sa.Connection]:
    """
    Open a connection for many small transactions that touch the whole index of addresses. If it
    *is_reading* only, its transactions lock nothing.

    SQLite's default cache of 2 MB and a checkpoint every 4 MB would write each page of that index
    hundreds of times, so both are larger here (the log may grow to 128 MB). The connection keeps
    these settings, and on PostgreSQL a lock, so it is not returned to the pool.
    """
    with engine.connect() as connection:
        connection.detach()
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA cache_size=-32000")
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint=32000")
            connection.rollback()
        if is_reading:
            connection.execution_options(sqlite_begin="DEFERRED")
        yield connection
