"""
Exports to files, as jobs: the command works its own, and `newsletter serve` those that wait and
those whose process died. An export that was interrupted begins again; its file appears whole.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newsletter.actions.guard.objects import people_in
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.files.imports import upload_folder
from newsletter.actions.people.files.subscriber_files import write_people
from newsletter.app import App
from newsletter.errors import NewsletterError, is_temporary
from newsletter.model.access import Actor, Permission
from newsletter.settings.output_files import output_files
from newsletter.store.outgoing.issue_events import note_export
from subscribers.errors import JobRefused, SubscribersError
from subscribers.filters.model import PeopleFilter, PersonState
from subscribers.import_export.jobs import records
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.lock import hold
from subscribers.import_export.jobs.model import FileJob, JobFile, JobKind, JobState
from subscribers.lists import find_list


@requires(Permission.PEOPLE_EXPORT, "export.start", about=people_in())
def start(
    app: App, which: PeopleFilter, *, by: Actor, is_raw: bool = False, as_json_lines: bool = False
) -> FileJob:
    """
    Add an export of the people whom a filter matches, for `newsletter serve` to work. Its file is
    in a folder of the installation.

    Raises:
        UnknownList: there is no such list.
    """
    folder = upload_folder(app, by=by) / secrets.token_hex(4)
    folder.mkdir(mode=0o700, parents=True)
    file = folder / ("people.jsonl" if as_json_lines else "people.csv")
    options = {"is_raw": is_raw, "as_json_lines": as_json_lines}
    try:
        return _add(app, which, file, options, by=by, state=JobState.WAITING)
    except Exception:
        folder.rmdir()
        raise


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
    job = _add(app, which, file, options, by=by, state=JobState.STOPPED)
    return work(app, job.id, named=file)


def work(app: App, number: int, *, named: Path | None = None) -> int:
    """
    Work an export to its end and return the number of people in it. *named* is its file as a person
    named it.

    Raises:
        JobRefused: another process works it, or it is done.
        NewsletterError, SubscribersError: it failed, as its error says from then on.
    """
    with open_connection(app.database.engine) as connection, hold(connection, number) as is_held:
        if not is_held:
            raise JobRefused(f"another process is already working on export {number}")
        job = records.find_job(connection, number, JobKind.EXPORT)
        connection.rollback()
        if job.state in (JobState.DONE, JobState.FAILED):
            raise JobRefused(f"{job.as_words}: there is nothing to continue")
        now = app.clock()
        with connection.begin():
            records.begin(connection, job, progress={}, now=now)
        try:
            count = _write(app, job, named or job.files[0].path)
        except (NewsletterError, SubscribersError) as error:
            if named is None and is_temporary(error):
                # `newsletter serve` begins it again.
                raise
            with connection.begin():
                records.end(connection, number, JobState.FAILED, now=now, error=str(error))
            raise
        except KeyboardInterrupt:
            with connection.begin():
                records.end(connection, number, JobState.FAILED, now=now, error="it was stopped")
            raise
        with connection.begin():
            counts = {"exported": count}
            records.end(connection, number, JobState.DONE, now=app.clock(), counts=counts)
            note_export(connection, number, people=count, list_id=job.list_id, now=app.clock())
        return count


def _add(
    app: App,
    which: PeopleFilter,
    file: Path,
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
            [JobFile(file.resolve())],
            list_id=list_id,
            options={**options, "filter": _as_json(which)},
            state=state,
            by=by.origin,
            now=app.clock(),
        )
        return records.find_job(connection, number, JobKind.EXPORT)


def _write(app: App, job: FileJob, file: Path) -> int:
    options = job.options
    config = Path(options.get("config", app.settings.folder / "newsletter.toml"))
    files = output_files(app.settings, config, force=options.get("force", False))
    with (
        files.new_file(file, continued_as=f"export-{job.id}") as new,
        new.open("w", encoding="utf-8", newline="") as out,
    ):
        return write_people(
            app,
            _filter_in(options["filter"]),
            out,
            is_raw=options["is_raw"],
            as_json_lines=options["as_json_lines"],
        )


def _as_json(which: PeopleFilter) -> dict[str, str]:
    values = dataclasses.asdict(which)
    return {name: str(value) for name, value in values.items() if value}


def _filter_in(values: Mapping[str, str]) -> PeopleFilter:
    given: dict[str, Any] = dict(values)
    if "state" in given:
        given["state"] = PersonState(given["state"])
    for name in ("joined_after", "joined_before"):
        if name in given:
            given[name] = dt.date.fromisoformat(given[name])
    return PeopleFilter(**given)
