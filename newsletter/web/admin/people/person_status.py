"""
What is so of a person in a word: whether they get email, and if not, why.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable

from subscribers.history.model import HistoryEntry, HistoryEvent
from subscribers.model import Subscriber, SubscriptionState
from subscribers.suppression.model import ALL_LISTS, SuppressionReason


class PersonStatus(enum.StrEnum):
    """
    The values are those that templates have words and a chip for.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    PENDING = "pending"
    ENDED = "ended"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    NO_LIST = "no_list"


_SUPPRESSED = {
    SuppressionReason.BOUNCE: PersonStatus.BOUNCED,
    SuppressionReason.COMPLAINT: PersonStatus.COMPLAINED,
}


# What changes whether they get email: of one list, and of one or all.
_OF_A_LIST = frozenset(
    {
        HistoryEvent.JOINED,
        HistoryEvent.CONFIRMED,
        HistoryEvent.LEFT,
        HistoryEvent.RETURNED,
        HistoryEvent.EXPIRED,
    }
)
_OF_ANY = frozenset({HistoryEvent.SUPPRESSED, HistoryEvent.RELEASED})


def latest_news(history: Iterable[HistoryEntry]) -> HistoryEntry | None:
    """
    Return the latest of what happened, in *history* the first, that changed whether a person gets
    email; None if nothing did.
    """
    return next(
        (
            each
            for each in history
            if each.what in _OF_ANY or (each.list_slug and each.what in _OF_A_LIST)
        ),
        None,
    )


def status_of(person: Subscriber, now: dt.datetime) -> PersonStatus:
    """
    Return what is so of a person: of what keeps email from them the gravest, and otherwise
    the best of what is so of their lists.
    """
    for each in person.suppressions:
        if each.scope == ALL_LISTS and (each.expires_at is None or each.expires_at > now):
            return _SUPPRESSED.get(each.reason, PersonStatus.SUPPRESSED)
    free = [s.state for s in person.subscriptions if person.suppression_of(s) is None]
    if SubscriptionState.ACTIVE in free:
        is_paused = person.paused_until is not None and person.paused_until > now
        return PersonStatus.PAUSED if is_paused else PersonStatus.ACTIVE
    if SubscriptionState.PENDING in free:
        return PersonStatus.PENDING
    if not person.subscriptions:
        return PersonStatus.NO_LIST
    is_held = any(person.suppression_of(s) for s in person.subscriptions)
    return PersonStatus.SUPPRESSED if is_held else PersonStatus.ENDED
