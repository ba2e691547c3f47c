"""
Give the suppressions in pages, in the order of their rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.suppression.model import Suppression, SuppressionReason
from subscribers.suppression.records import read_suppression

_x = tables.suppression


class NumberedSuppression(NamedTuple):
    """
    A suppression with the number of its row.
    """

    id: int
    suppression: Suppression


def suppressions_after(
    connection: sa.Connection,
    number: int,
    *,
    limit: int,
    now: dt.datetime,
    scopes: Collection[str] | None = None,
    reason: SuppressionReason | None = None,
) -> list[NumberedSuppression]:
    """
    Return at most *limit* suppressions behind the one of that number which have not expired; with
    *scopes*, those within one of these, and with a *reason* those for it.
    """
    valid = sa.or_(_x.c.expires_at.is_(None), _x.c.expires_at > now)
    found = sa.select(_x).where(_x.c.id > number, valid).order_by(_x.c.id).limit(limit)
    if scopes is not None:
        found = found.where(_x.c.scope.in_(sorted(scopes)))
    if reason is not None:
        found = found.where(_x.c.reason == reason.value)
    return [NumberedSuppression(row.id, read_suppression(row)) for row in connection.execute(found)]
