"""
Record when a backup was last made, in a file beside the settings, so that monitoring notices if
none is made any more. Other programs that make backups can record them too, with `touch`.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from newsletter.errors import StoreError

LAST_BACKUP = "last-backup"


def record_backup(folder: Path, *, now: dt.datetime) -> None:
    """
    Record that a backup was made: set the time of the last change of the file in *folder*.

    Raises:
        StoreError: the file cannot be written.
    """
    file = folder / LAST_BACKUP
    try:
        file.touch()
        os.utime(file, (now.timestamp(), now.timestamp()))
    except OSError as error:
        raise StoreError(
            f"the backup is made, but it cannot be recorded in {file} ({error.strerror}): let this "
            "user write there, because monitoring reads it"
        ) from error


def last_backup_at(folder: Path) -> dt.datetime | None:
    """
    Return when a backup was last made, or None if none was recorded in *folder*.
    """
    try:
        return dt.datetime.fromtimestamp((folder / LAST_BACKUP).stat().st_mtime, dt.UTC)
    except OSError:
        return None
