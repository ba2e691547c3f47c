"""
Start an import as a job, or find the interrupted one to continue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from subscribers.errors import JobRefused
from subscribers.history.model import Origin
from subscribers.import_export.jobs.files import describe_file
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import (
    FileJob,
    ImportOptions,
    JobFile,
    JobKind,
    JobState,
)
from subscribers.import_export.jobs.records import (
    add_job,
    end,
    find_job,
    find_unfinished,
    options_as_json,
)
from subscribers.model import MailingList
from subscribers.text.phrases import phrase


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
    job's own, wait for any process to work them, and are deleted with its end.

    Raises:
        ImportRefused: a file cannot be read.
        JobRefused: these files are being imported now, or were with other options.
    """
    files = [describe_file(path, is_copy=is_copy) for path in paths]
    with engine.begin() as connection:
        return add_import(
            connection, files, mailing_list=mailing_list, options=options, by=by, now=now
        )


def add_import(
    connection: sa.Connection,
    files: Sequence[JobFile],
    *,
    mailing_list: MailingList,
    options: ImportOptions,
    by: Origin,
    now: dt.datetime,
) -> FileJob:
    """
    Add an import of the files in the caller's transaction; like `start_import`.
    """
    as_json = options_as_json(options)
    interrupted = find_unfinished(connection, files, list_id=mailing_list.id)
    if interrupted is not None and _is_moved(connection, interrupted, files):
        gone = "its file was imported from another folder before it began"
        end(connection, interrupted.id, JobState.FAILED, now=now, error=gone)
    elif interrupted is not None:
        _require_continuable(connection, interrupted, as_json)
        return interrupted
    number = add_job(
        connection,
        JobKind.IMPORT,
        files,
        list_id=mailing_list.id,
        options=as_json,
        # What a command adds it works itself, and `serve` must not be faster.
        state=JobState.WAITING if any(file.is_copy for file in files) else JobState.STOPPED,
        by=by,
        now=now,
    )
    return find_job(connection, number, JobKind.IMPORT)


def _is_moved(connection: sa.Connection, job: FileJob, files: Sequence[JobFile]) -> bool:
    """
    Return whether a person copied the files of an import that could not begin where they were.
    """
    if job.started_at is not None or any(file.is_copy for file in job.files):
        return False
    is_other = {file.path for file in job.files} != {file.path for file in files}
    return is_other and not is_held(connection, job.id)


def _require_continuable(
    connection: sa.Connection, job: FileJob, options: dict[str, object]
) -> None:
    if is_held(connection, job.id):
        raise JobRefused(
            phrase(
                "import {job} is importing {file_name} now: newsletter import show {job} "
                "says how far it is",
                job=job.id,
                file_name=job.file_name,
            )
        )
    if dict(job.options) != options:
        raise JobRefused(
            phrase(
                "import {job} of {file_name}, with other options, was interrupted: "
                "newsletter import resume {job} continues it, and newsletter import undo "
                "{job} takes it back",
                job=job.id,
                file_name=job.file_name,
            )
        )
