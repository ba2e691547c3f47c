"""
Select the readers of lists who are not in a segment; a part of `exclusions`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.audience.conditions import has_cadence
from subscribers.audience.exclusion_reason import ExclusionKind, ranked_reason, reason_text
from subscribers.database import tables
from subscribers.model import Cadence, MailingList, SubscriptionState
from subscribers.segments.model import AudienceSegment

_p = tables.subscriber
_s = tables.subscription
_ACTIVE = SubscriptionState.ACTIVE.value


def select_not_in_segment(lists: Sequence[MailingList], segment: AudienceSegment) -> sa.Select[Any]:
    """
    Select the people who are active on one of *lists*, but not in the segment.
    """
    name = sa.literal(segment.name)
    return (
        sa.select(_s.c.subscriber_id, ranked_reason(ExclusionKind.SEGMENT, name))
        .join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
        .where(
            _s.c.list_id.in_([mailing_list.id for mailing_list in lists]),
            _s.c.state == _ACTIVE,
            sa.not_(segment.condition(_p)),
        )
    )


def segment_reason(segment: AudienceSegment) -> sa.ColumnElement[str]:
    """
    Return the reason of everybody who is not in the segment.
    """
    return reason_text(ExclusionKind.SEGMENT, sa.literal(segment.name))


def select_active(
    lists: Sequence[MailingList], cadences: Collection[Cadence] | None, *, since: dt.datetime
) -> sa.Select[Any]:
    """
    Select the numbers of the people who have been active on one of *lists* at least *since* then,
    with one of *cadences*, as `subscriber_id`; somebody on several of them may come several times.
    """
    return sa.select(_s.c.subscriber_id).where(
        _s.c.list_id.in_([mailing_list.id for mailing_list in lists]),
        _s.c.state == _ACTIVE,
        _s.c.since <= since,
        *has_cadence(_s.c.cadence, cadences),
    )
