"""
Hold a job, so that no other process works it. A lock ends with the process that holds it, however
that ends, so an interrupted job is free at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

# The first of the two numbers of our advisory locks on PostgreSQL: "file" in ASCII.
_CLASS = 0x66696C65


@contextmanager
def hold(connection: sa.Connection, number: int) -> Iterator[bool]:
    """
    Hold the job of that number during the block; yield False if another process holds it. On
    PostgreSQL the lock is the *connection*'s, so it must be the one that does the work, and is not
    returned to the pool.
    """
    path = _lock_path(connection, number)
    if path is not None:
        with _hold_file(path) as is_held:
            yield is_held
        return
    lock = sa.select(sa.func.pg_try_advisory_lock(_CLASS, number))
    is_held = bool(connection.scalar(lock))
    connection.rollback()
    try:
        yield is_held
    finally:
        if is_held and not connection.invalidated:
            connection.rollback()
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_CLASS, number)))
            connection.rollback()


def is_held(connection: sa.Connection, number: int) -> bool:
    """
    Return whether a process works the job of that number now.
    """
    path = _lock_path(connection, number)
    if path is None:
        held = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :class "
            "AND objid = :number AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(connection.scalar(held, {"class": _CLASS, "number": number}))
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock_path(connection: sa.Connection, number: int) -> Path | None:
    """
    Return the path of the lock beside an SQLite file, or None on PostgreSQL.
    """
    if connection.dialect.name != "sqlite":
        return None
    file = Path(str(connection.engine.url.database)).resolve()
    return file.with_name(f"{file.name}-job-{number}")


@contextmanager
def _hold_file(path: Path) -> Iterator[bool]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if not _is_named(file.fileno(), path):
            # Its holder removed it at the same moment.
            yield False
            return
        try:
            yield True
        finally:
            path.unlink(missing_ok=True)


def _is_named(handle: int, path: Path) -> bool:
    """
    Return whether the open file still has that name.
    """
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
