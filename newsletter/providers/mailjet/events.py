"""
What Mailjet's webhooks say (https://dev.mailjet.com/email/guides/webhooks/): one event a request,
or those of a second together, and no signature. The secret address proves where they come from, and
a user and password in front of it where they are set. Pure; `mailjet` holds the secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import instant, labels_in, read_objects, text

KINDS: Mapping[str, EventKind] = {
    # Taken by the receiving server.
    "sent": EventKind.DELIVERED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
    # By Mailjet itself, before anybody was asked, often because of an earlier mail.
    "blocked": EventKind.BLOCKED,
}
# The `error` of a bounce, where it says more than whether it is for good (the same page, "Possible
# values for errors").
ERRORS: Mapping[str, EventKind] = {
    "quota exceeded": EventKind.BOUNCED_SOFT,
    "relay/access denied": EventKind.BLOCKED,
    "blacklisted": EventKind.BLOCKED,
}
# What an error must be related to, to be the address's own.
_ADDRESS_S = ("recipient", "domain")


def read_events(raw: bytes) -> list[Event]:
    """
    The events in *raw*, without those of a kind we do not use.

    Raises:
        UnreadableEvent: it is no such body.
    """
    return [
        Event(
            kind=kind,
            at=instant(told.get("time")),
            label=text(ours.get("delivery")),
            batch=text(ours.get("batch")),
            email=text(told.get("email")),
            detail=_words(told),
        )
        for told in read_objects(raw)
        for ours in [labels_in(told.get("Payload"))]
        if (kind := _kind(told)) is not None
    ]


def _kind(told: Mapping[str, Any]) -> EventKind | None:
    if told.get("event") != "bounce":
        return KINDS.get(text(told.get("event")))
    error = text(told.get("error"))
    if error in ERRORS:
        return ERRORS[error]
    if told.get("hard_bounce") is not True:
        # It tries again after this one by itself.
        return EventKind.DEFERRED if error == "greylisted" else EventKind.BOUNCED_SOFT
    is_address_s = told.get("error_related_to") in _ADDRESS_S
    return EventKind.BOUNCED_HARD if is_address_s else EventKind.BLOCKED


def _words(told: Mapping[str, Any]) -> str:
    if told.get("event") not in ("bounce", "blocked"):
        return ""
    return redacted_line(text(told.get("comment")) or told.get("error"))
