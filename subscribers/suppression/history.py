"""
Record in the history of people what happens to their suppressions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.suppression.model import SuppressionReason


def unknown_list(scope: str, known: Container[str]) -> dict[str, str]:
    """
    Return the slug to record of a list that does not exist, for which an address is suppressed all
    the same; a list with that slug may be added later.
    """
    return {"list": scope} if scope and scope not in known else {}


def record_suppressions(
    connection: sa.Connection,
    what: HistoryEvent,
    email_key: str,
    reasons: Mapping[str, SuppressionReason],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Record what happened to the suppressions of an address, with the reason of each scope.
    """
    if not reasons:
        return
    person, lists = tables.subscriber, tables.mailing_list
    number = connection.scalar(sa.select(person.c.id).where(person.c.email_key == email_key))
    named = sa.select(lists.c.slug, lists.c.id).where(lists.c.slug.in_(list(reasons)))
    numbers = dict(connection.execute(named).all()) if any(reasons) else {}
    records = [
        HistoryRecord(
            what=what,
            subscriber_id=number,
            email_key=email_key,
            list_id=numbers.get(scope),
            detail={"reason": reason.value, **unknown_list(scope, numbers)},
        )
        for scope, reason in reasons.items()
    ]
    record_all(connection, records, by=by, at=now)
