"""
Select those of given people who are not among the readers of some lists, with the reason; parts of
`exclusions`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.audience.exclusion_reason import ExclusionKind, ranked_reason
from subscribers.database import tables
from subscribers.model import Cadence, MailingList, SubscriptionState

_p = tables.subscriber
_s = tables.subscription
_ACTIVE = SubscriptionState.ACTIVE.value
_ENDED = SubscriptionState.ENDED.value


def select_erased(among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select those of *among* who were erased.
    """
    person = among.subquery("among").c.subscriber_id
    return (
        sa.select(person, ranked_reason(ExclusionKind.ERASED))
        .join(_p, _p.c.id == person)
        .where(_p.c.erased_at.is_not(None))
    )


def select_ended(lists: Sequence[MailingList], among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select those of *among* whose subscription to one of *lists* has ended.
    """
    person = among.subquery("among").c.subscriber_id
    why = sa.func.coalesce(_s.c.ended_reason, "")
    return (
        sa.select(person, ranked_reason(ExclusionKind.ENDED, why))
        .join(_s, _s.c.subscriber_id == person)
        .where(_s.c.list_id.in_([mailing_list.id for mailing_list in lists]), _s.c.state == _ENDED)
    )


def select_other_cadence(
    lists: Sequence[MailingList], among: sa.Select[Any], cadences: Collection[Cadence]
) -> sa.Select[Any]:
    """
    Select those of *among* who are active on one of *lists*, but chose another cadence.
    """
    person = among.subquery("among").c.subscriber_id
    return (
        sa.select(person, ranked_reason(ExclusionKind.CADENCE, _s.c.cadence))
        .join(_s, _s.c.subscriber_id == person)
        .where(
            _s.c.list_id.in_([mailing_list.id for mailing_list in lists]),
            _s.c.state == _ACTIVE,
            _s.c.cadence.not_in([each.value for each in cadences]),
        )
    )


def select_not_subscribed(among: sa.Select[Any]) -> sa.Select[Any]:
    """
    Select all of *among* with the reason of the last rank, which counts only if no other applies.
    """
    person = among.subquery("among").c.subscriber_id
    return sa.select(person, ranked_reason(ExclusionKind.NOT_SUBSCRIBED))
