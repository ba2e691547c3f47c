"""
Compare a new suppression with a stored one of the same address and scope.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.suppression.model import OUTWEIGHED_BY, SuppressionReason

_x = tables.suppression


def is_stricter(
    reason: sa.ColumnElement[str], expires_at: sa.ColumnElement[Any], rule: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """
    Return the condition that a suppression with those values replaces a stored one, as
    `insert_suppressions` says.
    """
    follows_from_none = sa.and_(
        _x.c.rule.is_not(None),
        rule.is_(None),
        reason != SuppressionReason.UNSUBSCRIBED.value,
    )
    return sa.or_(
        outweighs(reason, _x.c.reason), lasts_longer_than_stored(expires_at), follows_from_none
    )


def lasts_longer_than_stored(expires_at: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """
    Return the condition that a suppression until that time lasts longer than a stored one.
    """
    ends = _x.c.expires_at.is_not(None)
    return sa.and_(ends, sa.or_(expires_at.is_(None), expires_at > _x.c.expires_at))


def outweighs(
    reason: sa.ColumnElement[str], other: sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """
    Return the condition that a reason is more serious than the other.
    """
    return sa.or_(
        *(
            sa.and_(other == lesser.value, reason == each.value)
            for lesser, reasons in OUTWEIGHED_BY.items()
            for each in sorted(reasons)
        )
    )
