"""
The tables of Procrastinate, which brings batches to many machines. The migrations create them on
PostgreSQL, in their own schema, with the SQL of the installed package.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.errors import StoreError


def make_queue_schema(connection: sa.Connection) -> None:
    """
    Create the queue's tables and functions on PostgreSQL, if they are missing. A release of
    Procrastinate that changes its tables needs a migration of ours that runs the files of its
    `sql/migrations`; until then `pyproject.toml` excludes it.

    Raises:
        StoreError: the extra `postgres` is not completely installed.
    """
    if connection.dialect.name != "postgresql" or has_queue_schema(connection):
        return
    try:
        from procrastinate.schema import SchemaManager
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs procrastinate: `pip install '.[postgres]'` in the checkout"
        ) from error
    path = connection.execute(sa.text("SELECT current_setting('search_path')")).scalar_one()
    connection.exec_driver_sql("CREATE SCHEMA procrastinate")
    _search(connection, "procrastinate")
    # Only the driver itself accepts many statements with percent signs in one string.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(SchemaManager.get_schema())
    driver.execute(_BIND_FUNCTIONS)
    _search(connection, path)


def has_queue_schema(connection: sa.Connection) -> bool:
    """
    Return whether the queue's tables exist.
    """
    found = sa.text("SELECT to_regclass('procrastinate.procrastinate_jobs') IS NOT NULL")
    return bool(connection.execute(found).scalar_one())


def _search(connection: sa.Connection, path: str) -> None:
    connection.execute(sa.text("SELECT set_config('search_path', :path, true)"), {"path": path})


# The functions name their tables without a schema. Each gets its own search path, so that it can be
# called in any of our transactions.
_BIND_FUNCTIONS = """
DO $$
DECLARE one regprocedure;
BEGIN
    FOR one IN SELECT oid FROM pg_proc WHERE pronamespace = 'procrastinate'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = procrastinate, pg_temp', one);
    END LOOP;
END
$$
"""
