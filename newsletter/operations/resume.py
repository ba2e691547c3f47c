"""
Let a restored, copied or moved installation send again, without those who have left since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.operations.departures import Merged, merge_departures
from newsletter.app import App
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


def resume_installation(app: App, departures: Sequence[Path]) -> Resumed:
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
