"""
Suppress many addresses, and record it in the history of each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.suppression.history import unknown_list
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import insert_suppressions
from subscribers.suppression.stricter import is_stricter

_p = tables.subscriber
_x = tables.suppression
_ENDS = _x.c.expires_at.type


@dataclass(frozen=True, kw_only=True)
class NewSuppression:
    """
    What is stored about an address that is suppressed. `rule` is the key of the rule that it
    follows from, if any; `since` is None for now.
    """

    reason: SuppressionReason = SuppressionReason.MANUAL
    scope: str = ALL_LISTS
    expires_at: dt.datetime | None = None
    note: str = ""
    rule: str | None = None
    since: dt.datetime | None = None

    def as_row(self, email_key: str, *, now: dt.datetime) -> dict[str, Any]:
        """
        Return the row of the table for an address.
        """
        return {
            "email_key": email_key,
            "scope": self.scope,
            "reason": self.reason.value,
            "since": self.since or now,
            "expires_at": self.expires_at,
            "note": self.note,
            "rule": self.rule,
        }


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
    return suppress_each(connection, [(key, new) for key in email_keys], by=by, now=now)


def suppress_each(
    connection: sa.Connection,
    pairs: Sequence[tuple[str, NewSuppression]],
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    """
    Suppress addresses, each in its own way, as `suppress_all` does. Of one that is there twice the
    stricter stays.
    """
    changed, left = 0, list(dict.fromkeys(pairs))
    while left:
        rows, again = dict[tuple[str, str], dict[str, Any]](), []
        for key, new in left:
            if (key, new.scope) in rows:
                again.append((key, new))
            else:
                rows[key, new.scope] = new.as_row(key, now=now)
        changed += _insert(connection, rows, by=by, now=now)
        left = again
    return changed


def count_suppressed(
    connection: sa.Connection, email_keys: Collection[str], new: NewSuppression
) -> int:
    """
    Return how many of the addresses, at most some thousand, are suppressed so that `suppress_all`
    would leave them as they are.
    """
    reason = sa.literal(new.reason.value)
    expires_at = sa.null() if new.expires_at is None else sa.literal(new.expires_at, _ENDS)
    rule = sa.null() if new.rule is None else sa.literal(new.rule)
    is_replaced = is_stricter(reason, expires_at, rule)
    stays = sa.func.sum(sa.case((is_replaced, 0), else_=1))
    found = sa.select(stays).where(_x.c.email_key.in_(email_keys), _x.c.scope == new.scope)
    return int(connection.scalar(found) or 0)


def _insert(
    connection: sa.Connection,
    rows: Mapping[tuple[str, str], dict[str, Any]],
    *,
    by: Origin,
    now: dt.datetime,
) -> int:
    insert = insert_suppressions(connection).returning(_x.c.email_key, _x.c.scope)
    changed = connection.execute(insert, list(rows.values())).all()
    people = sa.select(_p.c.email_key, _p.c.id).where(
        _p.c.email_key.in_([row.email_key for row in changed])
    )
    numbers = {row.email_key: row.id for row in connection.execute(people)}
    lists = tables.mailing_list
    named = sa.select(lists.c.slug, lists.c.id).where(
        lists.c.slug.in_({row.scope for row in changed})
    )
    list_ids = {row.slug: row.id for row in connection.execute(named)}
    records = [
        HistoryRecord(
            what=HistoryEvent.SUPPRESSED,
            subscriber_id=numbers.get(row.email_key),
            email_key=row.email_key,
            list_id=list_ids.get(row.scope),
            detail=_detail(rows[row.email_key, row.scope], list_ids),
        )
        for row in changed
    ]
    record_all(connection, records, by=by, at=now)
    return len(changed)


def _detail(stored: Mapping[str, Any], list_ids: Container[str]) -> dict[str, Any]:
    detail = {"reason": stored["reason"], **unknown_list(stored["scope"], list_ids)}
    if stored["expires_at"] is not None:
        detail["until"] = stored["expires_at"].isoformat()
    if stored["rule"] is not None:
        detail["rule"] = stored["rule"]
    return detail
