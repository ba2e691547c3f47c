"""
Import a file of people into one list: CSV, TSV, or one address per line.

Batches of rows are committed one by one, so after a crash only complete batches are imported.
Importing the same file again then imports the rest.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import sqlalchemy as sa

from subscribers.database.history_tables import import_run
from subscribers.errors import ImportRefused
from subscribers.fields.declare import all_fields
from subscribers.history.model import Origin
from subscribers.import_export.csv_records import CsvRecord, read_records
from subscribers.import_export.declared_fields.columns import with_field_columns
from subscribers.import_export.detect_layout import FileLayout, detect_layout
from subscribers.import_export.import_run import ImportRun, ImportTarget
from subscribers.import_export.rejects_file import RejectsFile
from subscribers.import_export.text_file import TextFile, open_text
from subscribers.model import ImportReport, MailingList
from subscribers.suppression.records import has_erased
from subscribers.tokens import KeyRing

BATCH_ROWS = 1_000
Progress = Callable[[int, int], None]


def import_csv(
    engine: sa.Engine,
    path: Path,
    *,
    mailing_list: MailingList,
    consent: str | None,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
    progress: Progress | None = None,
    source: str | None = None,
    keyring: KeyRing | None = None,
    errors_path: Path | None = None,
) -> ImportReport:
    """
    Import the people in the file *path* into the list and return a report on its rows.

    *consent* says how these people agreed. Without it their subscriptions to a double opt-in list
    are pending, unless the file has a column of consents. *source* names the file in the consents;
    *keyring* recognises erased people. *progress* is called with the bytes read and the total.

    Rows that cannot be imported are written to *errors_path* (default: `NAME.errors.csv` beside the
    file), or to the next free name after it. With *dry_run* nothing is written.

    Raises:
        ImportRefused: the file cannot be imported at all; nothing was written.
    """
    _require_keyring(engine, keyring)
    layout = layout_of(path)
    errors_path = errors_path or path.with_name(f"{path.name.removesuffix('.csv')}.errors.csv")
    with (
        open_text(path) as text,
        nullcontext() if dry_run else RejectsFile(errors_path, layout) as rejects,
        _connect(engine) as connection,
    ):
        layout = with_field_columns(layout, all_fields(connection))
        connection.rollback()
        target = ImportTarget(
            connection=connection,
            mailing_list=mailing_list,
            consent=consent,
            import_number=0 if dry_run else _begin(connection, path, mailing_list, by=by, now=now),
            through=by.through,
            now=now,
            source=source or path.name,
            keyring=keyring,
        )
        run = ImportRun(target, layout, rejects)
        for batch in read_batches(text, layout):
            run.import_batch(batch)
            if progress:
                progress(text.bytes_read, text.size)
        report = run.report(guessed_encoding=text.guessed_encoding)
        if not dry_run:
            _end(connection, target.import_number, report)
    return report


def _begin(
    connection: sa.Connection,
    path: Path,
    mailing_list: MailingList,
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Store that an import begins, and return its number.
    """
    values = {"list_id": mailing_list.id, "file_name": path.name, "by_name": by.name}
    begin = import_run.insert().values(**values, started_at=now).returning(import_run.c.id)
    with connection.begin():
        return int(connection.execute(begin).scalar_one())


def _end(connection: sa.Connection, number: int, report: ImportReport) -> None:
    """
    Store what an import came to.
    """
    counts = {name: value for name, value in report.as_json().items() if isinstance(value, int)}
    ended = import_run.update().where(import_run.c.id == number)
    with connection.begin():
        connection.execute(ended.values(product=report.product, counts=counts))


@contextmanager
def _connect(engine: sa.Engine) -> Iterator[sa.Connection]:
    """
    Open a connection for many small transactions that touch the whole index of addresses.

    SQLite's default cache of 2 MB and a checkpoint every 4 MB would write each page of that index
    hundreds of times, so both are larger here (the log may grow to 128 MB). The connection keeps
    these settings, so it is not returned to the pool.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.detach()
            connection.exec_driver_sql("PRAGMA cache_size=-32000")
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint=32000")
            connection.rollback()
        yield connection


def _require_keyring(engine: sa.Engine, keyring: KeyRing | None) -> None:
    """
    Raise ImportRefused if people were erased and there is no *keyring* to recognise them.
    """
    if keyring is not None:
        return
    with engine.connect() as connection:
        if has_erased(connection):
            raise ImportRefused(
                "people were erased, and without the site's secret an import cannot recognise "
                "them: set the secret that was used when they were erased"
            )


def layout_of(path: Path) -> FileLayout:
    """
    Detect the layout of the file.

    Raises:
        ImportRefused: it cannot be read, or has no column of addresses.
    """
    with open_text(path) as text:
        try:
            return detect_layout(text.lines())
        except ImportRefused as error:
            raise ImportRefused(f"{path}: {error}") from error


def read_batches(text: TextFile, layout: FileLayout) -> Iterator[list[CsvRecord]]:
    """
    Read the records below the header in batches of `BATCH_ROWS`.
    """
    lines = text.lines()
    for _ in range(layout.skipped_lines):
        next(lines, None)
    records = read_records(lines, layout.delimiter, first_line=layout.skipped_lines + 1)
    if layout.has_header:
        next(records, None)
    while batch := list(itertools.islice(records, BATCH_ROWS)):
        yield batch
