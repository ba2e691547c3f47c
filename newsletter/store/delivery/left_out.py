"""
Count and name who is left out of an issue that is not frozen, with the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule
from newsletter.store.delivery.freeze import conditions_of, count_audience
from newsletter.store.delivery.status.recipients import LeftOutPerson
from subscribers.audience.exclusion_reason import ExclusionKind, ExclusionReason, parse_reason
from subscribers.audience.exclusions import select_excluded
from subscribers.database.tables import subscriber
from subscribers.model import MailingList


def left_out_now(
    connection: sa.Connection,
    rule: AudienceRule,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    *,
    after: int,
    most: int,
    now: dt.datetime,
) -> list[LeftOutPerson]:
    """
    Return at most *most* of the people whom a freeze would leave out now, behind the one numbered
    *after*; but not who is left out only because of the segment, for there may be very many.
    """
    wide = replace(rule, segment=None, segment_rule=None)
    found = select_excluded(lists, minus, **conditions_of(connection, wide, now)).subquery()
    chosen = (
        sa.select(found.c.subscriber_id, found.c.reason)
        .where(found.c.subscriber_id > after)
        .order_by(found.c.subscriber_id)
        .limit(most)
        .subquery()
    )
    rows = connection.execute(
        sa.select(chosen.c.subscriber_id, subscriber.c.email, chosen.c.reason)
        .join(subscriber, subscriber.c.id == chosen.c.subscriber_id)
        .order_by(chosen.c.subscriber_id)
    )
    return [LeftOutPerson(**row._mapping) for row in rows]


def count_left_out(
    connection: sa.Connection,
    rule: AudienceRule,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    *,
    readers: int,
    now: dt.datetime,
) -> Mapping[ExclusionReason, int]:
    """
    Return how many people a freeze would leave out now, by the reason; *lists* and *minus* are
    those of the *rule*, and *readers* is the number of those it selects. Who is left out only
    because of the segment is counted as the difference, for there may be very many.
    """
    wide = replace(rule, segment=None, segment_rule=None)
    left_out = select_excluded(lists, minus, **conditions_of(connection, wide, now)).subquery()
    counted = sa.select(left_out.c.reason, sa.func.count()).group_by(left_out.c.reason)
    found = {parse_reason(text): number for text, number in connection.execute(counted)}
    reasons = {reason: number for reason, number in found.items() if reason is not None}
    if rule.counted_segment is not None:
        everybody = count_audience(connection, wide, lists, minus, now=now)
        outside = ExclusionReason(ExclusionKind.SEGMENT, rule.counted_segment)
        reasons[outside] = everybody - readers
    return dict(sorted(reasons.items(), key=lambda each: (each[0].kind, each[0].detail)))
