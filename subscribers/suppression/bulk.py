"""
Suppress many addresses, and record it in the history of each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.suppression.history import unknown_list
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import insert_suppressions

_p = tables.subscriber
_x = tables.suppression


@dataclass(frozen=True, kw_only=True)
class NewSuppression:
    """
    What is stored about an address that is suppressed. `rule` is the key of the rule that it
    follows from, if any.
    """

    reason: SuppressionReason = SuppressionReason.MANUAL
    scope: str = ALL_LISTS
    expires_at: dt.datetime | None = None
    note: str = ""
    rule: str | None = None


def suppress_all(
    connection: sa.Connection,
    email_keys: Collection[str],
    new: NewSuppression,
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Suppress addresses, at most some thousand, and return how many were not before, or for a less
    serious reason.
    """
    if not email_keys:
        return 0
    stored = {
        "scope": new.scope,
        "reason": new.reason.value,
        "since": now,
        "expires_at": new.expires_at,
        "note": new.note,
        "rule": new.rule,
    }
    insert = insert_suppressions(connection).returning(_x.c.email_key)
    rows = [{"email_key": key, **stored} for key in email_keys]
    changed = list(connection.scalars(insert, rows))
    people = sa.select(_p.c.email_key, _p.c.id).where(_p.c.email_key.in_(changed))
    numbers = {row.email_key: row.id for row in connection.execute(people)}
    lists = tables.mailing_list
    list_id = connection.scalar(sa.select(lists.c.id).where(lists.c.slug == new.scope))
    known = () if list_id is None else (new.scope,)
    detail = {"reason": new.reason.value, **unknown_list(new.scope, known)}
    if new.expires_at is not None:
        detail["until"] = new.expires_at.isoformat()
    records = [
        HistoryRecord(
            what=HistoryEvent.SUPPRESSED,
            subscriber_id=numbers.get(key),
            email_key=key,
            list_id=list_id,
            detail=detail,
        )
        for key in changed
    ]
    record_all(connection, records, by=by, at=now)
    return len(changed)


def count_suppressed(connection: sa.Connection, email_keys: Collection[str], scope: str) -> int:
    """
    Return how many of the addresses, at most some thousand, are suppressed within that scope.
    """
    found = sa.select(sa.func.count()).where(_x.c.email_key.in_(email_keys), _x.c.scope == scope)
    return int(connection.execute(found).scalar_one())
