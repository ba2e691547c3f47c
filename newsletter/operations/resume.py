"""
Let a restored, copied or moved installation send again, without those who have left since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.operations.departures import Merged, merge_departures
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.operations.restore_guard import resume_only_copy
from newsletter.store.operations.restore import Restored


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """
    What waits for a person now, and who was let go again; `merged` is None if the database was no
    copy and only its secret is new.
    """

    restored: Restored
    merged: Merged | None


@requires(
    Permission.OPERATIONS_WRITE,
    "installation.resume",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def resume_installation(app: App, departures: Sequence[Path], *, by: Actor) -> Resumed:
    """
    Let a copy send again, once everybody is let go who left after it was made. *departures* are the
    files of other machines.

    Raises:
        Refused: it is no copy, or one of the files cannot be read.
    """
    merged: list[Merged] = []

    def merge(connection: sa.Connection, since: dt.datetime) -> None:
        merged.append(merge_departures(connection, app, departures, since=since))

    restored = resume_only_copy(
        app.database, app.settings.folder, keys=app.signing_keys, now=app.clock(), merge=merge
    )
    return Resumed(restored=restored, merged=merged[0] if merged else None)
