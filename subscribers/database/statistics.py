"""
Statistics of the tables of people, by which PostgreSQL plans its statements.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import subscriber_tag

_TABLES = (
    tables.subscriber,
    tables.subscription,
    tables.consent,
    tables.suppression,
    history,
    field_value,
    subscriber_tag,
)


def update_statistics(connection: sa.Connection) -> None:
    """
    Let PostgreSQL count again after many rows were added. Until it does so by itself, a minute
    later, it may plan for the few rows that there were
    (https://www.postgresql.org/docs/current/populate.html#POPULATE-ANALYZE). SQLite needs none.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE " + ", ".join(table.name for table in _TABLES))
