"""
Count the people of an issue that is not frozen: its readers, and who is left out and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.model.issue import AudienceRule
from newsletter.store.delivery import freeze
from newsletter.store.delivery.left_out import count_left_out
from newsletter.store.issues.list_settings import AudienceLists
from subscribers.audience.count import count_subscribed
from subscribers.audience.exclusion_reason import ExclusionReason


@dataclass(frozen=True, kw_only=True)
class CountedAudience:
    """
    How many readers an issue would go to now, and how many people are left out, by the reason.
    """

    readers: int
    left_out: Mapping[ExclusionReason, int]

    @property
    def everybody(self) -> int:
        """
        Return the number of all of them.
        """
        return self.readers + sum(self.left_out.values())


def count_people(
    connection: sa.Connection,
    rule: AudienceRule,
    *,
    known: AudienceLists | None = None,
    readers: int | None = None,
    now: dt.datetime,
) -> CountedAudience:
    """
    Count the readers that *rule* selects, unless their number is given, and who is left out and
    why. Its lists are read unless they are *known*.
    """
    lists, minus = (known.lists, known.minus) if known else audience_lists(connection, rule)
    is_one_list = len(lists) == 1 and not minus and rule.sent_to_issue is None
    if readers is None and is_one_list and rule.counted_segment is None:
        # Everybody who is not left out gets it, and the former are counted from an index.
        left_out = count_left_out(connection, rule, lists, minus, readers=0, now=now)
        everybody = count_subscribed(connection, lists[0], cadences=rule.counted_cadences)
        return CountedAudience(readers=everybody - sum(left_out.values()), left_out=left_out)
    if readers is None:
        readers = freeze.count_audience(connection, rule, lists, minus, now=now)
    left_out = count_left_out(connection, rule, lists, minus, readers=readers, now=now)
    return CountedAudience(readers=readers, left_out=left_out)
