"""
Imports a file of people into one list: CSV, TSV, or one address a line.

Batches of rows are committed one by one: a crash leaves whole batches, and the same file again
changes nothing that is already as it says.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from subscribers.errors import ImportRefused
from subscribers.import_export.apply_batch import find_known, write_batch
from subscribers.import_export.csv_records import Record, read_records
from subscribers.import_export.detect_layout import Layout, find_layout
from subscribers.import_export.import_policy import Decision, Known, Outcome, decide
from subscribers.import_export.rejects_file import ErrorsFile
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.text_file import TextFile, open_text
from subscribers.model import ImportReport, MailingList, OptIn
from subscribers.suppression import has_erased
from subscribers.tokens import KeyRing

BATCH_ROWS = 1_000
_TAKEN_IN = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
Progress = Callable[[int, int], None]


def import_csv(
    engine: sa.Engine,
    path: Path,
    *,
    mailing_list: MailingList,
    consent: str | None,
    dry_run: bool,
    now: dt.datetime,
    progress: Progress | None = None,
    source: str | None = None,
    keyring: KeyRing | None = None,
    errors_path: Path | None = None,
) -> ImportReport:
    """
    What became of the rows of *path*. *consent* says how these people agreed; without it a
    double opt-in list takes them as pending, unless the file has a column of consents.

    Rows that cannot be taken in are written to *errors_path* (default: `NAME.errors.csv` beside
    the file), also when *dry_run* leaves the tables as they are. *source* names the file in the
    proofs. *progress* is told the bytes read and the bytes there are. *keyring* recognises
    erased people.

    Raises:
        ImportRefused: the file as a whole cannot be imported; nothing was written.
    """
    _need_keyring(engine, keyring)
    layout = _layout_of(path)
    errors_path = errors_path or path.with_name(f"{path.name.removesuffix('.csv')}.errors.csv")
    with (
        open_text(path) as text,
        ErrorsFile(errors_path, layout) as errors,
        _connect(engine) as connection,
    ):
        target = _Target(
            connection, mailing_list, consent, dry_run, now, source or path.name, keyring
        )
        run = _Run(target, RowReader(layout), errors)
        for batch in _batches(text, layout):
            run.take(batch)
            if progress:
                progress(text.done, text.size)
    return run.report()


@dataclass(frozen=True)
class _Target:
    """
    Where the rows go, and on whose word.
    """

    connection: sa.Connection
    mailing_list: MailingList
    consent: str | None
    dry_run: bool
    now: dt.datetime
    source: str
    keyring: KeyRing | None


class _Run:
    """
    One import under way: its tallies, and whom it has met.
    """

    def __init__(self, target: _Target, reader: RowReader, errors: ErrorsFile) -> None:
        self._target = target
        self._reader = reader
        self._errors = errors
        self._outcomes: Counter[Outcome] = Counter()
        self._statuses: Counter[str] = Counter()
        self._odd_timezones = 0
        # Hashes of address keys: a quarter of the memory, and a collision only miscounts.
        self._met: set[int] = set()
        self._faults: list[tuple[Record, str]] = []

    def take(self, records: Sequence[Record]) -> None:
        """
        One batch, in one transaction.
        """
        rows = self._read(records)
        target = self._target
        with target.connection.begin():
            known = find_known(
                target.connection,
                list(rows),
                mailing_list=target.mailing_list,
                keyring=target.keyring,
            )
            decisions = [self._decide(row, known[key]) for key, row in rows.items()]
            if not target.dry_run:
                write_batch(
                    target.connection,
                    decisions,
                    mailing_list=target.mailing_list,
                    consent=target.consent,
                    source=target.source,
                    evidence=self._reader.evidence,
                    now=target.now,
                )
        for decision in decisions:
            self._count(decision)
        self._write_errors()

    def report(self) -> ImportReport:
        counted = {outcome.value: self._outcomes[outcome] for outcome in Outcome}
        errors_file = None if self._errors.is_empty else self._errors.path
        return ImportReport(
            product="generic",
            by_status=dict(sorted(self._statuses.items())),
            unknown_timezones=self._odd_timezones,
            errors_file=errors_file,
            **counted,
        )

    def _read(self, records: Sequence[Record]) -> dict[str, Row]:
        """
        The rows by address key, several about one person made one.
        """
        rows: dict[str, Row] = {}
        for record in records:
            try:
                row = self._reader.read(record)
            except BadRow as error:
                self._outcomes[Outcome.INVALID] += 1
                self._faults.append((record, str(error)))
                continue
            self._statuses[row.status.value] += 1
            earlier = rows.get(row.address.key)
            if earlier:
                self._outcomes[Outcome.DUPLICATE] += 1
            rows[row.address.key] = earlier.merged_with(row) if earlier else row
        return rows

    def _decide(self, row: Row, known: Known) -> Decision:
        is_agreed = bool(self._target.consent or row.consent)
        return decide(
            row,
            known,
            may_begin=is_agreed or self._target.mailing_list.opt_in is OptIn.SINGLE,
            is_repeated=hash(row.address.key) in self._met,
        )

    def _count(self, decision: Decision) -> None:
        met = hash(decision.row.address.key)
        is_repeated = met in self._met
        self._met.add(met)
        self._outcomes[Outcome.DUPLICATE if is_repeated else decision.outcome] += 1
        if is_repeated:
            return
        if decision.refusal:
            self._faults.append((decision.row.record, decision.refusal))
        elif decision.row.odd_timezone and decision.outcome in _TAKEN_IN:
            self._odd_timezones += 1
            self._faults.append((decision.row.record, _without_zone(decision.row.odd_timezone)))

    def _write_errors(self) -> None:
        for record, reason in sorted(self._faults):
            self._errors.add(record, reason)
        self._faults.clear()


def _without_zone(word: str) -> str:
    return f"taken in without its time zone: {word[:60]!r} is none; write one such as Europe/Paris"


@contextmanager
def _connect(engine: sa.Engine) -> Iterator[sa.Connection]:
    """
    A connection for many small transactions that touch the whole index of addresses.

    SQLite's own 2 MB of cache and a checkpoint each 4 MB would write every page of that index
    out hundreds of times, so both are larger here (the log may grow to 128 MB). The connection
    is not given back, for it keeps these settings.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.detach()
            connection.exec_driver_sql("PRAGMA cache_size=-32000")
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint=32000")
            connection.rollback()
        yield connection


def _need_keyring(engine: sa.Engine, keyring: KeyRing | None) -> None:
    if keyring is not None:
        return
    with engine.connect() as connection:
        if has_erased(connection):
            raise ImportRefused(
                "people were erased here, and without the site's secret an import cannot "
                "recognise them: set the secret they were erased with"
            )


def _layout_of(path: Path) -> Layout:
    with open_text(path) as text:
        try:
            return find_layout(text.lines())
        except ImportRefused as error:
            raise ImportRefused(f"{path}: {error}") from error


def _batches(text: TextFile, layout: Layout) -> Iterator[list[Record]]:
    lines = text.lines()
    for _ in range(layout.skipped_lines):
        next(lines, None)
    records = read_records(lines, layout.delimiter, first_line=layout.skipped_lines + 1)
    if layout.has_header:
        next(records, None)
    while batch := list(itertools.islice(records, BATCH_ROWS)):
        yield batch
