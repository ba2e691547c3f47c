"""
Back up an SQLite database to one file while it is in use, and restore it. In a backup the kill
switch is on, because it is a copy (`operations.restore_guard`).
"""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from newsletter.errors import Refused, StoreError
from newsletter.store.database import Database
from newsletter.store.delivery import leases
from newsletter.store.epochs import begin_epoch
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.migrate import upgrade

_NOT_SQLITE = (
    "this database is on PostgreSQL: use `pg_dump -Fc` and `pg_restore`, and then "
    "`newsletter resume --only-copy`"
)


def write_backup(database: Database, file: Path, *, now: dt.datetime) -> int:
    """
    Write a copy of the whole database, as it is at one moment, to the empty *file*. Return its size
    in bytes.

    Raises:
        Refused: it is not an SQLite database.
        StoreError: it cannot be copied.
    """
    _copy(_sqlite_file(database), file)
    with _opened(file) as copy:
        _mark_as_copy(copy, f"it is a backup of {now:%Y-%m-%d %H:%M} UTC", now)
    _make_single_file(file)
    return file.stat().st_size


def restore_backup(database: Database, file: Path, *, now: dt.datetime) -> Path | None:
    """
    Replace the database by the backup *file*, upgraded to the current schema and with the kill
    switch on. Return where the old database was moved to, None if there was none.

    Raises:
        Refused: it is not an SQLite database, *file* is not a backup, or a process is sending.
        StoreError: the backup cannot be copied; a damaged database is where it was.
    """
    target = _sqlite_file(database)
    _require_backup(file)
    if target.is_dir():
        raise Refused(f"{target} is a folder: move it away, or change [database] url")
    if target.exists() and file.samefile(target):
        raise Refused(
            f"{file} is the database itself: give the file that `newsletter backup` wrote"
        )
    if leases.has_locked_worker(target):
        raise Refused("a process is sending: stop `newsletter serve` first, then restore")
    reason, old = f"it was restored from {file.name}", _unused_name(target, now)
    if target.exists() and _is_sound(target):
        # Processes that have it open must see the restored content, so the file stays.
        old.touch(mode=0o600)
        _copy(target, old)
        database.close()
        _copy(file, target)
        _make_usable(database, reason, now)
        return old
    database.close()
    new = target.with_name(f"{target.name}.new")
    try:
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        _copy(file, new)
        with _opened(new) as copy:
            _make_usable(copy, reason, now)
        _make_single_file(new)
        was_there = _move_aside(target, old)
        new.replace(target)
    except OSError as error:
        raise StoreError(f"cannot write {new}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    return old if was_there else None


def _unused_name(target: Path, now: dt.datetime) -> Path:
    """
    Return a name beside *target* for the old database, which no earlier restore has used.
    """
    names = (f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}{more}" for more in _endings())
    paths = (target.with_name(name) for name in names)
    return next(path for path in paths if not path.exists())


def _endings() -> Iterator[str]:
    yield ""
    for number in itertools.count(2):
        yield f"-{number}"


def _is_sound(file: Path) -> bool:
    """
    Return whether *file* is a database that can be copied page by page.

    Raises:
        StoreError: another process has it locked.
    """
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=15)) as found:
            return bool(found.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error as error:
        # The last byte of an extended code is the plain code.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise StoreError(
                f"{file}: another process has it locked; stop that process, then restore"
            ) from error
        return False


def _move_aside(target: Path, old: Path) -> bool:
    """
    Rename *target* and the logs beside it, which belong to it alone, and return whether there was
    anything. None of it is opened, because SQLite would change it.
    """
    found = [end for end in ("-wal", "-shm", "-journal", "") if _beside(target, end).exists()]
    for end in found:
        _beside(target, end).rename(_beside(old, end))
    return "" in found


def _beside(file: Path, end: str) -> Path:
    return file.with_name(f"{file.name}{end}")


def _sqlite_file(database: Database) -> Path:
    if database.file is None:
        raise Refused(_NOT_SQLITE)
    return database.file


def _require_backup(file: Path) -> None:
    if not file.exists():
        raise Refused(f"{file} does not exist: check the path")
    if not file.is_file():
        raise Refused(f"{file} is not a regular file: check the path")
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
            (damage,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise Refused(f"{file} is not a backup of a newsletter ({error})") from error
    if damage != "ok":
        raise Refused(f"{file} is damaged ({damage}): take an older backup")


def _mark_as_copy(database: Database, reason: str, now: dt.datetime) -> None:
    with database.write() as connection:
        kill_switch.engage(connection, StopKind.COPY, reason=reason, now=now)


def _make_usable(database: Database, reason: str, now: dt.datetime) -> None:
    upgrade(database)
    _mark_as_copy(database, reason, now)
    with database.write() as connection:
        begin_epoch(connection, now=now)


def _make_single_file(file: Path) -> None:
    """
    Write the log of a database into it, because a log beside it could be forgotten.
    """
    with closing(sqlite3.connect(file)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")


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
