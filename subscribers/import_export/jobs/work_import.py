"""
Work an import from where it stands to its end.

Each batch of rows is one transaction, which also stores how far the import is. After a crash the
rows that were done are read again, without touching the tables, to remember who was in them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from subscribers.database.statistics import update_statistics
from subscribers.errors import ImportBlocked, ImportRefused, JobRefused
from subscribers.fields.declare import all_fields
from subscribers.import_export.garbage_collection import paused_garbage_collection
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.files import delete_copies, require_unchanged
from subscribers.import_export.jobs.lock import hold
from subscribers.import_export.jobs.model import (
    UNFINISHED,
    FileJob,
    ImportOptions,
    JobKind,
    JobState,
    busy_import,
)
from subscribers.import_export.jobs.records import begin, end, find_job, set_state
from subscribers.import_export.run.import_run import ImportRun
from subscribers.import_export.run.rejects_file import rejects_of
from subscribers.import_export.run.report import report_on
from subscribers.import_export.run.target import ImportTarget
from subscribers.import_export.sources import (
    ImportSource,
    Progress,
    SourceBatch,
    find_sources,
    read_sources,
)
from subscribers.lists import find_list
from subscribers.model import ImportReport
from subscribers.suppression.records import has_erased
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing

Clock = Callable[[], dt.datetime]
_MANY_ROWS = 10_000


def work_import(
    engine: sa.Engine,
    number: int,
    *,
    keyring: KeyRing | None,
    now: dt.datetime,
    clock: Clock | None = None,
    progress: Progress | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> ImportReport | None:
    """
    Work the import of that number to its end and return the report on all its rows. Return None if
    the process *is_stopping*; then the import can be continued. *now* is the time of all that it
    changes, unless it was begun earlier; the *clock* says when it ends (default: *now*).

    Raises:
        JobRefused: another process works it, or it is done.
        ImportBlocked: it is stopped, and can be continued once what the error says is corrected.
        ImportRefused: a file cannot be read.
    """
    clock = clock or (lambda: now)
    with open_connection(engine) as connection, hold(connection, number) as is_held:
        if not is_held:
            raise JobRefused(busy_import(number))
        job = find_job(connection, number, JobKind.IMPORT)
        connection.rollback()
        if job.state not in UNFINISHED:
            raise JobRefused(phrase("{job}: there is nothing to continue", job=job.as_words))
        try:
            return _work(connection, job, keyring, now, clock, progress, is_stopping)
        except KeyboardInterrupt as stop:
            connection.rollback()
            with connection.begin():
                set_state(connection, number, JobState.STOPPED)
                rows = find_job(connection, number, JobKind.IMPORT).position
            raise KeyboardInterrupt(
                f"stopped after {rows:,} rows; to continue: newsletter import resume {number}"
            ) from stop
        except ImportBlocked as error:
            connection.rollback()
            with connection.begin():
                set_state(connection, number, JobState.STOPPED, error=str(error))
            raise
        except ImportRefused as error:
            connection.rollback()
            with connection.begin():
                end(connection, number, JobState.FAILED, now=clock(), error=str(error))
            delete_copies(job.files)
            raise


def _work(
    connection: sa.Connection,
    job: FileJob,
    keyring: KeyRing | None,
    now: dt.datetime,
    clock: Clock,
    progress: Progress | None,
    is_stopping: Callable[[], bool],
) -> ImportReport | None:
    require_keyring(connection, keyring)
    require_unchanged(job)
    options = ImportOptions(**job.options)
    paths = [file.path for file in job.files]
    mailing_list = find_list(connection, job.list_slug)
    choices = options.choices(mailing_list)
    sources = find_sources(paths, all_fields(connection), choices)
    target = ImportTarget(
        connection=connection,
        mailing_list=mailing_list,
        consent=options.consent,
        import_number=job.id,
        through=job.through,
        now=job.started_at or now,
        source=options.source,
        only_listed=bool(options.only_listed),
        keep_values=bool(options.keep_values),
        reach=options.slugs_in_reach,
        keyring=keyring,
    )
    connection.rollback()
    earlier = job.progress.get("rejects")
    errors_path = Path(options.errors_path or default_errors_path(job.files[0].path))
    with rejects_of(sources, errors_path, number=job.id, earlier=earlier) as rejects:
        run = ImportRun(target, sources, rejects, earlier=job.progress)
        with connection.begin():
            begin(connection, job, progress=run.progress(0), now=now)
        for _ in import_all(run, sources, done=job.position, progress=progress):
            if is_stopping():
                return None
        rejects.publish()
        errors_file = None if rejects.is_empty else rejects.path
        report = report_on(run.counts, sources, number=job.id, errors_file=errors_file)
        with connection.begin():
            if run.position >= _MANY_ROWS:
                update_statistics(connection)
            counts = {"errors_file": report.as_json()["errors_file"], **run.counts.summary()}
            end(
                connection,
                job.id,
                JobState.DONE,
                now=clock(),
                product=report.product,
                counts=counts,
            )
    delete_copies(job.files)
    return report


def import_all(
    run: ImportRun, sources: Sequence[ImportSource], *, done: int, progress: Progress | None
) -> Iterator[None]:
    """
    Import the rows of the sources after the first *done*, and yield after each batch. *progress* is
    called with the bytes read and all bytes.
    """
    size = sum(source.size for source in sources)
    batches = read_sources(sources)
    while True:
        with paused_garbage_collection():
            bytes_read = _import_next(run, batches, done)
        if bytes_read is None:
            return
        if progress:
            progress(bytes_read, size)
        yield


def _import_next(run: ImportRun, batches: Iterator[SourceBatch], done: int) -> int | None:
    """
    Import the rows of the next batch after the first *done* of all. Return the bytes read so far;
    None if there is no batch left.
    """
    batch = next(batches, None)
    if batch is None:
        return None
    known = max(0, min(done - run.position, len(batch.records)))
    if known:
        run.recall(batch._replace(records=batch.records[:known]))
    if known < len(batch.records):
        run.import_batch(batch._replace(records=batch.records[known:]))
    return batch.bytes_read


def require_keyring(connection: sa.Connection, keyring: KeyRing | None) -> None:
    """
    Raise ImportBlocked if people were erased and there is no *keyring* to recognise them.
    """
    if keyring is None and has_erased(connection):
        raise ImportBlocked(
            phrase(
                "people were erased, and without the site's secret an import cannot "
                "recognise them: set the secret that was used when they were erased"
            )
        )


def default_errors_path(path: Path) -> Path:
    """
    Return where the rows with errors of a file go: `NAME.errors.csv` beside it.
    """
    name = path.name.removesuffix(".csv").removesuffix(".zip")
    return path.with_name(f"{name}.errors.csv")
