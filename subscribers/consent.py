"""
Record the consents behind subscriptions; `subscribe` and `confirm_join` write them.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import Consent

_c = tables.consent


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
    same = sa.select(_c.c.id).where(
        _c.c.subscription_id == subscription_id,
        _c.c.text == text,
        _c.c.source == source,
        _c.c.given_at.is_not_distinct_from(given_at),
    )
    if connection.scalar(same.limit(1)) is not None:
        return
    connection.execute(
        _c.insert().values(
            subscription_id=subscription_id,
            text=text,
            source=source,
            given_at=given_at,
            recorded_at=now,
            evidence=evidence,
        )
    )


def consents_of(connection: sa.Connection, subscription_id: int) -> list[Consent]:
    """
    Return the consents behind one subscription in the order they were recorded.
    """
    rows = connection.execute(
        sa.select(_c).where(_c.c.subscription_id == subscription_id).order_by(_c.c.id)
    )
    return [
        Consent(
            subscription_id=row.subscription_id,
            text=row.text,
            source=row.source,
            given_at=row.given_at,
            recorded_at=row.recorded_at,
            evidence=row.evidence,
        )
        for row in rows
    ]
