"""
Classify bounces and complaints for providers that report only a type or the server's reply.

Bounce types are those of Amazon SES
(https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types); Resend sends
through SES and uses the same. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from newsletter.model.event import EventKind
from newsletter.providers.enhanced_status_codes import Blame, blame_for, code_in

KIND_BY_BLAME: Mapping[Blame, EventKind] = {
    Blame.ADDRESS: EventKind.BOUNCED_HARD,
    Blame.MAILBOX: EventKind.BOUNCED_SOFT,
    Blame.SENDER: EventKind.BLOCKED,
    Blame.QUOTA: EventKind.BLOCKED,
    Blame.SIZE: EventKind.BLOCKED,
    Blame.POLICY: EventKind.BLOCKED,
}
# "Security or policy status" (RFC 3463 section 3.8), but not a part of an IP address.
_POLICY = re.compile(r"(?<![0-9.])[45]\.7\.[0-9]{1,3}(?![0-9.]*[0-9])")
# Feedback types (RFC 5965 section 7.3 and RFC 6591) that come from a filter or a server, not from a
# reader. "not-spam" withdraws a complaint.
_FEEDBACK_KINDS: Mapping[str, EventKind | None] = {
    "auth-failure": EventKind.BLOCKED,
    "virus": EventKind.BLOCKED,
    "not-spam": None,
}
# Bounce subtypes caused by the mail itself, not by the address.
_CONTENT_SUBTYPES = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})


def permanent_failure_kind(diagnostic: str) -> EventKind:
    """
    Return the event kind of a permanent failure that the receiving server explained by
    *diagnostic*.

    It is a hard bounce, which suppresses the address, unless a status code in the text names
    another cause.
    """
    if _POLICY.search(diagnostic):
        return EventKind.BLOCKED
    return KIND_BY_BLAME[blame_for(code_in(diagnostic)) or Blame.ADDRESS]


def bounce_kind(bounce_type: str, subtype: str, diagnostic: str) -> EventKind:
    """
    Return the event kind of a bounce of this type and subtype.

    *diagnostic* is the reply of the receiving server.
    """
    if subtype in _CONTENT_SUBTYPES:
        return EventKind.BLOCKED
    if subtype == "UnsubscribedRecipient":
        return EventKind.UNSUBSCRIBED
    # The subtype "General" of a permanent bounce includes policy refusals.
    return (
        permanent_failure_kind(diagnostic) if bounce_type == "Permanent" else EventKind.BOUNCED_SOFT
    )


def complaint_kind(feedback_type: str) -> EventKind | None:
    """
    Return the event kind of a complaint with this Feedback-Type, which may be empty.

    Return None if the report is not a complaint.
    """
    return _FEEDBACK_KINDS.get(feedback_type.lower(), EventKind.COMPLAINED)
