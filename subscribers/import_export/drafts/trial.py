"""
Find out what a draft of an import would change, and change nothing.

The counts are stored with the draft. Its first rows and those with errors hold addresses, so they
are in files beside the uploaded one, and deleted with it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from subscribers.errors import ImportRefused, JobRefused
from subscribers.fields.declare import all_fields
from subscribers.import_export.drafts.records import store_progress, store_trial
from subscribers.import_export.drafts.row_samples import RowSamples, SampleRow, read_samples
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.files import require_unchanged
from subscribers.import_export.jobs.lock import hold
from subscribers.import_export.jobs.model import FileJob, ImportOptions, JobKind, JobState
from subscribers.import_export.jobs.records import find_job
from subscribers.import_export.jobs.work_import import import_all, require_keyring
from subscribers.import_export.run.import_run import ImportRun
from subscribers.import_export.run.rejects_file import rejects_of
from subscribers.import_export.run.report import report_on
from subscribers.import_export.run.target import ImportTarget
from subscribers.import_export.sources import find_sources
from subscribers.lists import find_list
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing

_REFUSED = ".refused.csv"
_SAMPLES = ".first-rows.json"


def work_trial(
    engine: sa.Engine,
    number: int,
    *,
    keyring: KeyRing | None,
    now: dt.datetime,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """
    Find out what the import of that number would come to, and store it. Return False if the process
    *is_stopping*; then it begins again.

    Raises:
        JobRefused: another process is at it, or nobody asked for it.
    """
    with open_connection(engine) as own, hold(own, number) as is_held:
        if not is_held:
            raise JobRefused(
                phrase("another process is already working on import {number}", number=number)
            )
        job = find_job(own, number, JobKind.IMPORT)
        own.rollback()
        if job.state is not JobState.TRYING:
            raise JobRefused(phrase("{job}: nobody asked what it would change", job=job.as_words))
        try:
            require_unchanged(job)
            with open_connection(engine, is_reading=True) as connection:
                counts = _try(connection, own, job, keyring, now, is_stopping)
            error = ""
        except ImportRefused as refused:
            counts, error = {}, str(refused)
        if counts is None:
            return False
        with own.begin():
            store_trial(own, number, counts, error=error)
    return True


def _try(
    connection: sa.Connection,
    own: sa.Connection,
    job: FileJob,
    keyring: KeyRing | None,
    now: dt.datetime,
    is_stopping: Callable[[], bool],
) -> dict[str, Any] | None:
    """
    Return what the import would come to; None if the process is stopping.
    """
    require_keyring(connection, keyring)
    target = _target(connection, job, keyring, now)
    options = ImportOptions(**job.options)
    choices = options.choices(target.mailing_list)
    fields = [*all_fields(connection), *options.fields_to_declare]
    sources = find_sources([file.path for file in job.files], fields, choices)
    connection.rollback()
    samples, path = RowSamples(), _beside(job, _REFUSED)
    path.unlink(missing_ok=True)
    with rejects_of(sources, path, number=job.id, earlier=None) as rejects:
        run = ImportRun(target, sources, rejects, earlier={}, samples=samples)

        def progress(done: int, size: int) -> None:
            with own.begin():
                store_progress(own, job.id, {"bytes": done, "size": size, "rows": run.position})

        for _ in import_all(run, sources, done=0, progress=progress):
            if is_stopping():
                rejects.discard()
                return None
        rejects.publish()
        errors_file = None if rejects.is_empty else rejects.path
    _beside(job, _SAMPLES).write_text(json.dumps(samples.as_json()), encoding="utf-8")
    report = report_on(run.counts, sources, number=None, errors_file=errors_file).as_json()
    return {**report, "known_elsewhere": samples.known_elsewhere, "tried_at": now.isoformat()}


def _target(
    connection: sa.Connection, job: FileJob, keyring: KeyRing | None, now: dt.datetime
) -> ImportTarget:
    options = ImportOptions(**job.options)
    return ImportTarget(
        connection=connection,
        mailing_list=find_list(connection, job.list_slug),
        consent=options.consent,
        import_number=0,
        through="",
        now=now,
        source=options.source,
        only_listed=bool(options.only_listed),
        keep_values=bool(options.keep_values),
        reach=options.slugs_in_reach,
        keyring=keyring,
    )


def samples_of(job: FileJob) -> dict[str, Sequence[SampleRow]]:
    """
    Return the first rows of each outcome that the trial of a draft found; none if its files are not
    on this machine.
    """
    try:
        return read_samples(json.loads(_beside(job, _SAMPLES).read_bytes()))
    except (OSError, ValueError):
        return {}


def delete_findings(job: FileJob) -> None:
    """
    Delete the files that the trial of a draft made.
    """
    for name in (_REFUSED, _SAMPLES):
        with contextlib.suppress(OSError):
            _beside(job, name).unlink(missing_ok=True)


def _beside(job: FileJob, suffix: str) -> Path:
    path = job.files[0].path
    return path.with_name(f"{path.name}{suffix}")
