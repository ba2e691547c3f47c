"""
Open the database and its transactions: `read()` for queries, `write()` for changes, `unit()` to
join those of one thread into one transaction.

On SQLite a writing transaction begins IMMEDIATE, so that processes wait for each other instead of
failing halfway; it retries often until it gets the lock. `synchronous=FULL` makes every commit
durable, so the intent of a submission is on disk before its mail is sent. Only claims are committed
in a way that may be lost (`write(is_kept=False)`).
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from newsletter.errors import Refused, StoreError, UnsafeStore
from newsletter.store.driver_errors import shown_url, translate_driver_errors
from newsletter.store.unit_of_work import FirstWrites, Step, UnitOfWork
from subscribers.text.phrases import phrase

BUSY_TIMEOUT_MS = 15_000
# That of Debian 12. `tests/store/test_oldest_sqlite.py` runs the tests of the store with it.
OLDEST_SQLITE = (3, 40)
# SQLite's own busy handler soon checks for the lock only every 100 ms (sqliteDefaultBusyCallback in
# its main.c), but a sender takes it a hundred times a second.
ASK_EVERY_S = 0.003
# The free bytes that are needed to record many results: no call is made unless its result can be
# recorded.
LEAST_FREE = 64 * 2**20
# Give up on a server that disappears silently (its machine died, the network broke) after half a
# minute. Linux would wait a quarter of an hour, and two hours for an answer. These are libpq's
# options, with tcp_user_timeout in milliseconds:
# https://www.postgresql.org/docs/current/libpq-connect.html
GIVEN_UP = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
# SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC (https://sqlite.org/rescode.html).
_NOT_SYNCED = (1034, 1290)
# How long a query may take that a person made up, such as the rule of a segment.
MOST_LOOKING_S = 5.0
# How long any other query may take on PostgreSQL: a page that takes longer has been given up. Each
# part of an answer that is read part by part may take so long.
MOST_READING_S = 60.0
# After so many steps SQLite asks whether the time is over.
_STEPS = 10_000
# What SQLite and PostgreSQL say of a statement that was cut off.
_CUT_OFF = ("interrupted", "statement timeout")


class Database:
    """
    An open database. The engine connects on first use. `unsafe` says why this process must no
    longer use the database; it is empty while it may.
    """

    # The free bytes that the disk of an SQLite file needs before work begins.
    least_free = LEAST_FREE
    most_reading_s = MOST_READING_S

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.engine = open_engine(url, busy_timeout_ms=busy_timeout_ms)
        self.unsafe = ""
        self._of_thread = threading.local()
        self._first_writes = FirstWrites()
        event.listen(self.engine, "handle_error", self._on_error)
        event.listen(self.engine, "begin", self._on_begin, insert=True)

    @cached_property
    def file(self) -> Path | None:
        """
        Return the SQLite file, or None on PostgreSQL.
        """
        if self.engine.dialect.name != "sqlite":
            return None
        # Resolved, because the workers' lock files are beside it and all workers must use the same
        # ones.
        return Path(str(self.engine.url.database)).resolve()

    @property
    def shown_url(self) -> str:
        """
        Return the database's URL for people, without a password.
        """
        return shown_url(self.engine.url)

    @contextmanager
    def look(self, *, most_s: float = MOST_LOOKING_S) -> Iterator[sa.Connection]:
        """
        Open a connection for queries that people make up, which take at most *most_s*.

        Raises:
            Refused: they took longer.
        """
        with self.read() as connection, _cut_off_after(connection, most_s):
            try:
                yield connection
            except (StoreError, sa.exc.OperationalError) as error:
                if not any(sign in str(error).lower() for sign in _CUT_OFF):
                    raise
                raise Refused(
                    phrase("this takes too long to find out: ask about fewer things at once")
                ) from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """
        Open a connection for queries; anything written through it is rolled back. On PostgreSQL a
        query is stopped after `most_reading_s`. In a unit of work that has written it is the unit's
        connection, and sees what was written.
        """
        if self._unit is not None and self._unit.connection is not None:
            yield self._unit.connection
            return
        with self.engine.connect() as connection:
            if self.file is None:
                _stop_statements_after(connection, self.most_reading_s)
            yield connection.execution_options(sqlite_begin="DEFERRED")

    @contextmanager
    def write(self, *, is_kept: bool = True) -> Iterator[sa.Connection]:
        """
        Open a transaction that is committed at the end and rolled back on an exception. Without
        *is_kept* a power cut may undo it until the next one is committed; this affects only SQLite.
        In a unit of work it is a part of the unit's transaction.
        """
        with ExitStack() as closing:
            if self._unit is not None:
                connection = closing.enter_context(self._unit.write())
            else:
                connection = self._open_transaction(closing, is_kept=is_kept)
            yield connection
            self._first_writes.run(connection)

    @contextmanager
    def first_write(self, step: Step) -> Iterator[None]:
        """
        Call *step* in the next transaction of this thread that writes, before it is committed; if
        there is none before the end, in a transaction of its own.
        """
        with self._first_writes.waiting(step):
            yield
            if self._first_writes.waits(step):
                with self.write():
                    pass

    @contextmanager
    def unit(self, *, before: Step | None = None, after: Step | None = None) -> Iterator[None]:
        """
        Open a unit of work: all that this thread writes until its end is one transaction, which
        begins with the first write. A unit inside another is a part of it.

        *before* is called in the transaction before the first write, *after* after the last one;
        neither is called if nothing is written.
        """
        if self._unit is not None:
            with self._unit.part(before, after):
                yield
            return
        unit = UnitOfWork(self._open_transaction)
        with unit.transaction():
            self._of_thread.unit = unit
            try:
                with unit.part(before, after):
                    yield
            finally:
                self._of_thread.unit = None

    @property
    def _unit(self) -> UnitOfWork | None:
        return getattr(self._of_thread, "unit", None)

    def _open_transaction(self, closing: ExitStack, *, is_kept: bool = True) -> sa.Connection:
        connection = closing.enter_context(self.engine.connect())
        connection.execution_options(sqlite_sync="FULL" if is_kept else "NORMAL")
        closing.enter_context(connection.begin())
        return connection

    def clock(self) -> dt.datetime | None:
        """
        Return the time of the database server's clock; None on SQLite, which has none.
        """
        if self.file is not None:
            return None
        with self.read() as connection:
            server_time = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        assert isinstance(server_time, dt.datetime)
        return server_time

    def require_space(self) -> None:
        """
        Check that the disk of an SQLite file has enough space for the coming writes.

        Raises:
            StoreError: it has too little.
        """
        if self.file is None or not self.file.parent.is_dir():
            return
        free = shutil.disk_usage(self.file.parent).free
        if free < self.least_free:
            raise StoreError(
                f"{self.file}: its disk has {free // 2**20} MB free, but "
                f"{self.least_free // 2**20} MB are needed: free some space"
            )

    def close(self) -> None:
        self.engine.dispose()

    def _on_error(self, context: sa.engine.ExceptionContext) -> UnsafeStore | None:
        """
        Mark the database as unsafe after a failed sync. The next sync may succeed although the data
        is lost: Linux drops what it could not write
        (https://wiki.postgresql.org/wiki/Fsync_Errors).
        """
        if getattr(context.original_exception, "sqlite_errorcode", None) not in _NOT_SYNCED:
            return None
        self.unsafe = (
            f"{self.file}: its disk lost what was written; check the system log, then start again"
        )
        return UnsafeStore(self.unsafe)

    def _on_begin(self, connection: sa.Connection) -> None:
        if self.unsafe:
            raise UnsafeStore(self.unsafe)


@contextmanager
def _cut_off_after(connection: sa.Connection, most_s: float) -> Iterator[None]:
    if connection.engine.dialect.name == "postgresql":
        before = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
        _stop_statements_after(connection, most_s)
        yield
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{before}'")
        return
    raw: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    ends_s = time.monotonic() + most_s
    raw.set_progress_handler(lambda: time.monotonic() > ends_s, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def _stop_statements_after(connection: sa.Connection, most_s: float) -> None:
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(most_s * 1000)}")


def open_engine(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> sa.Engine:
    """
    Create the engine for *url*: SQLite with WAL, synchronous=FULL and foreign keys, PostgreSQL with
    psycopg 3.

    Raises:
        StoreError: *url* is not the address of a supported database, or this Python's SQLite is too
            old.
    """
    try:
        engine = _make_engine(url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise StoreError(
            f"[database] url cannot be opened ({error}): use sqlite:///FILE, or "
            "postgresql://… with `pip install '.[postgres]'` in the checkout"
        ) from error
    translate_driver_errors(engine)
    if engine.dialect.name == "sqlite":
        require_sqlite(sqlite3.sqlite_version)
        _tune_sqlite(engine, busy_timeout_ms)
    return engine


def require_sqlite(version: str) -> None:
    """
    Check that SQLite is one that the store is tested with.

    Raises:
        StoreError: *version* is older.
    """
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(
            f"this Python has SQLite {version}, which is too old: use a Python with SQLite "
            f"{oldest} or newer, or PostgreSQL"
        )


def _make_engine(url: str) -> sa.Engine:
    if not url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise sa.exc.ArgumentError("unknown kind")
    if url.startswith("sqlite:"):
        if not sa.make_url(url).database:
            raise sa.exc.ArgumentError("it names no file")
        return sa.create_engine(
            url, hide_parameters=True, connect_args={"check_same_thread": False}
        )
    try:
        parsed = sa.make_url(url)
    except ValueError as error:
        raise sa.exc.ArgumentError("its port is not a number") from error
    return sa.create_engine(
        url, hide_parameters=True, pool_pre_ping=True, connect_args=_postgres_words(parsed)
    )


def _postgres_words(url: sa.URL) -> dict[str, Any]:
    # random_page_cost: with the default of 4 a batch's join becomes a scan of all readers.
    # cursor_tuple_fraction: what is read part by part is read to its end, not only its first tenth.
    options = "-c random_page_cost=1.1 -c synchronous_commit=on -c cursor_tuple_fraction=1"
    own = {name: value for name, value in GIVEN_UP.items() if name not in url.query}
    return {**own, "options": options}


def _tune_sqlite(engine: sa.Engine, busy_timeout_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        wanted, info = options.get("sqlite_sync", "FULL"), connection.info
        # In WAL mode, the next synced transaction also syncs earlier ones that had no sync of their
        # own.
        if info.setdefault("sync", "FULL") != wanted:
            connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
            info["sync"] = wanted
        if options.get("sqlite_begin") == "DEFERRED":
            connection.exec_driver_sql("BEGIN DEFERRED")
        else:
            _begin_writing(connection, busy_timeout_ms)


def _begin_writing(connection: sa.Connection, busy_timeout_ms: int) -> None:
    # `driver_connection` is None once the connection is detached from the pool (an import's).
    raw: sqlite3.Connection = connection.connection.dbapi_connection  # type: ignore[assignment]
    ends_s = time.monotonic() + busy_timeout_ms / 1000
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < ends_s:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                # The last byte of an extended code is the plain code.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(ASK_EVERY_S)
            else:
                return
        # Again through the engine, which translates the error.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
