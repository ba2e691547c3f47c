"""
Confirm pending people who are in a file, or an archive, because they agreed outside of the
confirmation email.

Nobody is added, and nobody who unsubscribed or is suppressed becomes active. The file is read
twice: a row that says that a person does not want email holds for all rows about them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from subscribers.bulk.activate import Evidence, activate, select_with_addresses, sort_out
from subscribers.database import tables
from subscribers.errors import ImportRefused
from subscribers.history.model import Origin
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.sources import Progress, find_sources, read_sources
from subscribers.import_export.status_words import RowStatus
from subscribers.model import MailingList
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing

_p = tables.subscriber
_AGREED = frozenset({RowStatus.ACTIVE, RowStatus.PENDING})


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConfirmReport:
    """
    How many subscriptions were confirmed or stay as they are; `unknown`, `refused` and `invalid`
    count rows: of people on none of the lists, of people whose status in the file is not that they
    agreed, and without a valid address.
    """

    confirmed: int = 0
    already_active: int = 0
    kept_unsubscribed: int = 0
    kept_suppressed: int = 0
    unknown: int = 0
    refused: int = 0
    invalid: int = 0


def confirm_file(
    engine: sa.Engine,
    path: Path,
    *,
    mailing_list: MailingList | None,
    evidence: str,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
    keyring: KeyRing | None = None,
    progress: Progress | None = None,
) -> ConfirmReport:
    """
    Make the pending subscriptions of the people in the file active, on *mailing_list* or on every
    list. *evidence* says how they agreed; it is recorded as their consent, with the file and line.

    Raises:
        ImportRefused: the file cannot be read, or *evidence* is empty; nothing was written.
    """
    if not evidence.strip():
        raise ImportRefused(phrase("the evidence is empty: say how they agreed"))
    sources = find_sources([path], ())
    counts, seen = Counter[str](), set[int]()
    confirmations = [
        _Confirmation(
            reader=RowReader(source.layout, latest=now),
            mailing_list=mailing_list,
            evidence=evidence,
            file=source.name,
            by=by,
            now=now,
            keyring=keyring,
        )
        for source in sources
    ]
    refused = {
        key
        for batch in read_sources(sources)
        for key in _refused_keys(confirmations[batch.source].reader, batch.records)
    }
    size = sum(source.size for source in sources)
    for batch in read_sources(sources):
        confirmation = confirmations[batch.source]
        rows = dict(_new_rows(confirmation.reader, batch.records, seen, counts))
        counts["refused"] += len(rows.keys() & refused)
        agreed = {key: row for key, row in rows.items() if key not in refused}
        with engine.begin() as connection:
            counts.update(confirmation.confirm(connection, agreed, dry_run=dry_run))
        if progress:
            progress(batch.bytes_read, size)
    return ConfirmReport(**counts)


def _refused_keys(reader: RowReader, batch: Sequence[CsvRecord]) -> Iterator[str]:
    for record in batch:
        try:
            row = reader.read(record)
        except BadRow:
            continue
        if row.status not in _AGREED:
            yield row.address.key


def _new_rows(
    reader: RowReader, batch: Sequence[CsvRecord], seen: set[int], counts: Counter[str]
) -> Iterator[tuple[str, Row]]:
    """
    Yield the first row about each person with their address key; count the invalid rows.
    """
    for record in batch:
        try:
            row = reader.read(record)
        except BadRow:
            counts["invalid"] += 1
            continue
        person = hash(row.address.key)
        if person not in seen:
            seen.add(person)
            yield row.address.key, row


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Confirmation:
    """
    What is confirmed, how the people agreed, and the file that says who did.
    """

    reader: RowReader
    mailing_list: MailingList | None
    evidence: str
    file: str
    by: Origin
    now: dt.datetime
    keyring: KeyRing | None

    def confirm(
        self, connection: sa.Connection, rows: dict[str, Row], *, dry_run: bool
    ) -> Counter[str]:
        """
        Confirm the people of one batch by address key, and count what became of them.
        """
        found = connection.execute(
            select_with_addresses(self.mailing_list).where(_p.c.email_key.in_(list(rows)))
        ).all()
        pending, counts = sort_out(connection, found, keyring=self.keyring)
        counts["unknown"] = len(rows.keys() - {each.email_key for each in found})
        counts["confirmed"] = len(pending)
        if not dry_run:
            consents = {each.id: self._consent(rows[each.email_key]) for each in pending}
            counts["confirmed"] = activate(connection, consents, by=self.by, now=self.now)
        return counts

    def _consent(self, row: Row) -> Evidence:
        return Evidence(
            text=self.evidence,
            source=f"{self.file} line {row.record.line}",
            given_at=None if row.unknown_consent_time else row.consent_at or self.now,
            recorded_at=self.now,
            evidence=self.reader.evidence(row),
        )
