"""
Start an import as a job, or find the interrupted one to continue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from subscribers.errors import ImportRefused, JobRefused
from subscribers.history.model import Origin
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import FileJob, ImportOptions, JobFile, JobKind
from subscribers.import_export.jobs.records import (
    add_job,
    find_job,
    find_unfinished,
    options_as_json,
)
from subscribers.model import MailingList


def start_import(
    engine: sa.Engine,
    paths: Sequence[Path],
    *,
    mailing_list: MailingList,
    options: ImportOptions,
    by: Origin,
    now: dt.datetime,
    is_copy: bool = False,
) -> FileJob:
    """
    Add an import of the files and return it. If the same files were being imported into the list
    and that was interrupted, return that import, to be continued. *is_copy*: the files are the
    job's own and are deleted with its end.

    Raises:
        ImportRefused: a file cannot be read.
        JobRefused: these files are being imported now, or were with other options.
    """
    files = [describe_file(path, is_copy=is_copy) for path in paths]
    as_json = options_as_json(options)
    with engine.begin() as connection:
        interrupted = find_unfinished(connection, files, list_id=mailing_list.id)
        if interrupted is not None:
            _require_continuable(connection, interrupted, as_json)
            return interrupted
        number = add_job(
            connection,
            JobKind.IMPORT,
            files,
            list_id=mailing_list.id,
            options=as_json,
            by=by,
            now=now,
        )
        return find_job(connection, number, JobKind.IMPORT)


def _require_continuable(
    connection: sa.Connection, job: FileJob, options: dict[str, object]
) -> None:
    if is_held(connection, job.id):
        raise JobRefused(
            f"import {job.id} is importing {job.file_name} now: newsletter import show {job.id} "
            "says how far it is"
        )
    if dict(job.options) != options:
        raise JobRefused(
            f"import {job.id} of {job.file_name}, with other options, was interrupted: "
            f"newsletter import resume {job.id} continues it, and newsletter import undo {job.id} "
            "takes it back"
        )


def describe_file(path: Path, *, is_copy: bool = False) -> JobFile:
    """
    Return the file with its size and hash, to recognise it later.

    Raises:
        ImportRefused: it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise ImportRefused(f"{path}: this is not a regular file: save it as one")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return JobFile(path.resolve(), file.tell(), digest, is_copy)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ImportRefused(f"{path}: {reason}; check its path and permissions") from error


def require_unchanged(job: FileJob) -> None:
    """
    Check that the files of a job are those that it began with.

    Raises:
        ImportRefused: one has changed or is gone.
    """
    for file in job.files:
        if describe_file(file.path).sha256 != file.sha256:
            raise ImportRefused(
                f"{file.path}: this file has changed since import {job.id} began: import it anew"
            )
