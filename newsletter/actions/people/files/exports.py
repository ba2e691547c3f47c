"""
Exports to files, as jobs: the command works its own, and `newsletter serve` those that wait and
those whose process died. An export that was interrupted begins again; its file appears whole.

The files of exports that `newsletter serve` works are kept for seven days.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsletter.actions.guard.objects import people_in, shared, the_job, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.files.subscriber_files import as_exported
from newsletter.actions.people.files.uploads import new_folder
from newsletter.actions.people.files.work_export import work
from newsletter.app import App
from newsletter.errors import InvalidValue, NotFound
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.filters.model import EVERYBODY, PeopleFilter
from subscribers.import_export.export.presets.write_preset import PRESETS
from subscribers.import_export.jobs import records
from subscribers.import_export.jobs.export_records import kept_exports
from subscribers.import_export.jobs.model import FileJob, JobFile, JobKind, JobState
from subscribers.lists import find_list
from subscribers.text.phrases import phrase

KEPT_FOR = dt.timedelta(days=7)
# Files of exports that ended earlier were deleted long ago.
_LOOKED_BACK = dt.timedelta(days=90)


@requires(Permission.PEOPLE_EXPORT, "export.start", about=people_in())
def start(
    app: App,
    which: PeopleFilter,
    *,
    by: Actor,
    is_raw: bool = False,
    as_json_lines: bool = False,
    preset: str = "",
    with_notes: bool = False,
) -> FileJob:
    """
    Add an export of the people whom a filter matches, for `newsletter serve` to work. Its file is
    in a folder of the installation. A *preset* is the product for which the people of one list are
    written, with the notes of staff if *with_notes*.

    Raises:
        UnknownList: there is no such list.
        InvalidValue: there is no such preset, or it is not about one list.
    """
    name = "people.jsonl" if as_json_lines else "people.csv"
    options: dict[str, Any] = {"is_raw": is_raw, "as_json_lines": as_json_lines}
    if preset:
        if preset not in PRESETS or not which.list_slug:
            raise InvalidValue(
                phrase("for {preset}, choose one list, and a product that is known", preset=preset)
            )
        options |= {"preset": preset, "with_notes": with_notes}
        name = f"{preset}.zip" if len(PRESETS[preset].files) > 1 else f"{preset}.csv"
    return _add_kept(app, as_exported(app, which, by=by), name, options, by=by)


@requires(
    Permission.PEOPLE_EXPORT, "export.start_suppressions", about=unlimited(ObjectKind.SUPPRESSION)
)
def start_suppressions(app: App, *, is_hashed: bool = False, by: Actor) -> FileJob:
    """
    Add an export of all suppressions, or of hashes of their addresses, for `newsletter serve` to
    work.
    """
    name = "suppressions-sha256.csv" if is_hashed else "suppressions.csv"
    options = {"is_of_suppressions": True, "is_hashed": is_hashed}
    return _add_kept(app, EVERYBODY, name, options, by=by)


@requires(Permission.PEOPLE_EXPORT, "export.list", about=shared(ObjectKind.FILE_JOB), audited=False)
def list_exports(app: App, *, before: int | None, limit: int, by: Actor) -> list[FileJob]:
    """
    Return the latest exports within reach, the last one first; those with numbers below *before*.
    """
    with app.database.read() as connection:
        return records.list_jobs(
            connection, JobKind.EXPORT, before=before, limit=limit, lists=by.lists
        )


@requires(Permission.PEOPLE_EXPORT, "export.show", about=the_job(), audited=False)
def show(app: App, number: int, *, by: Actor) -> FileJob:
    """
    Return one export.

    Raises:
        UnknownJob: there is none of that number.
    """
    with app.database.read() as connection:
        return records.find_job(connection, number, JobKind.EXPORT)


@requires(Permission.PEOPLE_EXPORT, "export.download", about=the_job(), in_steps=True)
def file_of(app: App, number: int, *, by: Actor) -> Path:
    """
    Return the path of the file of an export that is done.

    Raises:
        UnknownJob: there is none of that number.
        NotFound: it is not done, its file was deleted after seven days, is on another machine, or
            was written by a command.
    """
    with app.database.read() as connection:
        job = records.find_job(connection, number, JobKind.EXPORT)
    for file in job.files:
        if job.state is JobState.DONE and file.is_copy and file.path.is_file():
            return file.path
    raise NotFound(
        phrase(
            "export {number} has no file on this machine: it is {state}, or expired",
            number=number,
            state=job.state,
        )
    )


def delete_expired(app: App, *, now: dt.datetime) -> int:
    """
    Delete the files of exports that ended seven days ago, and return how many.
    """
    deleted, before = 0, now - KEPT_FOR
    with app.database.read() as connection:
        jobs = kept_exports(connection, after=before - _LOOKED_BACK, before=before)
    for file in (file for job in jobs for file in job.files if file.path.parent.is_dir()):
        shutil.rmtree(file.path.parent, ignore_errors=True)
        deleted += 1
    return deleted


@requires(Permission.PEOPLE_EXPORT, "export.to_file", about=people_in(), in_steps=True)
def export_to_file(
    app: App,
    which: PeopleFilter,
    file: Path,
    *,
    by: Actor,
    is_raw: bool = False,
    as_json_lines: bool = False,
    force: bool = False,
    config: Path,
) -> int:
    """
    Export the people whom a filter matches to a file, and return their number. With *force* the
    file may exist, but never one of the installation or its settings at *config*.

    Raises:
        UnknownList, UnknownTag, UnknownSegment: there is no such list, tag or segment.
        Refused: the file exists or cannot be written.
    """
    options: dict[str, Any] = {"is_raw": is_raw, "as_json_lines": as_json_lines}
    options |= {"force": force, "config": str(config.resolve())}
    which = as_exported(app, which, by=by)
    job = _add(app, which, JobFile(file.resolve()), options, by=by, state=JobState.STOPPED)
    return work(app, job.id, named=file)


def _add_kept(
    app: App, which: PeopleFilter, name: str, options: Mapping[str, Any], *, by: Actor
) -> FileJob:
    folder = new_folder(app)
    file = JobFile((folder / name).resolve(), is_copy=True)
    try:
        return _add(app, which, file, options, by=by, state=JobState.WAITING)
    except Exception:
        folder.rmdir()
        raise


def _add(
    app: App,
    which: PeopleFilter,
    file: JobFile,
    options: Mapping[str, Any],
    *,
    by: Actor,
    state: JobState,
) -> FileJob:
    with app.database.write() as connection:
        list_id = find_list(connection, which.list_slug).id if which.list_slug else None
        number = records.add_job(
            connection,
            JobKind.EXPORT,
            [file],
            list_id=list_id,
            options={**options, "filter": _as_json(which)},
            state=state,
            by=by.origin,
            now=app.clock(),
        )
        return records.find_job(connection, number, JobKind.EXPORT)


def _as_json(which: PeopleFilter) -> dict[str, str]:
    values = {**dataclasses.asdict(which), "among": " ".join(sorted(which.among or ()))}
    return {name: str(value) for name, value in values.items() if value}
