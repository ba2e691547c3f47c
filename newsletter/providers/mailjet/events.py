"""
Read Mailjet's webhooks (https://dev.mailjet.com/email/guides/webhooks/).

A request holds one event, or those of one second together, and is not signed. It is authenticated
by the secret URL, and by user and password if they are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_text, parse_labels, parse_unix_time, read_objects

KINDS: Mapping[str, EventKind] = {
    # Accepted by the receiving server.
    "sent": EventKind.DELIVERED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
}
# The `error` of a mail that Mailjet blocked itself before any attempt (the same page, "Possible
# values for errors"). All others are about the mail, the account, or an earlier bounce.
BLOCKED: Mapping[str, EventKind] = {
    "user unknown": EventKind.BOUNCED_HARD,
    "invalid domain": EventKind.BOUNCED_HARD,
    # The domain is misspelt.
    "typofix": EventKind.BOUNCED_HARD,
    # The reader reported an earlier mail.
    "spam reporter": EventKind.COMPLAINED,
}
# The `error` of a bounce, if it says more than whether the bounce is permanent.
ERRORS: Mapping[str, EventKind] = {
    "quota exceeded": EventKind.BOUNCED_SOFT,
    "connection issue": EventKind.BOUNCED_SOFT,
    "spam reporter": EventKind.COMPLAINED,
    "blacklisted": EventKind.BLOCKED,
    "preblocked": EventKind.BLOCKED,
    "duplicate in campaign": EventKind.BLOCKED,
    "relay/access denied": EventKind.BLOCKED,
    "sender blocked": EventKind.BLOCKED,
    "content blocked": EventKind.BLOCKED,
    "policy issue": EventKind.BLOCKED,
    "bad or empty template": EventKind.BLOCKED,
    "error in template language": EventKind.BLOCKED,
}
# The values of `error_related_to` that mean a problem of the address.
_ADDRESS_RELATED = ("recipient", "domain")


def read_events(raw: bytes) -> list[Event]:
    """
    Return the events in *raw*, without those of a kind that is not used.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    events = map(_event, read_objects(raw))
    return [event for event in events if event is not None]


def _event(payload: Mapping[str, Any]) -> Event | None:
    kind = _kind(payload)
    if kind is None:
        return None
    labels = parse_labels(payload.get("Payload"))
    return Event(
        kind=kind,
        at=parse_unix_time(payload.get("time")),
        label=as_text(labels.get("delivery")),
        batch=as_text(labels.get("batch")),
        email=as_text(payload.get("email")),
        detail=_diagnostic(payload),
    )


def _kind(payload: Mapping[str, Any]) -> EventKind | None:
    name, error = as_text(payload.get("event")), as_text(payload.get("error"))
    if name == "blocked":
        return BLOCKED.get(error, EventKind.BLOCKED)
    if name != "bounce":
        return KINDS.get(name)
    if error == "greylisted" and payload.get("hard_bounce") is not True:
        # Mailjet retries after this one.
        return EventKind.DEFERRED
    return refusal_kind(as_text(payload.get("comment")), ERRORS.get(error) or _verdict(payload))


def _verdict(payload: Mapping[str, Any]) -> EventKind:
    if payload.get("hard_bounce") is not True:
        return EventKind.BOUNCED_SOFT
    is_address_related = payload.get("error_related_to") in _ADDRESS_RELATED
    return EventKind.BOUNCED_HARD if is_address_related else EventKind.BLOCKED


def _diagnostic(payload: Mapping[str, Any]) -> str:
    if payload.get("event") not in ("bounce", "blocked"):
        return ""
    return redacted_line(as_text(payload.get("comment")) or payload.get("error"))
