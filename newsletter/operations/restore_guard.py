"""
The restore guard: a copied or restored database sends nothing, until a person says that it is the
only copy. Otherwise it would hand over again what the other one did already.

The database knows where it lies and how far its hand-overs went; a small file outside of it
remembers the same. `sender` and `web.server` look at both when they start.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import secrets
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import Refused, SettingsError
from newsletter.store.database import Database
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.operations import database_identity as originals
from newsletter.store.operations.database_identity import Original
from newsletter.store.operations.restore import Restored, settle_copy

logger = logging.getLogger(__name__)

RESTORED = "it is older than what was handed over from here: it was restored"


def memory_file(database: Database, folder: Path) -> Path:
    """
    Where the hand-overs are remembered outside of the database: beside an SQLite file, else in
    *folder*, that of the settings.
    """
    if database.file is not None:
        return database.file.with_name(f"{database.file.name}-original")
    return folder / "database-original"


def read_marker(file: Path) -> Original | None:
    """
    What the file says; None when there is none, or nothing that can be read.
    """
    try:
        return Original(**json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_marker(file: Path, found: Original) -> None:
    """
    Writes the file anew, whole whatever other process does the same or a power cut comes between.
    One that cannot be written only makes the guard less sharp.
    """
    new = file.with_name(f"{file.name}.new-{os.getpid()}")
    try:
        with new.open("w", encoding="utf-8") as written:
            written.write(json.dumps(asdict(found)) + "\n")
            written.flush()
            os.fsync(written.fileno())
        new.replace(file)
    except OSError as error:
        told = {"event": "original.not_kept"}
        logger.warning("cannot write %s: %s", file, error.strerror, extra=told)


def mismatch_reason(
    kept: Original, outside: Original | None, *, place: str, needs_file: bool
) -> str | None:
    """
    Why a database that says *kept* is no original at *place*; None when it is.
    """
    if kept.place != place:
        return f"it is a copy: it was {kept.place}, and is {place}"
    if outside is None:
        return "the file beside it is missing" if needs_file and kept.handed else None
    # On PostgreSQL each machine has a file, and a person says on one of them that it is no copy.
    if outside.name != kept.name and needs_file:
        return "the file beside it belongs to another database"
    return RESTORED if outside.handed > kept.handed else None


def verify_identity(database: Database, folder: Path, *, now: dt.datetime) -> None:
    """
    Stops everything where the database is no original; the first look makes it one.
    """
    file = memory_file(database, folder)
    outside = read_marker(file)
    with database.write() as connection:
        place = originals.place_of(connection, database.file)
        new = Original(name=secrets.token_hex(8), place=place, handed=0)
        kept = originals.begin_original(connection, new)
        is_new = kept == new
        reason = (
            None
            if is_new
            else mismatch_reason(kept, outside, place=place, needs_file=database.file is not None)
        )
        if reason is not None:
            stops.engage(connection, StopKind.COPY, reason=reason, now=now)
    if reason is None and (outside is None or is_new or outside.name != kept.name):
        write_marker(file, kept)


def require_same_secret(database: Database, instance: str) -> None:
    """
    Refuses a process that would sign links with another secret than the one this database's mails
    are signed with: nobody could unsubscribe by them. The first to come says which one it is.

    Raises:
        SettingsError: *instance*, the name of its secret, is another.
    """
    with database.write() as connection:
        kept = originals.key_of(connection)
        if kept is None:
            originals.keep_key(connection, instance)
        else:
            compare_keys(kept, instance)


def compare_keys(kept: str | None, instance: str) -> None:
    """
    As `require_own_key`, of what the database says.
    """
    if kept not in (None, instance):
        raise SettingsError(
            "[site] secret_file is not the one that signed the links in the mails of this "
            "database: copy it from the machine that has it; if that one is lost for good, "
            "`newsletter resume --only-copy` takes this one, and those links are dead"
        )


def resume_only_copy(
    database: Database, folder: Path, *, instance: str, now: dt.datetime
) -> Restored:
    """
    Makes the database the original again: what it would hand over by itself waits for a person
    now, and what is due from here on goes its way. Its links are signed by the secret that is
    called *instance* from now on.

    Raises:
        Refused: nobody stopped it for being a copy, and it is signed by that secret already.
    """
    file = memory_file(database, folder)
    outside = read_marker(file)
    with database.write() as connection:
        lifted = [stops.disengage(connection, kind) for kind in (StopKind.COPY, StopKind.MOVED)]
        if not any(lifted) and originals.key_of(connection) in (None, instance):
            raise Refused("this database is no copy: there is nothing to resume")
        restored = settle_copy(connection, now=now)
        place = originals.place_of(connection, database.file)
        kept = originals.load_original(connection)
        handed = max(one.handed for one in (kept, outside) if one is not None) if kept else 0
        found = Original(name=secrets.token_hex(8), place=place, handed=handed + 1)
        originals.keep_original(connection, found)
        originals.keep_key(connection, instance)
    write_marker(file, found)
    return restored


class Marker:
    """
    Remembers, at a sender's beats, that batches were handed over.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.file = memory_file(database, folder)
        self._begun = self._seen = 0
        self._last: Original | None = None
        self._found: Original | None = None

    def watch(self, connection: sa.Connection, *, now: dt.datetime) -> None:
        """
        Stops everything where the database has gone back since the last beat: somebody restored it
        while processes send.
        """
        kept = originals.load_original(connection)
        if kept is None:
            return
        if self._found is not None and kept.handed < self._found.handed:
            stops.engage(connection, StopKind.COPY, reason=RESTORED, now=now)
        self._found = kept

    def advance(self, connection: sa.Connection, begun: int) -> None:
        """
        Counts in the beat's transaction, when *begun* hand-overs are more than at the last beat.
        """
        self._last = originals.advance(connection) if begun > self._seen else None
        self._begun = begun

    def keep(self) -> None:
        """
        Writes the file, once that transaction is committed.
        """
        self._seen = self._begun
        if self._last is not None:
            write_marker(self.file, self._last)
            self._found, self._last = self._last, None
