"""
Work an export: write its file, and store how far it is.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import sqlalchemy as sa

from newsletter.actions.people.files.subscriber_files import write_people, write_preset
from newsletter.app import App
from newsletter.errors import NewsletterError, is_temporary
from newsletter.settings.output_files import output_files
from newsletter.store.outgoing.issue_events import add_export_event
from subscribers.errors import JobRefused, SubscribersError
from subscribers.filters.model import PeopleFilter, PersonState
from subscribers.import_export.jobs import records
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.export_records import set_position
from subscribers.import_export.jobs.lock import hold
from subscribers.import_export.jobs.model import FileJob, JobKind, JobState
from subscribers.suppression.files import export_suppressions
from subscribers.text.phrases import phrase

# How often it is stored how far an export is, in lines.
_STORED_EVERY = 1_000


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
            raise JobRefused(
                phrase("another process is already working on export {number}", number=number)
            )
        job = records.find_job(connection, number, JobKind.EXPORT)
        connection.rollback()
        if job.state in (JobState.DONE, JobState.FAILED):
            raise JobRefused(phrase("{job}: there is nothing to continue", job=job.as_words))
        now = app.clock()
        with connection.begin():
            records.begin(connection, job, progress={}, now=now)
        try:
            counts = _write(app, connection, job, named or job.files[0].path)
        except (NewsletterError, SubscribersError) as error:
            if named is None and is_temporary(error):
                # `newsletter serve` begins it again.
                raise
            with connection.begin():
                records.end(connection, number, JobState.FAILED, now=now, error=str(error))
            raise
        except KeyboardInterrupt:
            with connection.begin():
                stopped = phrase("it was stopped")
                records.end(connection, number, JobState.FAILED, now=now, error=stopped)
            raise
        with connection.begin():
            records.end(connection, number, JobState.DONE, now=app.clock(), counts=counts)
            count = counts["exported"]
            add_export_event(connection, number, people=count, list_id=job.list_id, now=app.clock())
        return count


def _write(app: App, connection: sa.Connection, job: FileJob, file: Path) -> dict[str, int]:
    options = job.options
    config = Path(options.get("config", app.settings.folder / "newsletter.toml"))
    files = output_files(app.settings, config, force=options.get("force", False))
    with (
        files.new_file(file, continued_as=f"export-{job.id}") as new,
        new.open("wb") as binary,
    ):
        if "preset" in options:
            which, notes = _filter_in(options["filter"]), options["with_notes"]
            done = write_preset(app, which, binary, product=options["preset"], with_notes=notes)
            return {"exported": done.written, "left_out": done.left_out}
        with _CountedLines(binary, connection, job.id) as out:
            exported = _write_lines(app, options, out)
            out.store()
            return {"exported": exported}


def _write_lines(app: App, options: Mapping[str, Any], out: TextIO) -> int:
    if options.get("is_of_suppressions"):
        with app.database.read() as reading:
            return export_suppressions(reading, out, is_hashed=options["is_hashed"])[0]
    return write_people(
        app,
        _filter_in(options["filter"]),
        out,
        is_raw=options["is_raw"],
        as_json_lines=options["as_json_lines"],
    )


class _CountedLines(io.TextIOWrapper):
    """
    The text of an export. The number of its lines is stored with the job from time to time, and at
    its end.
    """

    def __init__(self, binary: BinaryIO, connection: sa.Connection, number: int) -> None:
        super().__init__(binary, encoding="utf-8", newline="")
        self._connection, self._number = connection, number
        self._lines = self._stored = 0

    def write(self, text: str) -> int:
        """
        Write a text, and count its lines.
        """
        self._lines += text.count("\n")
        if self._lines - self._stored >= _STORED_EVERY:
            self.store()
        return super().write(text)

    def store(self) -> None:
        """
        Store how many lines are written.
        """
        self._stored = self._lines
        with self._connection.begin():
            set_position(self._connection, self._number, self._lines)


def _filter_in(values: Mapping[str, str]) -> PeopleFilter:
    given: dict[str, Any] = dict(values)
    if "state" in given:
        given["state"] = PersonState(given["state"])
    if "among" in given:
        given["among"] = frozenset(given["among"].split())
    for name in ("joined_after", "joined_before"):
        if name in given:
            given[name] = dt.date.fromisoformat(given[name])
    return PeopleFilter(**given)
