"""
Record how the people agreed whose subscriptions an import begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.bulk_insert import insert_many
from subscribers.import_export.import_policy import RowDecision
from subscribers.import_export.rows import Row
from subscribers.import_export.run.details import DetailsOf, consent_rows
from subscribers.model import SubscriptionState

_c = tables.consent
_COLUMNS = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")
_Consent = tuple[Any, ...]


def record_consents(
    connection: sa.Connection,
    beginning: Sequence[RowDecision],
    subscription_ids: Mapping[str, int],
    *,
    consent: str | None,
    source: str,
    evidence: Callable[[Row], str],
    details_of: DetailsOf,
    now: dt.datetime,
) -> None:
    """
    Record the consents of each subscription that just began: those in its row; *consent*, if it is
    active and the row has none. *subscription_ids* has their numbers by address key.
    """
    rows: list[_Consent] = []
    for each in beginning:
        is_active = each.begin is SubscriptionState.ACTIVE
        text = each.row.consent or (consent if is_active else None)
        if text:
            earlier = consent_rows(details_of(each.row), now)
            found = earlier or [_of_row(each.row, text, source, evidence, now)]
            number = subscription_ids[each.row.address.key]
            rows += [(number, *columns) for columns in found]
    insert_many(connection, _c, _COLUMNS, rows)


def _of_row(
    row: Row, text: str, source: str, evidence: Callable[[Row], str], now: dt.datetime
) -> _Consent:
    where = row.consent_source or f"{source} line {row.record.line}"
    is_unknown = row.consent or row.unknown_consent_time
    given_at = row.consent_at or (None if is_unknown else now)
    return (text, where, given_at, now, evidence(row))
