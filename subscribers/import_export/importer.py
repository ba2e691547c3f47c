"""
Import files of people into one list: CSV, TSV, JSON Lines, one address per line, or ZIP archives of
these.

Rows are committed in batches, so after a crash only complete batches are imported. Importing the
same file again then continues that import.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from subscribers.fields.declare import all_fields
from subscribers.history.model import Origin
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.model import ImportOptions
from subscribers.import_export.jobs.start import start_import
from subscribers.import_export.jobs.work_import import (
    Clock,
    import_all,
    require_keyring,
    work_import,
)
from subscribers.import_export.reading.find_columns import AS_DETECTED, ReadingChoices
from subscribers.import_export.run.import_run import ImportRun
from subscribers.import_export.run.report import report_on
from subscribers.import_export.run.target import ImportTarget
from subscribers.import_export.sources import Progress, find_sources
from subscribers.model import ImportReport, MailingList
from subscribers.tokens import KeyRing


def import_csv(
    engine: sa.Engine,
    paths: Path | Sequence[Path],
    *,
    mailing_list: MailingList,
    consent: str | None,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
    clock: Clock | None = None,
    progress: Progress | None = None,
    source: str | None = None,
    keyring: KeyRing | None = None,
    errors_path: Path | None = None,
    choices: ReadingChoices = AS_DETECTED,
    only_listed: bool = False,
    keep_values: bool = False,
) -> ImportReport:
    """
    Import the people in one or several files, which may be archives, into the list and return a
    report on their rows. *choices* is what a person says about the files.

    *consent* says how these people agreed. Without it their subscriptions to a double opt-in list
    are pending, unless the file has a column of consents. *source* names the file in the consents;
    *keyring* recognises erased people. The *clock* says when the import ends (default: *now*).
    *progress* is called with the bytes read and the total.

    With *only_listed*, rows about other lists are left out; with *keep_values*, no value is
    replaced that a person has.

    Rows that cannot be imported are written to *errors_path* (default: `NAME.errors.csv` beside the
    file), or to the next free name after it. With *dry_run* nothing is written.

    Raises:
        ImportRefused: the file cannot be imported at all; nothing was written.
        JobRefused: the file is being imported now, or was with other options.
    """
    errors = None if errors_path is None else str(errors_path)
    options = ImportOptions(
        consent=consent,
        source=source,
        errors_path=errors,
        product=choices.product,
        columns=dict(choices.columns) or None,
        only_listed=only_listed or None,
        keep_values=keep_values or None,
    )
    paths = [paths] if isinstance(paths, Path) else list(paths)
    if dry_run:
        return try_import(
            engine,
            paths,
            mailing_list=mailing_list,
            options=options,
            now=now,
            progress=progress,
            keyring=keyring,
        )
    with engine.connect() as connection:
        require_keyring(connection, keyring)
        find_sources(paths, all_fields(connection), options.choices(mailing_list))
    job = start_import(engine, paths, mailing_list=mailing_list, options=options, by=by, now=now)
    report = work_import(engine, job.id, keyring=keyring, now=now, clock=clock, progress=progress)
    assert report is not None
    return _named_as(paths[0], report)


def _named_as(path: Path, report: ImportReport) -> ImportReport:
    """
    Return the report with its file of errors beside the import's file as that was given.
    """
    errors = report.errors_file
    if errors is None or errors.parent != path.resolve().parent:
        return report
    return replace(report, errors_file=path.with_name(errors.name))


def try_import(
    engine: sa.Engine,
    paths: list[Path],
    *,
    mailing_list: MailingList,
    options: ImportOptions,
    now: dt.datetime,
    progress: Progress | None = None,
    keyring: KeyRing | None = None,
    may_be_undecided: bool = False,
) -> ImportReport:
    """
    Return the report that an import of the files would come to, and write nothing. Columns that
    *may_be_undecided* are named in its hints.

    Raises:
        ImportRefused: a file cannot be imported at all.
    """
    with open_connection(engine, is_reading=True) as connection:
        require_keyring(connection, keyring)
        sources = find_sources(
            paths,
            all_fields(connection),
            options.choices(mailing_list),
            may_be_undecided=may_be_undecided,
        )
        connection.rollback()
        target = ImportTarget(
            connection=connection,
            mailing_list=mailing_list,
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
        run = ImportRun(target, sources, None, earlier={})
        for _ in import_all(run, sources, done=0, progress=progress):
            pass
        return report_on(run.counts, sources, number=None, errors_file=None)
