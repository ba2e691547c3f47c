"""
Store jobs and how far they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from subscribers.database.job_tables import file_job
from subscribers.database.tables import mailing_list, subscriber
from subscribers.errors import JobLost, UnknownJob
from subscribers.history.model import Origin
from subscribers.import_export.jobs.model import (
    DUE,
    UNFINISHED,
    FileJob,
    ImportOptions,
    JobFile,
    JobKind,
    JobState,
    lost_job,
    no_such_job,
)
from subscribers.text.stored_phrases import read_text, with_phrases

_j = file_job

_OBSERVER = "job_observer"
# Called with the connection, an import or export that has ended, and when.
JobObserver = Callable[[sa.Connection, FileJob, dt.datetime], None]


def add_job(
    connection: sa.Connection,
    kind: JobKind,
    files: Sequence[JobFile],
    *,
    list_id: int | None,
    options: Mapping[str, Any],
    state: JobState = JobState.WAITING,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Add a job that waits to be worked by any process, or in the *state* STOPPED by this one, and
    return its number.
    """
    values = {
        "kind": kind.value,
        "state": state.value,
        "list_id": list_id,
        "files": [_as_json(file) for file in files],
        "options": dict(options),
        "by_name": by.name,
        "through": by.through,
        "created_at": now,
    }
    return int(connection.execute(_j.insert().values(values).returning(_j.c.id)).scalar_one())


def find_job(connection: sa.Connection, number: int, kind: JobKind) -> FileJob:
    """
    Return the job of that number.

    Raises:
        UnknownJob: there is none of that kind.
    """
    row = connection.execute(_select().where(_j.c.id == number, _j.c.kind == kind.value)).first()
    if row is None:
        raise UnknownJob(no_such_job(kind, number))
    return _read(row)


def list_jobs(
    connection: sa.Connection,
    kind: JobKind,
    *,
    before: int | None = None,
    limit: int | None,
    lists: Collection[str] | None = None,
) -> list[FileJob]:
    """
    Return the latest jobs of a kind, the last one first: those below *before* and of *lists*.
    """
    found = _select().where(_j.c.kind == kind.value).order_by(_j.c.id.desc()).limit(limit)
    found = found if before is None else found.where(_j.c.id < before)
    found = found if lists is None else found.where(mailing_list.c.slug.in_(lists))
    return [_read(row) for row in connection.execute(found)]


def due_jobs(connection: sa.Connection) -> list[FileJob]:
    """
    Return the jobs that a process may work unasked, the oldest first.
    """
    due = _select().where(_j.c.state.in_([state.value for state in DUE])).order_by(_j.c.id)
    return [_read(row) for row in connection.execute(due)]


def find_unfinished(
    connection: sa.Connection, files: Sequence[JobFile], *, list_id: int
) -> FileJob | None:
    """
    Return the last import of the same files into the list that did not come to its end.
    """
    unfinished = _j.c.state.in_([state.value for state in UNFINISHED])
    found = _select().where(unfinished, _j.c.list_id == list_id, _j.c.kind == JobKind.IMPORT.value)
    jobs = map(_read, connection.execute(found.order_by(_j.c.id.desc())))
    hashes = sorted(file.sha256 for file in files)
    return next((job for job in jobs if sorted(f.sha256 for f in job.files) == hashes), None)


def begin(
    connection: sa.Connection, job: FileJob, *, progress: Mapping[str, Any], now: dt.datetime
) -> None:
    """
    Store that a job is being worked, for the first time or again.
    """
    values: dict[str, Any] = {"state": JobState.RUNNING.value, **with_phrases({"error": ""})}
    if job.started_at is None:
        people = sa.select(sa.func.coalesce(sa.func.max(subscriber.c.id), 0)).scalar_subquery()
        values |= {"started_at": now, "people_before": people, "progress": dict(progress)}
    _update(connection, job.id, values, job.position)


def advance(
    connection: sa.Connection,
    number: int,
    *,
    before: int,
    position: int,
    counts: Mapping[str, Any],
    progress: Mapping[str, Any],
) -> None:
    """
    Store how far a job is, in the transaction of the rows that were done since *before*.

    Raises:
        JobLost: it is not there any more, or not as far as that.
    """
    values = {"position": position, "counts": dict(counts), "progress": dict(progress)}
    _update(connection, number, values, before)


def end(
    connection: sa.Connection,
    number: int,
    state: JobState,
    *,
    now: dt.datetime,
    product: str = "",
    counts: Mapping[str, Any] | None = None,
    error: str = "",
) -> None:
    """
    Store that a job is done or failed, and what it came to.
    """
    values = {"state": state.value, "ended_at": now, **with_phrases({"error": error})}
    if state is JobState.DONE:
        values |= {"product": product, "counts": dict(counts or {}), "progress": None}
    _update(connection, number, values)
    _show(connection, number, at=now)


def set_state(connection: sa.Connection, number: int, state: JobState, *, error: str = "") -> None:
    """
    Store another state of a job that goes on as it is, and the error that keeps it from it.
    """
    _update(connection, number, {"state": state.value, **with_phrases({"error": error})})


def set_undo(
    connection: sa.Connection, number: int, state: JobState, undo: Mapping[str, Any]
) -> None:
    """
    Store how far the undo of an import is.
    """
    _update(connection, number, {"state": state.value, "undo": dict(undo)})
    if state is JobState.UNDONE:
        _show(connection, number, at=dt.datetime.fromisoformat(undo["at"]))


def observe_jobs(engine: sa.Engine, observer: JobObserver) -> None:
    """
    Call *observer* for each import or export that ends in a transaction of *engine* from now on.
    """
    engine.update_execution_options(**{_OBSERVER: observer})


def _show(connection: sa.Connection, number: int, *, at: dt.datetime) -> None:
    observer: JobObserver | None = connection.get_execution_options().get(_OBSERVER)
    if observer is not None:
        job = connection.execute(_select().where(_j.c.id == number)).one()
        observer(connection, _read(job), at)


def options_as_json(options: ImportOptions) -> dict[str, Any]:
    """
    Return the options that are given, as JSON values.
    """
    return {name: value for name, value in asdict(options).items() if value is not None}


def _update(
    connection: sa.Connection, number: int, values: Mapping[str, Any], position: int | None = None
) -> None:
    this = sa.update(_j).where(_j.c.id == number)
    if position is not None:
        this = this.where(_j.c.position == position)
    if connection.execute(this.values(values)).rowcount != 1:
        raise JobLost(lost_job(number))


def _select() -> sa.Select[Any]:
    its_list = mailing_list.c.id == _j.c.list_id
    return sa.select(_j, mailing_list.c.slug).outerjoin(mailing_list, its_list)


def _as_json(file: JobFile) -> dict[str, Any]:
    return {**file._asdict(), "path": str(file.path)}


def _read(row: sa.Row[Any]) -> FileJob:
    values = dict(row._mapping)
    files = tuple(JobFile(**{**file, "path": Path(file["path"])}) for file in values.pop("files"))
    return FileJob(
        kind=JobKind(values.pop("kind")),
        state=JobState(values.pop("state")),
        list_slug=values.pop("slug") or "",
        files=files,
        counts=values.pop("counts") or {},
        progress=values.pop("progress") or {},
        undo=values.pop("undo") or {},
        error=read_text(values.pop("error"), values.pop("error_phrase")),
        **values,
    )
