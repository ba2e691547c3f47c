"""
Record the consents behind subscriptions; `subscribe` and `confirm_join` write them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import Consent

_c = tables.consent
_SAME = (
    sa.select(_c.c.id)
    .where(
        _c.c.subscription_id == sa.bindparam("subscription"),
        _c.c.text == sa.bindparam("words"),
        _c.c.source == sa.bindparam("through"),
        _c.c.given_at.is_not_distinct_from(sa.bindparam("given", type_=_c.c.given_at.type)),
    )
    .limit(1)
)
_OF_SUBSCRIPTION = (
    sa.select(_c).where(_c.c.subscription_id == sa.bindparam("subscription")).order_by(_c.c.id)
)
_INSERT = _c.insert()


def sentence_version(version: int | None) -> str | None:
    """
    Return what a consent says about the version of the sentence that the person agreed to; None if
    the sentence has no version.
    """
    return None if version is None else f"version {version} of the sentence"


def record_consent(
    connection: sa.Connection,
    subscription_id: int,
    *,
    text: str,
    source: str,
    given_at: dt.datetime | None,
    now: dt.datetime,
    evidence: str | None = None,
) -> None:
    """
    Record a consent in addition to the earlier ones, unless one with the same text, source and time
    already exists.
    """
    same = {
        "subscription": subscription_id,
        "words": text,
        "through": source,
        "given": given_at,
    }
    if connection.scalar(_SAME, same) is not None:
        return
    row = {
        "subscription_id": subscription_id,
        "text": text,
        "source": source,
        "given_at": given_at,
        "recorded_at": now,
        "evidence": evidence,
    }
    connection.execute(_INSERT, row)


def consents_of(connection: sa.Connection, subscription_id: int) -> list[Consent]:
    """
    Return the consents behind one subscription in the order they were recorded.
    """
    rows = connection.execute(_OF_SUBSCRIPTION, {"subscription": subscription_id})
    return [_read(row) for row in rows]


def consents_of_all(
    connection: sa.Connection, subscription_ids: Collection[int]
) -> dict[int, list[Consent]]:
    """
    Return the consents behind several subscriptions, by their numbers. One without any is left out.
    """
    query = sa.select(_c).where(_c.c.subscription_id.in_(subscription_ids)).order_by(_c.c.id)
    found: dict[int, list[Consent]] = {}
    for row in connection.execute(query):
        found.setdefault(row.subscription_id, []).append(_read(row))
    return found


def _read(row: sa.Row[Any]) -> Consent:
    return Consent(
        subscription_id=row.subscription_id,
        text=row.text,
        source=row.source,
        given_at=row.given_at,
        recorded_at=row.recorded_at,
        evidence=row.evidence,
    )
