"""
What a bounce is by the receiving server's status code, where a provider only says that it is for
good; and in the words of Amazon SES
(https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types), which Resend
uses too, for SES carries its mail. And what a complaint is by its type. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from newsletter.model.event import EventKind
from newsletter.providers.enhanced_status_codes import Blame, blame_for, code_in

OF_BLAME: Mapping[Blame, EventKind] = {
    Blame.ADDRESS: EventKind.BOUNCED_HARD,
    Blame.MAILBOX: EventKind.BOUNCED_SOFT,
    Blame.SENDER: EventKind.BLOCKED,
    Blame.QUOTA: EventKind.BLOCKED,
    Blame.SIZE: EventKind.BLOCKED,
    Blame.POLICY: EventKind.BLOCKED,
}
# "Security or policy status" (RFC 3463 section 3.8), and no part of an IP address.
_POLICY = re.compile(r"(?<![0-9.])[45]\.7\.[0-9]{1,3}(?![0-9.]*[0-9])")
# Of the types of feedback (RFC 5965 section 7.3 and RFC 6591): a filter's or a server's word, and
# none of a reader's. "not-spam" takes a complaint back.
_FEEDBACK: Mapping[str, EventKind | None] = {
    "auth-failure": EventKind.BLOCKED,
    "virus": EventKind.BLOCKED,
    "not-spam": None,
}
_OF_THE_MAIL = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})


def refused_for_good(words: str) -> EventKind:
    """
    What a refusal for good is, of which the receiving server said *words*: hard, which suppresses
    the address, only where no status code in them says that it was for something else.
    """
    if _POLICY.search(words):
        return EventKind.BLOCKED
    return OF_BLAME[blame_for(code_in(words)) or Blame.ADDRESS]


def bounce_kind(kind: str, subtype: str, words: str) -> EventKind:
    """
    The kind of a bounce of that type and subtype, of which the receiving server said *words*.
    """
    if subtype in _OF_THE_MAIL:
        return EventKind.BLOCKED
    if subtype == "UnsubscribedRecipient":
        return EventKind.UNSUBSCRIBED
    # Its "General" holds refusals for policy too.
    return refused_for_good(words) if kind == "Permanent" else EventKind.BOUNCED_SOFT


def complaint_kind(feedback: str) -> EventKind | None:
    """
    The kind of a complaint whose Feedback-Type is *feedback*, empty where that is not told; None
    of one that is none.
    """
    return _FEEDBACK.get(feedback.lower(), EventKind.COMPLAINED)
