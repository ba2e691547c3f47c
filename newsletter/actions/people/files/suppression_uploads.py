"""
Actions on an uploaded file of suppressions: look at what is in it, and keep it until somebody says
that it is to be done.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.people import suppressions
from newsletter.actions.people.files.uploads import UploadedFile, stored_files, upload_folder
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.suppression.files import SuppressionImport
from subscribers.text.phrases import phrase

KEPT_FOR = dt.timedelta(days=1)
# So is the folder of such a file called, beside those of imports.
_PREFIX = "suppressions-"
_KEY = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class KeptSuppressions:
    """
    What is in a file of suppressions, and the key under which the file is kept.
    """

    counts: SuppressionImport
    kept: str


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.look",
    about=unlimited(ObjectKind.SUPPRESSION),
    audited=False,
)
def look(app: App, file: UploadedFile, *, values: SuppressionValues, by: Actor) -> KeptSuppressions:
    """
    Keep a file of suppressions for a day, and return what is in it.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: the file cannot be read.
        InvalidValue: the last day is over, or the reason unknown.
    """
    with stored_files(app, [file]) as paths:
        counts = suppressions.import_file(app, paths[0], values=values, by=by, dry_run=True)
        folder = paths[0].parent
        folder.rename(folder.with_name(f"{_PREFIX}{folder.name}"))
    return KeptSuppressions(counts=counts, kept=folder.name)


@contextmanager
def kept_file(app: App, key: str) -> Iterator[Path]:
    """
    Yield the path of a file that was kept, and delete it in the end.

    Raises:
        NotFound: it is not there any more.
    """
    folder = upload_folder(app) / f"{_PREFIX}{key}"
    if not _KEY.fullmatch(key) or not folder.is_dir():
        raise NotFound(phrase("there is no such file any more"))
    try:
        yield next(folder.iterdir())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def delete_expired(app: App, *, now: dt.datetime) -> int:
    """
    Delete the files that were kept for a day, and return how many.
    """
    deleted, before = 0, (now - KEPT_FOR).timestamp()
    for folder in upload_folder(app).glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)
                deleted += 1
    return deleted
