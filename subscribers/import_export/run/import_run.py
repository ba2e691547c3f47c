"""
Run one import: apply batches of records, count the outcome of every row, and store how far it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.declared_fields.apply_values import (
    Changes,
    store_changes,
    values_changed,
    with_new_values,
)
from subscribers.import_export.drafts.row_samples import RowSamples
from subscribers.import_export.import_policy import KnownPerson, RowDecision, RowOutcome, decide
from subscribers.import_export.jobs import records as job_records
from subscribers.import_export.reading.own_export import OwnColumns
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.run.apply_batch import apply_batch
from subscribers.import_export.run.counts import (
    ImportCounts,
    StoredStatuses,
    left_out,
)
from subscribers.import_export.run.known_people import load_batch
from subscribers.import_export.run.overtaken import repeat_if_overtaken
from subscribers.import_export.run.rejects_file import RejectsFile
from subscribers.import_export.run.seen_people import SeenPeople
from subscribers.import_export.run.tags_and_notes import add_tags_and_notes, find_tagged
from subscribers.import_export.run.target import ImportTarget
from subscribers.import_export.sources import ImportSource, SourceBatch
from subscribers.model import OptIn

_IMPORTED = (RowOutcome.CREATED, RowOutcome.UPDATED, RowOutcome.UNCHANGED)


class ImportRun:
    """
    Imports one batch after another, remembers which people it has seen, and counts. `position` is
    the number of rows that are done.
    """

    def __init__(
        self,
        target: ImportTarget,
        sources: Sequence[ImportSource],
        rejects: RejectsFile | None,
        *,
        earlier: Mapping[str, Any],
        samples: RowSamples | None = None,
    ) -> None:
        self._target = target
        self._sources = sources
        self._readers = [RowReader(source.layout, latest=target.now) for source in sources]
        self._own = [OwnColumns(source.layout) for source in sources]
        self._rejects_file = rejects
        self._samples = samples or RowSamples(most=0)
        self.counts = ImportCounts(earlier)
        self.position = 0
        self._seen = SeenPeople()
        self._statuses = StoredStatuses(is_dry_run=not target.import_number)
        self._rejects: list[tuple[int, CsvRecord, str]] = []

    def recall(self, batch: SourceBatch) -> None:
        """
        Remember the people in records that were imported before this process began.
        """
        reader = self._readers[batch.source]
        for record in self._own[batch.source].about(batch.records, self._target.only_slug):
            try:
                row = reader.read(record)
            except BadRow:
                continue
            self._seen.add(row)
        self.position += len(batch.records)

    def import_batch(self, batch: SourceBatch) -> None:
        """
        Import the records in one transaction, with those that have errors in the rejects file. If
        another process adds the same people at that moment, decide about them again.
        """
        rows = self._read(batch)
        repeat_if_overtaken(lambda: self._import_rows(batch, rows))

    def _import_rows(self, batch: SourceBatch, rows: Mapping[str, Row]) -> None:
        with self._target.connection.begin():
            target = self._target.with_present_slug()
            given, known, begun = load_batch(target, rows, self._seen)
            decisions = [self._decide(row, known[key], begun) for key, row in given.items()]
            has_values = self._sources[batch.source].layout.value_fields
            changed = self._values_changed(decisions) if has_values else {}
            tagged = find_tagged(target.connection, decisions)
            if target.import_number:
                self._apply(target, batch.source, decisions, changed, tagged)
            news = changed.keys() | tagged.keys()
            for decision in decisions:
                self._count(batch.source, with_new_values(decision, news))
            self._write_rejects()
            before, self.position = self.position, self.position + len(batch.records)
            if target.import_number:
                self._advance(before, batch.bytes_read)

    def progress(self, bytes_read: int) -> dict[str, Any]:
        """
        Return what another process needs to continue after the present position.
        """
        rejects = self._rejects_file and self._rejects_file.as_json()
        size = sum(source.size for source in self._sources)
        return {**self.counts.as_json(), "rejects": rejects, "bytes": bytes_read, "size": size}

    def _apply(
        self,
        target: ImportTarget,
        source: int,
        decisions: Sequence[RowDecision],
        changed: Mapping[str, Changes],
        tagged: Mapping[str, RowDecision],
    ) -> None:
        of_source, by, now = self._sources[source], target.origin, target.now
        begun = apply_batch(
            target.connection,
            decisions,
            mailing_list=target.mailing_list,
            consent=target.consent,
            source=target.source or of_source.name,
            evidence=self._readers[source].evidence,
            own=self._own[source],
            reach=target.reach,
            by=by,
            now=now,
        )
        fields = of_source.layout.value_fields
        store_changes(target.connection, changed, decisions, begun, fields, by=by, now=now)
        add_tags_and_notes(target.connection, tagged, begun, by=by, now=now)

    def _advance(self, before: int, bytes_read: int) -> None:
        job_records.advance(
            self._target.connection,
            self._target.import_number,
            before=before,
            position=self.position,
            counts=self.counts.rows(),
            progress=self.progress(bytes_read),
        )

    def _values_changed(self, decisions: Sequence[RowDecision]) -> dict[str, Changes]:
        keys = (decision.row.address.key for decision in decisions)
        repeated = frozenset(key for key in keys if self._only_fills_in(key))
        return values_changed(self._target.connection, decisions, repeated=repeated)

    def _read(self, batch: SourceBatch) -> dict[str, Row]:
        """
        Read the records into rows by address key, and merge the rows about one person.
        """
        reader = self._readers[batch.source]
        rows: dict[str, Row] = {}
        for record in self._own[batch.source].about(batch.records, self._target.only_slug):
            try:
                row = reader.read(record)
            except BadRow as error:
                self.counts.outcomes[RowOutcome.INVALID] += 1
                self._rejects.append((batch.source, record, str(error)))
                self._samples.add_unread(record, str(error))
                continue
            earlier = rows.get(row.address.key)
            if earlier:
                self.counts.outcomes[RowOutcome.DUPLICATE] += 1
            rows[row.address.key] = earlier.merged_with(row) if earlier else row
        return {key: self._seen.with_strictest_status(row) for key, row in rows.items()}

    def _decide(self, row: Row, known: KnownPerson, begun: Collection[int | None]) -> RowDecision:
        has_consent = bool(self._target.consent or row.consent)
        return decide(
            row,
            known,
            may_begin=has_consent or self._target.mailing_list.opt_in is OptIn.SINGLE,
            is_repeated=self._only_fills_in(row.address.key),
            is_begun_here=known.subscriber_id in begun,
        )

    def _only_fills_in(self, key: str) -> bool:
        return self._target.keep_values or key in self._seen

    def _count(self, source: int, decision: RowDecision) -> None:
        row, counts = decision.row, self.counts
        is_repeated = row.address.key in self._seen
        self._seen.add(row)
        counts.move_status(*self._statuses.around(decision, is_repeated=is_repeated))
        if is_repeated:
            counts.outcomes[RowOutcome.DUPLICATE] += 1
            return
        counts.outcomes[decision.outcome] += 1
        counts.add_word(decision)
        self._samples.add(decision)
        if decision.outcome in _IMPORTED:
            counts.add_keys(row)
        if decision.refusal:
            counts.add_refusal(decision)
            self._rejects.append((source, row.record, decision.refusal))
        elif decision.outcome in _IMPORTED and (reasons := "; ".join(left_out(row))):
            counts.add_left_out(row)
            self._rejects.append((source, row.record, reasons))

    def _write_rejects(self) -> None:
        for source, record, reason in sorted(self._rejects):
            file = f"{self._sources[source].name} " if len(self._sources) > 1 else ""
            self.counts.add_error(f"{file}line {record.line}", reason)
            if self._rejects_file is not None:
                self._rejects_file.add(source, record, reason)
        if self._rejects and self._rejects_file is not None:
            self._rejects_file.sync()
        self._rejects.clear()
