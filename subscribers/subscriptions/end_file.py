"""
End the subscriptions of the people in a file.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import BadRow, RowReader
from subscribers.import_export.sources import Progress, layout_of, read_batches
from subscribers.import_export.text_file import open_text
from subscribers.model import MailingList, SubscriptionState

_p = tables.subscriber
_s = tables.subscription
_ENDED = SubscriptionState.ENDED.value
_REASON = "by staff"


@dataclass(frozen=True, kw_only=True)
class EndReport:
    """
    How many people of a file left, had left before, or are on none of the lists, and how many of
    its rows have no valid address.
    """

    left: int = 0
    already: int = 0
    unknown: int = 0
    invalid: int = 0


def unsubscribe_file(
    engine: sa.Engine,
    path: Path,
    *,
    mailing_list: MailingList | None,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
    progress: Progress | None = None,
) -> EndReport:
    """
    End the subscriptions of the people in the file to *mailing_list*, or to every list. A person
    who is in it again is counted again, as one who left before.

    Raises:
        ImportRefused: the file cannot be read.
    """
    layout = layout_of(path)
    reader = RowReader(layout)
    counts: Counter[str] = Counter()
    with open_text(path) as text:
        for batch in read_batches(text, layout):
            keys, invalid = _keys_in(reader, batch)
            counts["invalid"] += invalid
            with engine.begin() as connection:
                counts += _end(connection, keys, mailing_list, dry_run=dry_run, by=by, now=now)
            if progress:
                progress(text.bytes_read, text.size)
    return EndReport(**counts)


def _keys_in(reader: RowReader, batch: Sequence[CsvRecord]) -> tuple[Counter[str], int]:
    """
    Return how often each address is in a batch, and the number of rows without a valid one.
    """
    keys: Counter[str] = Counter()
    for record in batch:
        try:
            keys[reader.read(record).address.key] += 1
        except BadRow:
            continue
    return keys, len(batch) - keys.total()


def _end(
    connection: sa.Connection,
    keys: Counter[str],
    mailing_list: MailingList | None,
    *,
    dry_run: bool,
    by: Origin,
    now: dt.datetime,
) -> Counter[str]:
    theirs = (
        sa.select(_s.c.id, _s.c.state, _p.c.email_key)
        .join(_p, _p.c.id == _s.c.subscriber_id)
        .where(_p.c.email_key.in_(list(keys)))
    )
    if mailing_list is not None:
        theirs = theirs.where(_s.c.list_id == mailing_list.id)
    found = connection.execute(theirs).all()
    known = {row.email_key for row in found}
    leaving = {row.email_key: row.id for row in found if row.state != _ENDED}
    if not dry_run:
        _end_all(connection, [row.id for row in found if row.state != _ENDED], by=by, now=now)
    return Counter(
        left=len(leaving),
        already=sum(keys[key] for key in known) - len(leaving),
        unknown=sum(count for key, count in keys.items() if key not in known),
    )


def _end_all(
    connection: sa.Connection, subscription_ids: Sequence[int], *, by: Origin, now: dt.datetime
) -> None:
    ended = connection.execute(
        _s.update()
        .where(_s.c.id.in_(subscription_ids), _s.c.state != _ENDED)
        .values(state=_ENDED, since=now, ended_reason=_REASON)
        .returning(_s.c.subscriber_id, _s.c.list_id)
    )
    records = [
        HistoryRecord(
            what=HistoryEvent.LEFT,
            subscriber_id=row.subscriber_id,
            list_id=row.list_id,
            detail={"reason": _REASON},
        )
        for row in ended
    ]
    record_all(connection, records, by=by, at=now)
