"""
Which database is the original: its name, where it lies, and how far its hand-overs went. A copy, or
one restored from a backup, says the same as the original did, but not from the same place, or not
as far as the file beside it (`original` compares them).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.store.tables import original
from subscribers.database.columns import insert_into

MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True, kw_only=True)
class Original:
    """
    `handed` rises whenever batches were handed over since the last beat of a sender.
    """

    name: str
    place: str
    handed: int


def load_original(connection: sa.Connection) -> Original | None:
    """
    What the database says of itself; None when nothing was ever sent from it.
    """
    row = connection.execute(sa.select(original)).one_or_none()
    return None if row is None else Original(name=row.name, place=row.place, handed=row.handed)


def keep_original(connection: sa.Connection, found: Original) -> None:
    """
    Makes *found* what the database says of itself.
    """
    values = {"id": 1, "name": found.name, "place": found.place, "handed": found.handed}
    added = insert_into(connection, original).values(values)
    connection.execute(added.on_conflict_do_update(index_elements=["id"], set_=values))


def begin_original(connection: sa.Connection, found: Original) -> Original:
    """
    What the database says of itself: *found*, unless another process said it first.
    """
    values = {"id": 1, "name": found.name, "place": found.place, "handed": found.handed}
    connection.execute(insert_into(connection, original).values(values).on_conflict_do_nothing())
    kept = load_original(connection)
    assert kept is not None
    return kept


def advance(connection: sa.Connection) -> Original | None:
    """
    The original, of which batches were handed over just now.
    """
    row = connection.execute(
        sa.update(original).values(handed=original.c.handed + 1).returning(original)
    ).one_or_none()
    return None if row is None else Original(name=row.name, place=row.place, handed=row.handed)


def key_of(connection: sa.Connection) -> str | None:
    """
    The name of the secret that signs the links in the mails of this database; None before any.
    """
    return connection.execute(sa.select(original.c.instance)).scalar_one_or_none()


def keep_key(connection: sa.Connection, instance: str) -> None:
    """
    Makes *instance* the name of the secret that signs from now on.
    """
    connection.execute(sa.update(original).values(instance=instance))


def place_of(connection: sa.Connection, database_file: Path | None) -> str:
    """
    Where the database lies: machine and path of the SQLite file, or server and database.
    """
    if database_file is not None:
        return f"{database_file} on machine {_machine()}"
    # oid: a database made anew under the same name has another; the identifier is the server's.
    found = connection.execute(
        sa.text(
            "SELECT current_database() AS name, oid, "
            "CASE WHEN has_function_privilege('pg_control_system()', 'execute') "
            "THEN (SELECT system_identifier FROM pg_control_system()) ELSE 0 END AS server "
            "FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    return f"database {found.name} ({found.oid}) on server {found.server}"


def _machine() -> str:
    """
    A short name of this machine, the same after a restart; `unknown` where it has none, as in
    most containers.
    """
    try:
        told = MACHINE.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        told = ""
    return hashlib.sha256(f"newsletter:{told}".encode()).hexdigest()[:8] if told else "unknown"
