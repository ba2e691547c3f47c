"""
Store how far exports are, and find those whose files are kept.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database.job_tables import file_job
from subscribers.import_export.jobs.model import FileJob, JobKind
from subscribers.import_export.jobs.records import find_job

_j = file_job


def set_position(connection: sa.Connection, number: int, position: int) -> None:
    """
    Store how many lines of an export are written.
    """
    connection.execute(sa.update(_j).where(_j.c.id == number).values(position=position))


def kept_exports(
    connection: sa.Connection, *, after: dt.datetime, before: dt.datetime
) -> list[FileJob]:
    """
    Return the exports that ended in that time and whose files were made for them.
    """
    found = sa.select(_j.c.id).where(
        _j.c.kind == JobKind.EXPORT.value, _j.c.ended_at >= after, _j.c.ended_at < before
    )
    numbers = connection.scalars(found.order_by(_j.c.id)).all()
    jobs = (find_job(connection, number, JobKind.EXPORT) for number in numbers)
    return [job for job in jobs if any(file.is_copy for file in job.files)]
