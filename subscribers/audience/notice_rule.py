"""
The rule for an email that is no issue: to people in which states it may go.
"""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.model import SubscriptionState
from subscribers.suppression.model import SuppressionReason


@dataclass(frozen=True, kw_only=True)
class NoticeRule:
    """
    The states of the subscription in which it may go, and the reasons of suppressions that it
    `ignores`. Without a subscription it may go too, unless it `needs_subscription`. With
    `needs_open_request` it does not go once the request that it is about has been confirmed.
    """

    states: frozenset[SubscriptionState]
    ignores: frozenset[SuppressionReason] = frozenset()
    needs_subscription: bool = False
    needs_open_request: bool = False
