"""
Brings a database to the schema this program knows: one chain of migrations, forward only.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.errors import StoreError
from newsletter.store.database import Database
from newsletter.store.queue.tables import make_queue_schema

SCRIPTS = Path(__file__).resolve().parent / "migrations"


def upgrade(database: Database) -> tuple[str | None, str]:
    """
    The revisions before and after: every missing migration was applied, in one transaction.

    Raises:
        StoreError: the database is newer than this program.
    """
    _make_file(database)
    with database.write() as connection:
        return upgrade_within(connection)


def upgrade_within(connection: sa.Connection) -> tuple[str | None, str]:
    """
    The same, as a part of the connection's transaction.
    """
    before = _current(connection)
    if before is not None:
        _require_known(before)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    # A dump of our own schema alone has left it out.
    make_queue_schema(connection)
    return before, head()


def _make_file(database: Database) -> None:
    """
    Makes a missing SQLite file, which holds people's addresses, readable by its owner only.
    """
    if database.file is not None:
        # Where it cannot be made, connecting says why.
        with contextlib.suppress(OSError):
            database.file.touch(mode=0o600, exist_ok=False)


def revision_of(database: Database) -> str | None:
    """
    The revision a database is at, None when it is empty.
    """
    with database.read() as connection:
        return _current(connection)


def head() -> str:
    """
    The newest revision this program knows.
    """
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def require_current(database: Database) -> None:
    """
    Passes a database at the newest revision.

    Raises:
        StoreError: it is missing, older or newer; the line says what to run.
    """
    if database.file is not None and not database.file.exists():
        raise StoreError(f"no database at {database.file}: run `newsletter migrate` to make it")
    found = revision_of(database)
    if found == head():
        return
    if found is None:
        raise StoreError("the database has no tables yet: run `newsletter migrate`")
    _require_known(found)
    raise StoreError("the database is older than this program: run `newsletter migrate`")


def _require_known(revision: str) -> None:
    chain = ScriptDirectory.from_config(_config()).walk_revisions()
    if revision not in {script.revision for script in chain}:
        raise StoreError("the database is newer than this program: install the newer version")


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
