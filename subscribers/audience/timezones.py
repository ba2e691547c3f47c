"""
Find the time zones of a list's readers, for sending by their local time.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import MailingList, SubscriptionState

_p = tables.subscriber
_s = tables.subscription


def timezones_of(connection: sa.Connection, lists: Sequence[MailingList]) -> list[str]:
    """
    Return the names of the time zones of everybody active on one of *lists*, sorted. People without
    a known time zone are ignored.
    """
    zone = _known_timezones()
    theirs = sa.select(_s.c.id).join_from(_p, _s, _s.c.subscriber_id == _p.c.id)
    theirs = theirs.where(
        _p.c.timezone == zone.c.name,
        _s.c.list_id.in_([mailing_list.id for mailing_list in lists]),
        _s.c.state == SubscriptionState.ACTIVE.value,
    )
    found = connection.scalars(sa.select(zone.c.name).where(theirs.correlate(zone).exists()))
    return sorted(found)


def _known_timezones() -> sa.CTE:
    """
    Select every time zone that any subscriber has.

    A recursive statement needs one index look-up per zone; DISTINCT would read the whole index.
    """
    zone = sa.select(sa.func.min(_p.c.timezone).label("name")).where(_p.c.timezone.is_not(None))
    known = zone.cte("zone", recursive=True)
    following = sa.select(sa.func.min(_p.c.timezone)).where(_p.c.timezone > known.c.name)
    more = sa.select(following.scalar_subquery()).where(known.c.name.is_not(None))
    return known.union_all(more)
