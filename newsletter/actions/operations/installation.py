"""
Actions on an installation: open it, upgrade its database, back it up, restore it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.access.ended_again import EndedAgain, end_again
from newsletter.actions.guard.audit import record_entry
from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.operations.departures import Merged, departures_of, merge_departures
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.settings import load_settings
from newsletter.store import migrate
from newsletter.store.access.ended_access import EndedAccess, ended_access_in
from newsletter.store.flow_control.kill_switch import require_not_migrated
from newsletter.store.operations import backups


@contextmanager
def open_installation(config: Path, *, even_migrated: bool = False) -> Iterator[App]:
    """
    Open the App of the settings in *config*; its database must be at the current schema.

    Raises:
        SettingsError: the settings are missing or wrong.
        StoreError: the database is not at the current schema.
        Refused: it was migrated to PostgreSQL, unless *even_migrated*.
    """
    with App(settings=load_settings(config)) as app:
        migrate.require_current(app.database)
        if not even_migrated:
            with app.database.read() as connection:
                require_not_migrated(connection)
        yield app


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """
    The schema before and after, and the database's address without its password.
    """

    before: str | None
    after: str
    url: str


def upgrade(config: Path) -> Upgrade:
    """
    Create the database of the settings in *config*, or bring it to the current schema.

    Raises:
        SettingsError: the settings are missing or wrong.
        StoreError: the database cannot be upgraded.
    """
    with App(settings=load_settings(config)) as app:
        before, after = migrate.upgrade(app.database)
        url = app.database.shown_url
    return Upgrade(before=before, after=after, url=url)


@dataclass(frozen=True, kw_only=True)
class Backup:
    """
    The size of a backup, and the secret that belongs with it but is not in it.
    """

    size_bytes: int
    secret_file: Path


@requires(
    Permission.OPERATIONS_WRITE,
    "backup.make",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def back_up(app: App, file: Path, *, by: Actor) -> Backup:
    """
    Write the database to the empty *file*.

    Raises:
        Refused: the file cannot be written, or the database is not SQLite.
    """
    size = backups.write_backup(app.database, file, now=app.clock())
    secret_file = app.settings.path(app.settings.site.secret_file)
    return Backup(size_bytes=size, secret_file=secret_file)


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """
    Where the previous database is kept, None if there was none, who was let go again, and whose
    access was ended again.
    """

    before: Path | None
    merged: Merged
    ended: EndedAgain


def restore_backup(app: App, file: Path, *, by: Actor) -> Restoration:
    """
    Replace the database by a backup. Let those people go again who left since, and end the access
    of the tokens and members of staff that were revoked and removed.

    Raises:
        Refused: the file is not a backup, or the database is not SQLite.
    """
    before = backups.restore_backup(app.database, file, now=app.clock())
    more = None if before is None else departures_of(before)
    access = EndedAccess() if before is None else ended_access_in(before)
    with app.database.write() as connection:
        merged = merge_departures(connection, app, (), more=more)
        ended = end_again(connection, access, now=app.clock())
        target = Target(kind=ObjectKind.INSTALLATION)
        record_entry(app, connection, by, "backup.restore", target, changes=vars(ended))
    return Restoration(before=before, merged=merged, ended=ended)
