"""
Actions on imports: start one that a process works later, list, show, continue and undo them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.actions.guard.objects import shared, the_job, the_list
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.files.uploads import (
    UploadedFile,
    stored_files,
    temporary_files,
)
from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.deliveries import mailed_people
from subscribers.errors import JobRefused
from subscribers.import_export.importer import try_import
from subscribers.import_export.jobs import records, undo
from subscribers.import_export.jobs.files import describe_file
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import FileJob, ImportOptions, JobKind, JobState
from subscribers.import_export.jobs.start import add_import
from subscribers.import_export.jobs.work_import import work_import
from subscribers.import_export.products.detect_product import product_named
from subscribers.lists import find_list
from subscribers.model import ImportReport
from subscribers.text.phrases import phrase

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


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """
    What a person says about files to import: how these people agreed, which product wrote the
    files, and what their columns are. With `keeps_values`, no value is replaced that a person has;
    if `is_only_listed`, rows that are about other lists are left out. `new_fields` are the
    labels, by their names, of fields for text that are declared when a prepared import begins.
    """

    consent: str | None = None
    product: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    keeps_values: bool = False
    is_only_listed: bool = False
    new_fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def options(self, *, by: Actor) -> ImportOptions:
        """
        Return how the files are read, and what they may change.

        Raises:
            ImportRefused: the product is not known.
        """
        return ImportOptions(
            consent=self.consent,
            product=None if self.product is None else product_named(self.product).name,
            columns=dict(self.columns) or None,
            keep_values=self.keeps_values or None,
            only_listed=self.is_only_listed or None,
            reach=None if by.lists is None else sorted(by.lists),
            new_fields=dict(self.new_fields) or None,
        )


@requires(Permission.PEOPLE_WRITE, "import.start", about=the_list("list_slug"))
def start(
    app: App, files: Sequence[UploadedFile], list_slug: str, *, by: Actor, choices: ImportChoices
) -> ImportJob:
    """
    Copy files into the installation, and add an import of them into the list for `newsletter serve`
    to work. The copies are deleted when it is done, or at once if an import of the same files was
    interrupted, which is returned.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: a file cannot be read.
        JobRefused: the same files are being imported now, or were with other options.
    """
    options = choices.options(by=by)
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
    with stored_files(app, files) as paths:
        copies = [describe_file(path, is_copy=True) for path in paths]
        with app.database.write() as connection:
            job = add_import(
                connection,
                copies,
                mailing_list=mailing_list,
                options=options,
                by=by.origin,
                now=app.clock(),
            )
    if not {each.path for each in job.files} & {each.path for each in copies}:
        shutil.rmtree(copies[0].path.parent)
    with app.database.read() as connection:
        return ImportJob(job=job, is_worked=is_held(connection, job.id))


@requires(Permission.PEOPLE_WRITE, "import.try", about=the_list("list_slug"), audited=False)
def try_files(
    app: App, files: Sequence[UploadedFile], list_slug: str, *, by: Actor, choices: ImportChoices
) -> ImportReport:
    """
    Return what an import of the files would come to, and import nothing.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: a file cannot be read.
    """
    options = choices.options(by=by)
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
    with temporary_files(app, files) as paths:
        return try_import(
            app.database.engine,
            paths,
            mailing_list=mailing_list,
            options=options,
            now=app.clock(),
            keyring=app.links.keys,
            may_be_undecided=True,
        )


@requires(Permission.PEOPLE_READ, "import.list", about=shared(ObjectKind.FILE_JOB))
def list_imports(app: App, *, before: int | None, limit: int | None, by: Actor) -> list[ImportJob]:
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


@requires(Permission.PEOPLE_EXPORT, "import.errors", about=the_job(), in_steps=True)
def errors_file(app: App, number: int, *, by: Actor) -> Path:
    """
    Return the path of the file with the rows that could not be imported.

    Raises:
        UnknownJob: there is no import of that number.
        NotFound: it has no such file here.
    """
    with app.database.read() as connection:
        job = records.find_job(connection, number, JobKind.IMPORT)
    path = job.counts.get("errors_file")
    if path is None or not Path(path).is_file():
        raise NotFound(
            phrase("import {number} has no file of rows with errors on this machine", number=number)
        )
    return Path(path)


def require_undo_within_reach(job: FileJob, *, by: Actor) -> None:
    """
    Require that the import changed nothing beyond the lists that *by* is limited to: its undo would
    too.

    Raises:
        JobRefused: it may have.
    """
    reach = job.options.get("reach")
    if by.lists is not None and (reach is None or not by.lists.issuperset(reach)):
        raise JobRefused(
            phrase(
                "import {job} may have changed what people on other lists share: somebody "
                "who is not limited to some lists has to undo it",
                job=job.id,
            )
        )


@requires(Permission.PEOPLE_READ, "import.count_undo", about=the_job())
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
    with app.database.read() as connection:
        require_undo_within_reach(records.find_job(connection, number, JobKind.IMPORT), by=by)
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
