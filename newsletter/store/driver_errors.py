"""
Translate what SQLite and PostgreSQL say into one line that tells a person what to do. `database`
installs it on every engine.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import event

from newsletter.errors import StoreAway, StoreError, TransactionConflict


def shown_url(url: sa.URL) -> str:
    """
    Return *url* for people, without the passwords that it may contain before the host or, as libpq
    also reads them, in its query.
    """
    secret = [name for name in url.query if "password" in name.lower()]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def translate_driver_errors(engine: sa.Engine) -> None:
    """
    Translate driver errors that a person can fix into one-line StoreErrors, whether they come from
    connecting, a statement or a commit.
    """
    shown = shown_url(engine.url)

    @event.listens_for(engine, "handle_error")
    def _on_error(context: sa.engine.ExceptionContext) -> StoreError | None:
        # A failed ping only makes the pool reconnect.
        kept = isinstance(context.sqlalchemy_exception, sa.exc.IntegrityError | sa.exc.DataError)
        words = str(context.original_exception)
        line = _advice(words)
        # SQLite reports an invalid statement in the same way.
        if line is None and engine.dialect.name == "postgresql":
            line = _temporary(context.sqlalchemy_exception, words)
        if line is None or kept or context.is_pre_ping:
            return None
        return _kind(words, line)(f"{shown}: {line}")


def _kind(words: str, line: str) -> type[StoreError]:
    if _DEADLOCK in words.lower():
        return TransactionConflict
    return StoreAway if line in _AWAY else StoreError


_DEADLOCK = "deadlock detected"
_UNREACHED = "it cannot be reached; check the address, and that the server is running"
_STARTING = "it is starting or stopping; try again"
_NO_HOST = "its host was not found; check the address"
# A machine that starts may have no name server yet.
_AWAY = (_UNREACHED, _STARTING, _NO_HOST)
_ADVICE = (
    ("database is locked", "another process has it locked; try again, or stop that process"),
    ("readonly database", "it is read-only; give this user write access to the file and folder"),
    ("unable to open database", "it cannot be opened; check the folder and its permissions"),
    ("file is not a database", "the file is not an SQLite database; check [database] url"),
    ("disk image is malformed", "the file is damaged; restore it from your backup"),
    ("no such table", "it has no tables yet; run `newsletter migrate`"),
    ("no such column", "its tables are older than this version; run `newsletter migrate`"),
    # These come before "connection failed", which is in the same message although the server is
    # running.
    ('fatal:  database "', "the server has no such database; create it with `createdb`"),
    ('fatal:  role "', "the server has no such user; check the address"),
    ("password authentication failed", "it refused the password; check ~/.pgpass or the address"),
    ("no password supplied", "the server requires a password; write it to ~/.pgpass"),
    ("no pg_hba.conf entry", "it does not accept this user from here; check its pg_hba.conf"),
    ("too many clients", "it has no free connections; raise its max_connections"),
    ("connection slots are reserved", "it has no free connections; raise its max_connections"),
    (
        "statement timeout",
        "a query took too long and was stopped (statement timeout); run ANALYZE in it, try again",
    ),
    ("the database system is", _STARTING),
    ("does not exist", "it is missing or has no tables yet; run `newsletter migrate`"),
    ("database or disk is full", "the disk is full; free some space"),
    ("connection failed", _UNREACHED),
    ("connection is bad", _UNREACHED),
    ("failed to resolve host", _NO_HOST),
    ("connection refused", _UNREACHED),
    ("server closed the connection", "the connection was lost; is the server running?"),
    ("the connection is lost", "the connection was lost; is the server running?"),
    ("terminating connection", "the server ended the connection; is it being stopped?"),
    ("no space left on device", "the disk is full; free some space"),
    # If the index of the journal cannot grow, SQLite does not say that the disk is full
    # (SQLITE_IOERR_SHMSIZE, https://sqlite.org/rescode.html).
    ("disk i/o error", "its disk is full or failing; free some space, or check the system log"),
    (
        _DEADLOCK,
        "two processes waited for each other, and one gave way; try again",
    ),
)


def _temporary(error: sa.exc.SQLAlchemyError | None, words: str) -> str | None:
    """
    Return a message for an error that none of our statements cause: a lost connection, a failed
    serialization, a lock timeout, a server that is shutting down (OperationalError in the DB-API).
    """
    if not isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return None
    return f"it is failing at the moment ({words.strip().splitlines()[0]}); try again"


def _advice(words: str) -> str | None:
    lowered = words.lower()
    return next((line for sign, line in _ADVICE if sign in lowered), None)
