"""
Upgrade a database to the current schema, by one forward-only chain of migrations.
"""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.errors import StoreError, UnreleasedDatabase
from newsletter.store.database import Database
from newsletter.store.driver_errors import shown_url
from newsletter.store.queue.tables import make_queue_schema

SCRIPTS = Path(__file__).resolve().parent / "migrations"
# Revisions begin with year and month. Earlier ones were made before the first release; no migration
# starts from them.
FIRST_RELEASED = "2026_12"


def upgrade(database: Database) -> tuple[str | None, str]:
    """
    Apply every missing migration in one transaction and return the revisions before and after.

    Raises:
        StoreError: the database is newer than this program.
        UnreleasedDatabase: an unreleased version made it.
    """
    make_file(database)
    with database.write() as connection:
        return upgrade_within(connection)


def upgrade_within(connection: sa.Connection) -> tuple[str | None, str]:
    """
    Apply every missing migration within the connection's transaction.
    """
    before = _current(connection)
    if before is not None:
        _require_known(before, connection.engine.url)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    # A dump of our schema alone does not contain it.
    make_queue_schema(connection)
    return before, head()


def make_file(database: Database) -> None:
    """
    Make a missing SQLite file readable by its owner only: it will hold people's addresses.
    """
    if database.file is not None:
        # If it cannot be created, the connection will report why.
        with contextlib.suppress(OSError):
            database.file.touch(mode=0o600, exist_ok=False)


def revision_of(database: Database) -> str | None:
    """
    Return the revision of the database, or None if it is empty.
    """
    with database.read() as connection:
        return _current(connection)


@cache
def head() -> str:
    """
    Return the newest revision of this version of the program. Every migration is loaded to find
    it, so it is found once in a process: each command and each look at its health asks for it.
    """
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def require_current(database: Database) -> None:
    """
    Check that the database is at the newest revision.

    Raises:
        StoreError: it is missing, older or newer; the line says what to run.
        UnreleasedDatabase: an unreleased version made it.
    """
    if database.file is not None and not database.file.exists():
        raise StoreError(f"no database at {database.file}: run `newsletter migrate` to create it")
    found = revision_of(database)
    if found == head():
        return
    if found is None:
        raise StoreError("the database has no tables yet: run `newsletter migrate`")
    _require_known(found, database.engine.url)
    raise StoreError("the database is older than this program: run `newsletter migrate`")


def _require_known(revision: str, url: sa.URL) -> None:
    chain = ScriptDirectory.from_config(_config()).walk_revisions()
    if revision in {script.revision for script in chain}:
        return
    if revision >= FIRST_RELEASED:
        raise StoreError("the database is newer than this program: install the newer version")
    raise UnreleasedDatabase(
        f"{shown_url(url)}: it was made by an unreleased version: set "
        "[database] url to a new database and run `newsletter migrate`"
    )


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
