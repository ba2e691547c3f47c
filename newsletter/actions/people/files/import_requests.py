"""
Actions that let `newsletter serve` continue an import, or undo it.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_job
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.files.imports import ImportJob, require_undo_within_reach
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from subscribers.errors import JobRefused
from subscribers.import_export.jobs import records
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import DUE, JobKind, JobState
from subscribers.import_export.jobs.undo import ask_for_undo
from subscribers.text.phrases import phrase


@requires(Permission.PEOPLE_WRITE, "import.ask_resume", about=the_job())
def ask_to_resume(app: App, number: int, *, by: Actor) -> ImportJob:
    """
    Let `newsletter serve` continue an import that was stopped, and return it.

    Raises:
        UnknownJob: there is none of that number.
        JobRefused: it has ended.
    """
    with app.database.write() as connection:
        job = records.find_job(connection, number, JobKind.IMPORT)
        if job.state is JobState.STOPPED and not is_held(connection, number):
            records.set_state(connection, number, JobState.WAITING)
        elif job.state not in (*DUE, JobState.STOPPED):
            raise JobRefused(phrase("{job}: there is nothing to continue", job=job.as_words))
        return _job(connection, number)


@requires(Permission.PEOPLE_WRITE, "import.ask_undo", about=the_job())
def ask_to_undo(app: App, number: int, *, by: Actor) -> ImportJob:
    """
    Let `newsletter serve` undo an import, and return it.

    Raises:
        UnknownJob: there is none of that number.
        JobRefused: it cannot be undone, or a process works it now.
    """
    with app.database.write() as connection:
        require_undo_within_reach(records.find_job(connection, number, JobKind.IMPORT), by=by)
        if is_held(connection, number):
            raise JobRefused(
                phrase(
                    "a process is working on import {number} now: wait until it is done",
                    number=number,
                )
            )
        ask_for_undo(connection, number, by=by.origin, now=app.clock())
        return _job(connection, number)


def _job(connection: sa.Connection, number: int) -> ImportJob:
    job = records.find_job(connection, number, JobKind.IMPORT)
    return ImportJob(job=job, is_worked=is_held(connection, number))
