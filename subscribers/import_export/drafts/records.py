"""
Store the imports that somebody prepares: how their files are to be read, and what they would
change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.database.job_tables import file_job
from subscribers.errors import JobRefused
from subscribers.history.model import Origin
from subscribers.import_export.jobs.model import FileJob, JobFile, JobKind, JobState
from subscribers.import_export.jobs.records import add_job, find_job
from subscribers.text.phrases import phrase
from subscribers.text.stored_phrases import with_phrases

_j = file_job
_PREPARED = (JobState.DRAFT, JobState.TRYING)


def add_draft(
    connection: sa.Connection, file: JobFile, *, list_id: int, by: Origin, now: dt.datetime
) -> int:
    """
    Add a draft of an import of one file into the list, and return its number.
    """
    return add_job(
        connection,
        JobKind.IMPORT,
        [file],
        list_id=list_id,
        options={},
        state=JobState.DRAFT,
        by=by,
        now=now,
    )


def find_draft(connection: sa.Connection, number: int) -> FileJob:
    """
    Return an import that is being prepared.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it is no draft any more.
    """
    job = find_job(connection, number, JobKind.IMPORT)
    if job.state not in _PREPARED:
        raise JobRefused(phrase("{job}: it cannot be prepared any more", job=job.as_words))
    return job


def ask_for_trial(
    connection: sa.Connection, number: int, *, list_id: int, options: Mapping[str, Any]
) -> None:
    """
    Store how the file is to be read, and let a process find out what the import would change.
    """
    values = {"list_id": list_id, "options": dict(options), "state": JobState.TRYING.value}
    _update(connection, number, {**values, "counts": None, "progress": None, "error": ""})


def store_progress(connection: sa.Connection, number: int, progress: Mapping[str, Any]) -> None:
    """
    Store how far the trial of a draft is.
    """
    _update(connection, number, {"progress": dict(progress)})


def store_trial(
    connection: sa.Connection, number: int, counts: Mapping[str, Any], *, error: str = ""
) -> None:
    """
    Store what an import would come to, or why it cannot be done.
    """
    values = {
        "state": JobState.DRAFT.value,
        "counts": dict(counts),
        **with_phrases({"error": error}),
    }
    _update(connection, number, {**values, "progress": None})


def release(connection: sa.Connection, number: int, *, by: Origin) -> None:
    """
    Let a process work the import.
    """
    values = {"state": JobState.WAITING.value, "counts": None, "error": ""}
    _update(connection, number, {**values, "by_name": by.name, "through": by.through})


def remove_draft(connection: sa.Connection, number: int) -> None:
    """
    Remove a draft.
    """
    states = [state.value for state in _PREPARED]
    connection.execute(sa.delete(_j).where(_j.c.id == number, _j.c.state.in_(states)))


def old_drafts(connection: sa.Connection, *, before: dt.datetime) -> list[FileJob]:
    """
    Return the drafts that were begun before that time.
    """
    states = [state.value for state in _PREPARED]
    found = sa.select(_j.c.id).where(_j.c.state.in_(states), _j.c.created_at < before)
    return [find_job(connection, number, JobKind.IMPORT) for number in connection.scalars(found)]


def _update(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> None:
    states = [state.value for state in _PREPARED]
    this = sa.update(_j).where(_j.c.id == number, _j.c.state.in_(states))
    if connection.execute(this.values(values)).rowcount != 1:
        raise JobRefused(phrase("import {number} is no draft any more", number=number))
