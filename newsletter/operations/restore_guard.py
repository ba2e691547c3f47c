"""
The restore guard: a copied or restored database sends nothing until a person says that it is the
only copy. Otherwise it would submit again what the other one has already submitted.

The database records its place and counts its submissions, and a small marker file outside it
records the same. Workers and web servers compare the two when they start.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import Refused, SettingsError, StoreError
from newsletter.model.identifiers import SigningKeys
from newsletter.store.database import Database
from newsletter.store.epochs import begin_epoch
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.operations import database_identity
from newsletter.store.operations.database_identity import DatabaseIdentity
from newsletter.store.operations.restore import Restored, settle_copy

logger = logging.getLogger(__name__)

RESTORED = "it is older than what was sent from here: it was restored from a backup"


def marker_file(database: Database, folder: Path) -> Path:
    """
    Return the path of the marker file: beside an SQLite file, or else in *folder*, the folder of
    the settings.
    """
    if database.file is not None:
        return database.file.with_name(f"{database.file.name}-original")
    return folder / "database-original"


def read_marker(file: Path) -> DatabaseIdentity | None:
    """
    Read a marker file; return None when it is missing or holds something else.

    Raises:
        StoreError: it cannot be read now, which says nothing about the database.
    """
    try:
        return DatabaseIdentity(**json.loads(file.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(
            f"cannot read the marker file {file} ({error.strerror}), so it is not known whether "
            "this database is a copy: let this user read it"
        ) from error
    except (ValueError, TypeError):
        return None


def write_marker(file: Path, identity: DatabaseIdentity) -> None:
    """
    Replace the whole marker file, safely even if other processes do the same or the power fails. A
    failure is only logged: without the file, the guard notices less.
    """
    new = file.with_name(f"{file.name}.new-{os.getpid()}")
    try:
        with new.open("w", encoding="utf-8") as written:
            written.write(json.dumps(asdict(identity)) + "\n")
            written.flush()
            os.fsync(written.fileno())
        new.replace(file)
    except OSError as error:
        extra = {"event": "restore_guard.marker_not_written"}
        logger.warning("cannot write the marker file %s: %s", file, error.strerror, extra=extra)


def mismatch_reason(
    identity: DatabaseIdentity, marker: DatabaseIdentity | None, *, place: str, needs_file: bool
) -> str | None:
    """
    Return why the database at *place*, which records *identity*, is a copy. Return None if it is
    the one that sends. With *needs_file*, its marker file must be beside it.
    """
    if identity.place != place:
        return f"it is a copy: it was at {identity.place} and is now at {place}"
    if marker is None:
        return (
            "the marker file beside it is missing"
            if needs_file and identity.submitted_count
            else None
        )
    # On PostgreSQL each machine has a file, but a person lifts the guard on one of them only.
    if marker.name != identity.name and needs_file:
        return "the marker file beside it belongs to another database"
    return RESTORED if marker.submitted_count > identity.submitted_count else None


def verify_identity(database: Database, folder: Path, *, now: dt.datetime) -> None:
    """
    Engage the kill switch if the database is a copy. The first call gives the database its
    identity.

    Raises:
        StoreError: it is not known at the moment whether it is one.
    """
    file = marker_file(database, folder)
    marker = read_marker(file)
    with database.write() as connection:
        place = database_identity.place_of(connection, database.file)
        new = DatabaseIdentity(name=secrets.token_hex(8), place=place, submitted_count=0)
        identity = database_identity.claim_identity(connection, new)
        is_new = identity == new
        needs_file = database.file is not None
        reason = (
            None
            if is_new
            else mismatch_reason(identity, marker, place=place, needs_file=needs_file)
        )
        if reason is not None:
            _stop_copy(connection, reason, now=now)
        elif is_new and marker is not None:
            # Another database sent from here, perhaps this one before it was restored.
            begin_epoch(connection, now=now)
    if reason is None and (marker is None or is_new or marker.name != identity.name):
        write_marker(file, identity)


def _stop_copy(connection: sa.Connection, reason: str, *, now: dt.datetime) -> None:
    """
    Stop everything, and begin a new epoch, because issues can be frozen while nothing is sent.
    """
    kill_switch.engage(connection, StopKind.COPY, reason=reason, now=now)
    begin_epoch(connection, now=now)


def require_same_secret(database: Database, keys: SigningKeys) -> None:
    """
    Refuse to sign links with other secrets than those that signed the links in this database's
    mails, because those would stop working. The first process records which secrets these are.

    Raises:
        SettingsError: this process lacks the newest secret, or all of them.
    """
    with database.write() as connection:
        recorded = database_identity.recorded_keys(connection)
        require_same_keys(recorded, keys)
        if recorded is None or recorded.current != keys.current:
            database_identity.record_keys(connection, keys)


def require_same_keys(recorded: SigningKeys | None, keys: SigningKeys) -> None:
    """
    Refuse *keys* if they are not those that the database has recorded, if any.

    Raises:
        SettingsError: the newest secret, or all of them, are missing.
    """
    if recorded is None:
        return
    if recorded.instance != keys.instance:
        raise SettingsError(
            "[site] secret_file is not the one that signed the links in the emails of this "
            "database: copy it from the machine that has it; if it is lost, "
            "`newsletter resume --only-copy` accepts this one, and the old links stop working"
        )
    if recorded.current not in keys.names:
        raise SettingsError(
            "[site] secret_file lacks the newest secret: copy the file from the machine where "
            "`newsletter secret rotate` ran, or links in newer emails do not work here"
        )


def resume_only_copy(
    database: Database,
    folder: Path,
    *,
    keys: SigningKeys,
    now: dt.datetime,
    merge: Callable[[sa.Connection, dt.datetime], object] = lambda connection, since: None,
) -> Restored:
    """
    Let a copy send again, under a new identity and in a new epoch. What it would have sent now
    waits for a decision; what becomes due later is sent. *keys* names the secrets that sign its
    links. If it was stopped, *merge* is called with the time of that, to let those people go again
    who left since.

    Raises:
        Refused: it was not stopped as a copy, and those secrets already sign its links.
    """
    file = marker_file(database, folder)
    marker = read_marker(file)
    with database.write() as connection:
        stops = [kill_switch.stop_of(connection, kind) for kind in (StopKind.COPY, StopKind.MOVED)]
        found = [stop for stop in stops if stop is not None]
        if not found and _are_accepted(connection, keys):
            raise Refused("this database is not a copy: there is nothing to resume")
        if found:
            merge(connection, min(stop.since for stop in found))
        for stop in found:
            kill_switch.disengage(connection, stop.kind)
        restored = settle_copy(connection, now=now)
        begin_epoch(connection, now=now)
        place = database_identity.place_of(connection, database.file)
        submitted_count = _highest_count(database_identity.load_identity(connection), marker)
        identity = DatabaseIdentity(
            name=secrets.token_hex(8), place=place, submitted_count=submitted_count + 1
        )
        database_identity.save_identity(connection, identity)
        database_identity.record_keys(connection, keys)
    write_marker(file, identity)
    return restored


def _are_accepted(connection: sa.Connection, keys: SigningKeys) -> bool:
    try:
        require_same_keys(database_identity.recorded_keys(connection), keys)
    except SettingsError:
        return False
    return True


def _highest_count(identity: DatabaseIdentity | None, marker: DatabaseIdentity | None) -> int:
    if identity is None:
        return 0
    return max(identity.submitted_count, marker.submitted_count if marker is not None else 0)


class Marker:
    """
    Keep the marker file of a worker up to date, with each heartbeat.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.file = marker_file(database, folder)
        self._intents = self._written_intents = 0
        self._unwritten: DatabaseIdentity | None = None
        self._identity: DatabaseIdentity | None = None

    def watch(self, connection: sa.Connection, *, now: dt.datetime) -> None:
        """
        Engage the kill switch if the database went back in time since the last heartbeat, because
        it was restored while this process was sending.
        """
        identity = database_identity.load_identity(connection)
        if identity is None:
            return
        if self._identity is not None and identity.submitted_count < self._identity.submitted_count:
            _stop_copy(connection, RESTORED, now=now)
        self._identity = identity

    def advance(self, connection: sa.Connection, intents_written: int) -> None:
        """
        Increase the database's submission count, in the heartbeat's transaction, if this process
        has written intents since the last heartbeat.
        """
        self._unwritten = (
            database_identity.count_submission(connection)
            if intents_written > self._written_intents
            else None
        )
        self._intents = intents_written

    def write(self) -> None:
        """
        Write the marker file. Call this once that transaction is committed.
        """
        self._written_intents = self._intents
        if self._unwritten is not None:
            write_marker(self.file, self._unwritten)
            self._identity, self._unwritten = self._unwritten, None
