"""
Actions that prepare an import in the newsroom: store its file, say how it is read, find out what it
would change, and start it or drop it.

A draft that nobody started is deleted after seven days.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_job, the_list
from newsletter.actions.guard.requires import require, requires
from newsletter.actions.people import fields as field_actions
from newsletter.actions.people.files.imports import ImportChoices
from newsletter.actions.people.files.uploads import UploadedFile, stored_files
from newsletter.app import App
from newsletter.errors import NotFound
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.errors import FieldExists, JobRefused
from subscribers.fields.declare import all_fields, require_new_name
from subscribers.fields.model import Field
from subscribers.import_export.drafts import records
from subscribers.import_export.drafts.preview import PreviewedFile, preview_files
from subscribers.import_export.drafts.trial import delete_findings, work_trial
from subscribers.import_export.jobs.files import describe_file
from subscribers.import_export.jobs.model import FileJob, ImportOptions, JobKind, JobState
from subscribers.import_export.jobs.records import find_job, find_unfinished, options_as_json
from subscribers.import_export.reading.find_columns import AS_DETECTED
from subscribers.lists import find_list
from subscribers.text.phrases import phrase

KEPT_FOR = dt.timedelta(days=7)
# What a larger file would change is found out by `newsletter serve`, which takes seconds.
_MOST_AT_ONCE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class DraftImport:
    """
    An import that is being prepared: its files with their columns, and the declared fields that
    these can be read as.
    """

    job: FileJob
    files: Sequence[PreviewedFile]
    fields: Sequence[Field]


@requires(Permission.PEOPLE_WRITE, "import.prepare", about=the_list("list_slug"))
def prepare(app: App, file: UploadedFile, list_slug: str, *, by: Actor) -> int:
    """
    Store a file of people who are to be on the list, and return the number of the draft.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: the file cannot be read.
    """
    with stored_files(app, [file]) as paths:
        path = paths[0].resolve()
        with app.database.write() as connection:
            mailing_list = find_list(connection, list_slug)
            preview_files(path, (), AS_DETECTED)
            return records.add_draft(
                connection,
                describe_file(path, is_copy=True),
                list_id=mailing_list.id,
                by=by.origin,
                now=app.clock(),
            )


@requires(Permission.PEOPLE_WRITE, "import.preview", about=the_job(), audited=False)
def preview(app: App, number: int, *, by: Actor) -> DraftImport:
    """
    Return what the file of a draft says, read as it was said.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it is no draft any more.
        NotFound: its file is not on this machine.
        ImportRefused: the file cannot be read.
    """
    with app.database.read() as connection:
        job = records.find_draft(connection, number)
        fields = all_fields(connection)
        mailing_list = find_list(connection, job.list_slug)
    path = job.files[0].path
    if not path.is_file():
        raise NotFound(phrase("the file of import {number} is not on this machine", number=number))
    choices = ImportOptions(**job.options).choices(mailing_list)
    # What each column is recognised as is shown beside what somebody chose.
    as_recognised = replace(choices, columns={})
    return DraftImport(job=job, files=preview_files(path, fields, as_recognised), fields=fields)


@requires(
    Permission.PEOPLE_WRITE, "import.set_up", about=the_job(lists=("list_slug",)), audited=False
)
def set_up(app: App, number: int, list_slug: str, *, choices: ImportChoices, by: Actor) -> FileJob:
    """
    Say how the file of a draft is read, and find out what the import would change: at once, or by
    `newsletter serve` if the file is large. Return the draft, whose error says why it cannot be
    imported so.

    Raises:
        UnknownJob, UnknownList: there is no such import or list.
        JobRefused: it is no draft any more, or a process is at it.
        ImportRefused: the product is not known.
        FieldExists, InvalidText: a new field cannot be called so.
        Forbidden: there are new fields, and the actor may not declare them.
    """
    options = options_as_json(choices.options(by=by))
    if choices.new_fields:
        require(by, Permission.FIELDS_WRITE, Target(kind=ObjectKind.FIELD))
    with app.database.write() as connection:
        known = all_fields(connection)
        for name in choices.new_fields:
            require_new_name(name, known)
        mailing_list = find_list(connection, list_slug)
        records.ask_for_trial(connection, number, list_id=mailing_list.id, options=options)
        job = find_job(connection, number, JobKind.IMPORT)
    if sum(file.size for file in job.files) <= _MOST_AT_ONCE:
        engine, keys = app.database.engine, app.links.keys
        # `newsletter serve` may be at it already.
        with contextlib.suppress(JobRefused):
            work_trial(engine, number, keyring=keys, now=app.clock())
    with app.database.read() as connection:
        return find_job(connection, number, JobKind.IMPORT)


@requires(Permission.PEOPLE_WRITE, "import.run", about=the_job())
def run(app: App, number: int, *, by: Actor) -> FileJob:
    """
    Declare the new fields of the import that was prepared, let `newsletter serve` do it, and return
    it.

    Raises:
        Forbidden: there are new fields, and the actor may not declare them.
        UnknownJob: there is no import of that number.
        JobRefused: it is no draft any more, it is not known what it would change, or the same file
            is being imported.
    """
    with app.database.read() as connection:
        options = ImportOptions(**records.find_draft(connection, number).options)
    for each in options.fields_to_declare:
        # It may have been declared since: at an earlier try, or by somebody else.
        with contextlib.suppress(FieldExists):
            field_actions.add(app, each.name, each.type, labels=each.labels, by=by)
    with app.database.write() as connection:
        job = records.find_draft(connection, number)
        if not job.counts or job.state is not JobState.DRAFT:
            raise JobRefused(
                phrase("nobody knows yet what import {number} would change", number=number)
            )
        if by.lists is not None and job.options.get("reach") != sorted(by.lists):
            raise JobRefused(
                phrase(
                    "import {number} was prepared by somebody with other lists: save its "
                    "columns again",
                    number=number,
                )
            )
        _require_no_other(connection, job)
        records.release(connection, number, by=by.origin)
        delete_findings(job)
        return find_job(connection, number, JobKind.IMPORT)


@requires(Permission.PEOPLE_WRITE, "import.drop", about=the_job())
def drop(app: App, number: int, *, by: Actor) -> None:
    """
    Remove a draft with its file.

    Raises:
        UnknownJob: there is no import of that number.
        JobRefused: it is no draft any more.
    """
    with app.database.write() as connection:
        job = records.find_draft(connection, number)
        records.remove_draft(connection, number)
    _delete_folder(job)


def delete_expired(app: App, *, now: dt.datetime) -> int:
    """
    Delete the drafts of seven days ago with their files, and return how many.
    """
    with app.database.write() as connection:
        old = records.old_drafts(connection, before=now - KEPT_FOR)
        for job in old:
            records.remove_draft(connection, job.id)
    for job in old:
        _delete_folder(job)
    return len(old)


def _require_no_other(connection: sa.Connection, job: FileJob) -> None:
    assert job.list_id is not None
    other = find_unfinished(connection, job.files, list_id=job.list_id)
    if other is not None:
        raise JobRefused(
            phrase(
                "import {other} of the same file is not done: continue it, or undo it",
                other=other.id,
            )
        )


def _delete_folder(job: FileJob) -> None:
    shutil.rmtree(job.files[0].path.parent, ignore_errors=True)
