"""
What a bounce is in the words of Amazon SES
(https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types), which Resend
uses too, for SES carries its mail. Pure.
"""

from __future__ import annotations

from newsletter.model.event import EventKind
from newsletter.providers.webhook import is_policy

_OF_THE_MAIL = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})


def bounce_kind(kind: str, subtype: str, words: str) -> EventKind:
    """
    The kind of a bounce of that type and subtype, of which the receiving server said *words*.
    """
    if subtype in _OF_THE_MAIL:
        return EventKind.BLOCKED
    if subtype == "UnsubscribedRecipient":
        return EventKind.LEFT
    if kind != "Permanent":
        return EventKind.BOUNCED_SOFT
    # Its "General" holds refusals for policy too.
    return EventKind.BLOCKED if is_policy(words) else EventKind.BOUNCED_HARD
