"""
Why people left a list, as they said on the page where they did. Nobody's address is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.preference_tables import leave_reason
from subscribers.model import EndCause, MailingList
from subscribers.preferences.leave import REASONS

_r = leave_reason
_s = tables.subscription


@dataclass(frozen=True, kw_only=True)
class LeaveComment:
    """
    What a reader wrote in their own words, with the reason they chose. The day is enough: the time
    would tell who it was.
    """

    day: dt.date
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LeaveReasons:
    """
    How many readers left a list, how many gave each of the reasons, and what they wrote, the newest
    first.
    """

    left: int
    counts: Mapping[str, int]
    comments: Sequence[LeaveComment]

    @property
    def answers(self) -> int:
        """
        Return how many readers said why.
        """
        return sum(self.counts.values())


def leave_reasons(
    connection: sa.Connection, mailing_list: MailingList, *, since: dt.datetime | None = None
) -> LeaveReasons:
    """
    Return why readers left the list, *since* that time if it is given. Those who have come back, or
    were erased, do not count.
    """
    left = sa.select(sa.func.count()).where(
        _s.c.list_id == mailing_list.id, _s.c.ended_cause == EndCause.READER.value
    )
    said = (
        sa.select(_r.c.reason, _r.c.comment, _r.c.given_at)
        .join(_s, _s.c.id == _r.c.subscription_id)
        .where(_s.c.list_id == mailing_list.id, _s.c.ended_cause == EndCause.READER.value)
    )
    if since is not None:
        left, said = left.where(_s.c.since >= since), said.where(_s.c.since >= since)
    counts = dict.fromkeys(REASONS, 0)
    comments = []
    for row in connection.execute(said.order_by(_r.c.given_at.desc(), _r.c.subscription_id)):
        counts[row.reason] = counts.get(row.reason, 0) + 1
        if row.comment:
            comments.append(
                LeaveComment(day=row.given_at.date(), reason=row.reason, text=row.comment)
            )
    return LeaveReasons(left=connection.scalar(left) or 0, counts=counts, comments=tuple(comments))
