"""
Count who is left out of an issue that is not frozen, by the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule
from newsletter.store.delivery.freeze import conditions_of, count_audience
from subscribers.audience.exclusion_reason import ExclusionKind, ExclusionReason, parse_reason
from subscribers.audience.exclusions import select_excluded
from subscribers.model import MailingList


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
