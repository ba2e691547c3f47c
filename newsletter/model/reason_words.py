"""
Describe in words the reasons that the ledger stores as codes.
"""

from __future__ import annotations

from newsletter.model.canary import CANARY_SIZE
from newsletter.model.delivery import HoldReason, SettledBy
from subscribers.text.phrases import joined, phrase

CANARY_WORDS = phrase("only the first {number} are sent", number=CANARY_SIZE)
CANARY_CAUSE = phrase("new sending domain")
_HOLDS = {
    HoldReason.CANARY: joined(": ", [CANARY_WORDS, CANARY_CAUSE]),
    HoldReason.TIME_OF_DAY: phrase("the readers' time of day"),
}
_QUIET_HOURS = phrase("the quiet hours of its lists")
_SETTLED_BY = {
    SettledBy.PERSON: phrase("decided by a person"),
    SettledBy.EVENT: phrase("reported by the provider as accepted"),
}


def batch_reason(hold: str | None, reason: str | None, *, wall: str | None) -> str:
    """
    Return what a batch waits for or ended with: the words for its *hold*, else its *reason*. *wall*
    is the local time at which readers get the issue; without one, only quiet hours delay it.
    """
    if hold == HoldReason.TIME_OF_DAY and wall is None:
        return _QUIET_HOURS
    return _HOLDS[HoldReason(hold)] if hold else reason or ""


def delivery_reason(settled_by: str | None, reason: str) -> str:
    """
    Return why a delivery is in its state: the words for *settled_by*, else its *reason*.
    """
    return _SETTLED_BY[SettledBy(settled_by)] if settled_by else reason
