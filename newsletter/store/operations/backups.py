"""
Back up an SQLite database to one file while it is in use, and restore it. In a backup the kill
switch is on, because it is a copy (`operations.restore_guard`).
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from newsletter.errors import Refused, StoreError
from newsletter.store.database import Database
from newsletter.store.delivery import leases
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.migrate import revision_of, upgrade

_NOT_SQLITE = (
    "this database is on PostgreSQL: use `pg_dump -Fc` and `pg_restore`, and then "
    "`newsletter resume --only-copy`"
)


def write_backup(database: Database, file: Path, *, now: dt.datetime) -> int:
    """
    Write a copy of the whole database, as it is at one moment, to *file*. Return its size in bytes.

    Raises:
        Refused: it is not an SQLite database, or *file* exists or cannot be written.
    """
    source = _sqlite_file(database)
    if file.exists():
        raise Refused(f"{file} already exists: choose another name")
    new = file.with_name(f"{file.name}.new")
    try:
        new.touch(mode=0o600)
        _copy(source, new)
        with _opened(new) as copy:
            _mark_as_copy(copy, f"it is a backup of {now:%Y-%m-%d %H:%M} UTC", now)
        # A single file: a log beside it could be forgotten.
        with closing(sqlite3.connect(new)) as copied:
            copied.execute("PRAGMA journal_mode=DELETE")
        new.replace(file)
    except OSError as error:
        raise Refused(f"cannot write {file}: {error.strerror}") from error
    finally:
        new.unlink(missing_ok=True)
    return file.stat().st_size


def restore_backup(database: Database, file: Path, *, now: dt.datetime) -> Path | None:
    """
    Replace the database by the backup *file*, upgraded to the current schema and with the kill
    switch on. Return where the old database was moved to, None if there was none.

    Raises:
        Refused: it is not an SQLite database, *file* is not a backup, or a process is sending.
    """
    target = _sqlite_file(database)
    _require_backup(file)
    old = None
    if target.exists():
        _require_no_sender(database, now)
        old = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
        old.touch(mode=0o600)
        _copy(target, old)
        database.close()
    else:
        target.touch(mode=0o600)
    _copy(file, target)
    upgrade(database)
    _mark_as_copy(database, f"it was restored from {file.name}", now)
    return old


def _sqlite_file(database: Database) -> Path:
    if database.file is None:
        raise Refused(_NOT_SQLITE)
    return database.file


def _require_backup(file: Path) -> None:
    if not file.is_file():
        raise Refused(f"{file} does not exist: check the path")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
            (damage,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise Refused(f"{file} is not a backup of a newsletter ({error})") from error
    if damage != "ok":
        raise Refused(f"{file} is damaged ({damage}): take an older backup")


def _require_no_sender(database: Database, now: dt.datetime) -> None:
    if revision_of(database) is None:
        return
    with database.read() as connection:
        if leases.has_live_sender(connection, database.file, now=now):
            raise Refused("a process is sending: stop `newsletter serve` first, then restore")


def _mark_as_copy(database: Database, reason: str, now: dt.datetime) -> None:
    with database.write() as connection:
        kill_switch.engage(connection, StopKind.COPY, reason=reason, now=now)


def _copy(source: Path, target: Path) -> None:
    """
    Copy page by page in one transaction of *target*, even while others write to *source*.
    """
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=15)) as reader,
            closing(sqlite3.connect(target, timeout=15)) as writer,
        ):
            reader.backup(writer)
    except sqlite3.Error as error:
        raise StoreError(f"cannot copy {source} to {target}: {error}") from error


@contextmanager
def _opened(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    try:
        yield database
    finally:
        database.close()
