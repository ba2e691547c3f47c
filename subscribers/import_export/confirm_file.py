"""
Confirm pending people who are in a file, because they agreed outside of the confirmation email.

Nobody is added, and nobody who unsubscribed or is suppressed becomes active. The file is read
twice: a row that says that a person does not want email holds for all rows about them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.errors import ImportRefused
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import BadRow, Row, RowReader
from subscribers.import_export.sources import Progress, layout_of, read_batches
from subscribers.import_export.status_words import RowStatus
from subscribers.import_export.text_file import open_text
from subscribers.model import MailingList, SubscriptionState
from subscribers.subscription_records import select_subscriptions
from subscribers.suppression.records import find_suppressed
from subscribers.tokens import KeyRing

_p = tables.subscriber
_s = tables.subscription
_AGREED = frozenset({RowStatus.ACTIVE, RowStatus.PENDING})
_CONSENT_COLUMNS = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")


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
        raise ImportRefused("the evidence is empty: say how they agreed")
    layout = layout_of(path)
    reader, counts, seen = RowReader(layout), Counter[str](), set[int]()
    with open_text(path) as text:
        batches = read_batches(text, layout)
        refused = {key for batch in batches for key in _refused_keys(reader, batch)}
    confirmation = _Confirmation(
        reader=reader,
        mailing_list=mailing_list,
        evidence=evidence,
        file=path.name,
        by=by,
        now=now,
        keyring=keyring,
    )
    with open_text(path) as text:
        for batch in read_batches(text, layout):
            rows = dict(_new_rows(reader, batch, seen, counts))
            counts["refused"] += len(rows.keys() & refused)
            agreed = {key: row for key, row in rows.items() if key not in refused}
            with engine.begin() as connection:
                counts.update(confirmation.confirm(connection, agreed, dry_run=dry_run))
            if progress:
                progress(text.bytes_read, text.size)
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
        found, counts = self._find(connection, list(rows)), Counter[str]()
        suppressed = _suppressed(connection, found, self.keyring)
        pending: list[sa.Row[Any]] = []
        for each in found:
            if (each.email_key, each.list_slug) in suppressed:
                counts["kept_suppressed"] += 1
            elif each.state == SubscriptionState.ENDED:
                counts["kept_unsubscribed"] += 1
            elif each.state == SubscriptionState.ACTIVE:
                counts["already_active"] += 1
            else:
                pending.append(each)
        counts["unknown"] = len(rows.keys() - {each.email_key for each in found})
        counts["confirmed"] = len(pending) if dry_run else self._activate(connection, pending, rows)
        return counts

    def _find(self, connection: sa.Connection, keys: Sequence[str]) -> Sequence[sa.Row[Any]]:
        query = (
            select_subscriptions()
            .add_columns(_p.c.email_key)
            .join(_p, _p.c.id == _s.c.subscriber_id)
            .where(_p.c.email_key.in_(keys))
        )
        if self.mailing_list is not None:
            query = query.where(_s.c.list_id == self.mailing_list.id)
        return connection.execute(query).all()

    def _activate(
        self, connection: sa.Connection, pending: Sequence[sa.Row[Any]], rows: dict[str, Row]
    ) -> int:
        # A person may have unsubscribed since the state was read.
        is_pending = _s.c.state == SubscriptionState.PENDING.value
        activated = connection.execute(
            _s.update()
            .where(_s.c.id.in_([each.id for each in pending]), is_pending)
            .values(state=SubscriptionState.ACTIVE.value, since=self.now)
            .returning(_s.c.id, _s.c.subscriber_id, _s.c.list_id)
        ).all()
        consent_of = {each.id: self._consent(rows[each.email_key]) for each in pending}
        consents = [(each.id, *consent_of[each.id]) for each in activated]
        insert_many(connection, tables.consent, _CONSENT_COLUMNS, consents)
        what = HistoryEvent.CONFIRMED
        detail = {"state": SubscriptionState.ACTIVE.value, "consent": self.evidence}
        records = [
            HistoryRecord(what=what, subscriber_id=person, list_id=list_id, detail=detail)
            for _, person, list_id in activated
        ]
        record_all(connection, records, by=self.by, at=self.now)
        return len(consents)

    def _consent(self, row: Row) -> tuple[Any, ...]:
        source, given_at = f"{self.file} line {row.record.line}", row.consent_at or self.now
        return (self.evidence, source, given_at, self.now, self.reader.evidence(row))


def _suppressed(
    connection: sa.Connection, found: Sequence[sa.Row[Any]], keyring: KeyRing | None
) -> set[tuple[str, str]]:
    """
    Return the address key and list of the subscriptions that a suppression holds back.
    """
    keys_on: defaultdict[str, list[str]] = defaultdict(list)
    for each in found:
        keys_on[each.list_slug].append(each.email_key)
    return {
        (key, slug)
        for slug, keys in keys_on.items()
        for key in find_suppressed(connection, keys, list_slug=slug, keyring=keyring)
    }
