"""
The identity of a database: its name, its place, and its submission count. A copy or a restored
backup has the same name, but another place, or a lower count than the marker file beside it
(`operations.restore_guard` compares them).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.model.identifiers import SigningKeys
from newsletter.store.tables import database_identity as identity
from subscribers.database.columns import insert_into

MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True, kw_only=True)
class DatabaseIdentity:
    """
    `submitted_count` rises at each heartbeat of a worker that submitted batches since the last one.
    """

    name: str
    place: str
    submitted_count: int


def load_identity(connection: sa.Connection) -> DatabaseIdentity | None:
    """
    Return the database's identity, or None if nothing was ever sent from it.
    """
    row = connection.execute(sa.select(identity)).one_or_none()
    return (
        None
        if row is None
        else DatabaseIdentity(name=row.name, place=row.place, submitted_count=row.submitted_count)
    )


def save_identity(connection: sa.Connection, new: DatabaseIdentity) -> None:
    """
    Replace the database's identity.
    """
    values = {"id": 1, "name": new.name, "place": new.place, "submitted_count": new.submitted_count}
    insert = insert_into(connection, identity).values(values)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=values))


def claim_identity(connection: sa.Connection, new: DatabaseIdentity) -> DatabaseIdentity:
    """
    Give the database the identity *new* unless it has one, and return its identity.
    """
    values = {"id": 1, "name": new.name, "place": new.place, "submitted_count": new.submitted_count}
    connection.execute(insert_into(connection, identity).values(values).on_conflict_do_nothing())
    current = load_identity(connection)
    assert current is not None
    return current


def count_submission(connection: sa.Connection) -> DatabaseIdentity | None:
    """
    Raise the submission count, and return the new identity, or None if the database has none yet.
    """
    row = connection.execute(
        sa.update(identity)
        .values(submitted_count=identity.c.submitted_count + 1)
        .returning(identity)
    ).one_or_none()
    return (
        None
        if row is None
        else DatabaseIdentity(name=row.name, place=row.place, submitted_count=row.submitted_count)
    )


def recorded_keys(connection: sa.Connection) -> SigningKeys | None:
    """
    Return the names of the installation and of the newest secret that signs the links in this
    database's mails, or None if nothing was signed.
    """
    row = connection.execute(sa.select(identity.c.instance, identity.c.signing_key)).one_or_none()
    if row is None or row.instance is None:
        return None
    return SigningKeys((row.signing_key or row.instance, row.instance))


def record_keys(connection: sa.Connection, keys: SigningKeys) -> None:
    """
    Record the names of the installation and of the secret that signs links from now on.
    """
    values = {"instance": keys.instance, "signing_key": keys.current}
    connection.execute(sa.update(identity).values(values))


def place_of(connection: sa.Connection, database_file: Path | None) -> str:
    """
    Return where the database is: path and machine for an SQLite file, else database and server.

    Raises:
        StoreError: the name of this machine cannot be read.
    """
    if database_file is not None:
        return f"{database_file} on machine {_machine()}"
    # A database that is recreated under the same name has a new oid; the system identifier is that
    # of the server.
    row = connection.execute(
        sa.text(
            "SELECT current_database() AS name, oid, "
            "CASE WHEN has_function_privilege('pg_control_system()', 'execute') "
            "THEN (SELECT system_identifier FROM pg_control_system()) ELSE 0 END AS server "
            "FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    return f"database {row.name} ({row.oid}) on server {row.server}"


def _machine() -> str:
    """
    Return a short name of this machine that survives a restart; `unknown` where it has none, as in
    most containers.

    Raises:
        StoreError: it has one that cannot be read now. Its name is not `unknown` then: the database
            would look like a copy from another machine.
    """
    try:
        machine_id = MACHINE.read_bytes().strip()
    except FileNotFoundError:
        machine_id = b""
    except OSError as error:
        raise StoreError(
            f"cannot read {MACHINE} ({error.strerror}), so it is not known whether this database "
            "is a copy: let this user read it"
        ) from error
    if not machine_id:
        return "unknown"
    return hashlib.sha256(b"newsletter:" + machine_id).hexdigest()[:8]
