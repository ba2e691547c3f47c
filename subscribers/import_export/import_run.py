"""
Run one import: read batches of records, apply them, and count the outcome of every row.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.apply_batch import apply_batch
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.apply_values import (
    Changes,
    store_changes,
    values_changed,
    with_new_values,
)
from subscribers.import_export.detect_layout import FileLayout
from subscribers.import_export.import_policy import KnownPerson, RowDecision, RowOutcome, decide
from subscribers.import_export.known_people import find_known_people
from subscribers.import_export.rejects_file import RejectsFile
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.status_words import SEVERITY, RowStatus
from subscribers.model import ImportReport, MailingList, OptIn
from subscribers.tokens import KeyRing

_ERRORS_SHOWN = 5
_IMPORTED = (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)


@dataclass(frozen=True, kw_only=True)
class ImportTarget:
    """
    Where the rows are imported to. `consent` says how these people agreed, `source` names the file
    in the consents. `import_number` is that of the import in the history, to which `through` says
    how it was started; 0 is a dry run, which writes nothing.
    """

    connection: sa.Connection
    mailing_list: MailingList
    consent: str | None
    import_number: int
    through: str
    now: dt.datetime
    source: str
    keyring: KeyRing | None

    @property
    def origin(self) -> Origin:
        """
        Return the import as the history names it.
        """
        return Origin(kind=OriginKind.IMPORT, name=str(self.import_number), through=self.through)


class ImportRun:
    """
    Imports one batch after another, remembers which people it has seen, and counts.
    """

    def __init__(
        self, target: ImportTarget, layout: FileLayout, rejects: RejectsFile | None
    ) -> None:
        self._target = target
        self._layout = layout
        self._reader = RowReader(layout)
        self._rejects_file = rejects
        self._outcomes: Counter[RowOutcome] = Counter()
        self._unknown_timezones = 0
        self._unreadable_names = 0
        # The status of each person. Hashes of address keys need a quarter of the memory, and a
        # collision only makes a count wrong.
        self._seen: dict[int, RowStatus | None] = {}
        self._rejects: list[tuple[CsvRecord, str]] = []
        self._first_errors: list[str] = []

    def import_batch(self, records: Sequence[CsvRecord]) -> None:
        """
        Import the records in one transaction and write those with errors to the rejects file.
        """
        rows = self._read(records)
        target = self._target
        with target.connection.begin():
            known = find_known_people(
                target.connection,
                list(rows),
                mailing_list=target.mailing_list,
                keyring=target.keyring,
            )
            decisions = [self._decide(row, known[key]) for key, row in rows.items()]
            changed = self._values_changed(decisions) if self._layout.declared else {}
            if target.import_number:
                begun = apply_batch(
                    target.connection,
                    decisions,
                    mailing_list=target.mailing_list,
                    consent=target.consent,
                    source=target.source,
                    evidence=self._reader.evidence,
                    by=target.origin,
                    now=target.now,
                )
                store_changes(
                    target.connection,
                    changed,
                    decisions,
                    begun,
                    self._layout.declared,
                    by=target.origin,
                    now=target.now,
                )
        for decision in decisions:
            self._count(with_new_values(decision, changed))
        self._write_rejects()

    def _values_changed(self, decisions: Sequence[RowDecision]) -> dict[str, Changes]:
        keys = (decision.row.address.key for decision in decisions)
        repeated = frozenset(key for key in keys if hash(key) in self._seen)
        return values_changed(self._target.connection, decisions, repeated=repeated)

    def report(self, *, guessed_encoding: str | None) -> ImportReport:
        """
        Return the counts of the rows imported so far, and how the file was read.
        """
        counts = {outcome.value: self._outcomes[outcome] for outcome in RowOutcome}
        statuses = Counter(status.value for status in self._seen.values() if status)
        rejects = self._rejects_file
        return ImportReport(
            product="generic",
            by_status=dict(sorted(statuses.items())),
            unknown_timezones=self._unknown_timezones,
            unreadable_names=self._unreadable_names,
            errors_file=None if rejects is None or rejects.is_empty else rejects.path,
            columns=self._layout.columns,
            ignored_columns=self._layout.ignored_columns,
            first_errors=tuple(self._first_errors),
            guessed_encoding=guessed_encoding,
            **counts,
        )

    def _read(self, records: Sequence[CsvRecord]) -> dict[str, Row]:
        """
        Read the records into rows by address key, and merge the rows about one person.
        """
        rows: dict[str, Row] = {}
        for record in records:
            try:
                row = self._reader.read(record)
            except BadRow as error:
                self._outcomes[RowOutcome.INVALID] += 1
                self._rejects.append((record, str(error)))
                continue
            earlier = rows.get(row.address.key)
            if earlier:
                self._outcomes[RowOutcome.DUPLICATE] += 1
            rows[row.address.key] = earlier.merged_with(row) if earlier else row
        return rows

    def _decide(self, row: Row, known: KnownPerson) -> RowDecision:
        has_consent = bool(self._target.consent or row.consent)
        return decide(
            row,
            known,
            may_begin=has_consent or self._target.mailing_list.opt_in is OptIn.SINGLE,
            is_repeated=hash(row.address.key) in self._seen,
        )

    def _count(self, decision: RowDecision) -> None:
        row = decision.row
        person = hash(row.address.key)
        if person in self._seen:
            self._outcomes[RowOutcome.DUPLICATE] += 1
            if SEVERITY[row.status] > SEVERITY[self._seen[person] or row.status]:
                self._seen[person] = decision.status
            return
        self._seen[person] = decision.status
        self._outcomes[decision.outcome] += 1
        if decision.refusal:
            self._rejects.append((row.record, decision.refusal))
        elif decision.outcome in _IMPORTED and (
            row.unknown_timezone or row.unreadable_name or row.value_faults
        ):
            self._unknown_timezones += bool(row.unknown_timezone)
            self._unreadable_names += bool(row.unreadable_name)
            self._rejects.append((row.record, "; ".join(_left_out(row))))

    def _write_rejects(self) -> None:
        for record, reason in sorted(self._rejects):
            if len(self._first_errors) < _ERRORS_SHOWN:
                self._first_errors.append(f"line {record.line}: {reason}")
            if self._rejects_file is not None:
                self._rejects_file.add(record, reason)
        self._rejects.clear()


def _left_out(row: Row) -> Iterator[str]:
    """
    Yield what a row was imported without.
    """
    yield from row.value_faults
    if row.unknown_timezone:
        zone = row.unknown_timezone[:60]
        yield f"imported without time zone: {zone!r} is not known; use a name like Europe/Paris"
    if row.unreadable_name:
        yield (
            "imported without the name: it has characters that cannot be read; correct it here "
            "and import this file"
        )
