"""
Actions on imports: start one that a process works later, list, show, continue and undo them.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from newsletter.actions.guard.objects import shared, the_job, the_list
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.deliveries import mailed_people
from subscribers.import_export.jobs import records, undo
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import FileJob, ImportOptions, JobKind, JobState
from subscribers.import_export.jobs.start import start_import
from subscribers.import_export.jobs.work_import import work_import
from subscribers.lists import find_list
from subscribers.model import ImportReport

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class ImportJob:
    """
    An import, and whether a process works it now.
    """

    job: FileJob
    is_worked: bool

    @property
    def is_interrupted(self) -> bool:
        return self.job.state in (JobState.RUNNING, JobState.UNDOING) and not self.is_worked

    @property
    def next_command(self) -> str | None:
        """
        Return the command that continues it, if it was interrupted or stopped.
        """
        is_stopped = self.job.state is JobState.STOPPED and not self.is_worked
        if not (self.is_interrupted or is_stopped):
            return None
        verb = "undo" if self.job.state is JobState.UNDOING else "resume"
        return f"newsletter import {verb} {self.job.id}"


@requires(Permission.PEOPLE_WRITE, "import.start", about=the_list("list_slug"))
def start(
    app: App, file: IO[bytes], name: str, list_slug: str, *, by: Actor, consent: str | None
) -> ImportJob:
    """
    Copy a file of that name into the installation, and add an import of it into the list for
    `newsletter serve` to work. The copy is deleted when it is done, or at once if an import of the
    same file was interrupted, which is returned.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: the file cannot be read.
        JobRefused: the same file is being imported now, or was with other options.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
    folder = upload_folder(app, by=by) / secrets.token_hex(4)
    folder.mkdir(mode=0o700, parents=True)
    copy = folder / Path(name).name
    try:
        with copy.open("xb") as out:
            shutil.copyfileobj(file, out)
        job = start_import(
            app.database.engine,
            [copy],
            mailing_list=mailing_list,
            options=ImportOptions(consent=consent),
            by=by.origin,
            now=app.clock(),
            is_copy=True,
        )
    except Exception:
        shutil.rmtree(folder)
        raise
    if all(each.path != copy.resolve() for each in job.files):
        shutil.rmtree(folder)
    return show(app, job.id, by=by)


def upload_folder(app: App, *, by: Actor) -> Path:
    """
    Return the folder for the copies of files to import: beside an SQLite database, else beside the
    settings.
    """
    beside = app.database.file.parent if app.database.file else app.settings.folder
    return beside / "imports"


@requires(Permission.PEOPLE_READ, "import.list", about=shared(ObjectKind.FILE_JOB))
def list_imports(app: App, *, before: int | None, limit: int, by: Actor) -> list[ImportJob]:
    """
    Return the latest imports within reach, the last one first; those with numbers below *before*.
    """
    with app.database.read() as connection:
        jobs = records.list_jobs(
            connection, JobKind.IMPORT, before=before, limit=limit, lists=by.lists
        )
        return [ImportJob(job=job, is_worked=is_held(connection, job.id)) for job in jobs]


@requires(Permission.PEOPLE_READ, "import.show", about=the_job())
def show(app: App, number: int, *, by: Actor) -> ImportJob:
    """
    Return one import.

    Raises:
        UnknownJob: there is none of that number.
    """
    with app.database.read() as connection:
        job = records.find_job(connection, number, JobKind.IMPORT)
        return ImportJob(job=job, is_worked=is_held(connection, number))


@requires(Permission.PEOPLE_WRITE, "import.resume", about=the_job(), in_steps=True)
def resume(app: App, number: int, *, progress: Progress | None = None, by: Actor) -> ImportReport:
    """
    Continue an import that was interrupted or waits, and return the report on all its rows.

    Raises:
        UnknownJob: there is none of that number.
        JobRefused: it is done, or a process works it now.
        ImportRefused: its file changed or cannot be read.
    """
    report = work_import(
        app.database.engine,
        number,
        keyring=app.links.keys,
        now=app.clock(),
        clock=app.clock,
        progress=progress,
    )
    assert report is not None
    return report


@requires(Permission.PEOPLE_WRITE, "import.count_undo", about=the_job(), audited=False)
def count_undo(app: App, number: int, *, by: Actor) -> dict[str, int]:
    """
    Return what undoing an import would come to.

    Raises:
        UnknownJob: there is none of that number.
        JobRefused: it cannot be undone.
    """
    return undo.count_undo(app.database.engine, number, mailed=mailed_people)


@requires(Permission.PEOPLE_WRITE, "import.undo", about=the_job(), in_steps=True)
def undo_import(
    app: App, number: int, *, by: Actor, progress: Progress | None = None
) -> dict[str, int]:
    """
    Undo an import, and return what it came to.

    Raises:
        UnknownJob: there is none of that number.
        JobRefused: it cannot be undone, or a process works it now.
    """
    counts = undo.undo_import(
        app.database.engine,
        number,
        by=by.origin,
        mailed=mailed_people,
        now=app.clock(),
        progress=progress,
    )
    assert counts is not None
    return counts
