"""
Undo an import: remove the people it added, take those who were known before off its list again, and
set values back. `undo_plan` decides what, and `undo_changes` changes it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.database.segment_tables import note
from subscribers.errors import JobRefused
from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.files import delete_copies
from subscribers.import_export.jobs.lock import hold
from subscribers.import_export.jobs.model import FileJob, JobKind, JobState, busy_import
from subscribers.import_export.jobs.records import find_job, set_undo
from subscribers.import_export.jobs.undo_changes import apply_plan
from subscribers.import_export.jobs.undo_plan import Mailed, plan_undo
from subscribers.import_export.run.rejects_file import discard_rejects
from subscribers.import_export.run.tags_and_notes import note_author
from subscribers.import_export.sources import Progress
from subscribers.text.phrases import phrase

_UNDOABLE = (JobState.DONE, JobState.FAILED, JobState.STOPPED, JobState.RUNNING, JobState.UNDOING)
_NOT_BEGUN = (JobState.DRAFT, JobState.WAITING, JobState.STOPPED, JobState.UNDOING)


def count_undo(engine: sa.Engine, number: int, *, mailed: Mailed) -> dict[str, int]:
    """
    Return what undoing the import would come to, and change nothing.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it cannot be undone.
    """
    counts: Counter[str] = Counter()
    removed: set[int] = set()
    with open_connection(engine, is_reading=True) as connection:
        job = require_undoable(connection, number)
        if job.started_at is None:
            return {}
        after = job.undo.get("after", 0)
        while True:
            plan = plan_undo(connection, job, after=after, removed=removed, mailed=mailed)
            connection.rollback()
            counts += plan.counts
            if plan.last is None:
                return dict(counts)
            after = plan.last


def undo_import(
    engine: sa.Engine,
    number: int,
    *,
    by: Origin,
    mailed: Mailed,
    now: dt.datetime,
    progress: Progress | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int] | None:
    """
    Undo the import, or continue an undo that was interrupted, and return what it came to. Return
    None if the process *is_stopping*; then the undo can be continued. *progress* is called with the
    rows of the history that are done, and 0.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it cannot be undone, or another process works it.
    """
    with open_connection(engine) as connection, hold(connection, number) as is_held:
        if not is_held:
            raise JobRefused(busy_import(number))
        job = require_undoable(connection, number)
        connection.rollback()
        if job.started_at is None:
            return _cancel(connection, job, by, now)
        undo = {"by": by.name, "through": by.through, "at": now.isoformat(), **job.undo}
        counts: Counter[str] = Counter(undo.pop("counts", {}))
        removed: set[int] = set()
        done = 0
        while True:
            with connection.begin():
                after = undo.get("after", 0)
                plan = plan_undo(connection, job, after=after, removed=removed, mailed=mailed)
                counts += plan.counts
                undo["after"] = after if plan.last is None else plan.last
                apply_plan(connection, plan, job, _origin(undo), now)
                state = JobState.UNDONE if plan.last is None else JobState.UNDOING
                if plan.last is None:
                    _delete_notes(connection, job)
                set_undo(connection, number, state, {**undo, "counts": dict(counts)})
            if plan.last is None:
                _delete_files(job)
                return dict(counts)
            done += 1
            if progress:
                progress(done, 0)
            if is_stopping():
                return None


def _cancel(
    connection: sa.Connection, job: FileJob, by: Origin, now: dt.datetime
) -> dict[str, int]:
    """
    End an import that never began.
    """
    undo = {"by": by.name, "through": by.through, "at": now.isoformat(), "counts": {}}
    with connection.begin():
        set_undo(connection, job.id, JobState.UNDONE, undo)
    _delete_files(job)
    return {}


def _delete_notes(connection: sa.Connection, job: FileJob) -> None:
    """
    Delete the notes that the import added about people who were known before.
    """
    its = sa.and_(
        note.c.by_name == note_author(job.origin), note.c.subscriber_id <= job.people_before
    )
    connection.execute(note.delete().where(its))


def _delete_files(job: FileJob) -> None:
    """
    Delete what an import left that never came to its end: rows with errors, copies of its files.
    """
    discard_rejects(job.progress.get("rejects"), job.id)
    delete_copies(job.files)


def ask_for_undo(connection: sa.Connection, number: int, *, by: Origin, now: dt.datetime) -> None:
    """
    Let a process that works jobs undo the import.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it cannot be undone.
    """
    job = require_undoable(connection, number)
    undo = {"by": by.name, "through": by.through, "at": now.isoformat(), **job.undo}
    set_undo(connection, number, JobState.UNDOING, undo)


def require_undoable(connection: sa.Connection, number: int) -> FileJob:
    """
    Return the import of that number.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it cannot be undone.
    """
    job = find_job(connection, number, JobKind.IMPORT)
    if job.state is JobState.UNDONE:
        raise JobRefused(phrase("import {number} is undone already", number=number))
    if job.started_at is None and job.state in _NOT_BEGUN:
        return job
    if job.state not in _UNDOABLE or job.started_at is None:
        raise JobRefused(phrase("{job}: there is nothing to undo", job=job.as_words))
    if job.people_before is None:
        raise JobRefused(
            phrase(
                "import {number} was made by an earlier version, which did not store what "
                "it began: it cannot be undone",
                number=number,
            )
        )
    return job


def _origin(undo: Mapping[str, Any]) -> Origin:
    return Origin(kind=OriginKind.STAFF, name=undo["by"], through=undo["through"])
