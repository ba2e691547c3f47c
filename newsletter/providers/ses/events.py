"""
Read the events of Amazon SES
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html): one in
each SNS message, as JSON inside its JSON. `sns` verifies the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.message_labels import to_label
from newsletter.providers.refusals import bounce_kind, complaint_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.ses.sns import NOTIFICATION
from newsletter.providers.webhooks import (
    as_address,
    as_object,
    as_text,
    parse_iso_time,
    read_object,
)

# For each event, the field with its details, and its kind unless that depends on the details.
KINDS: Mapping[str, tuple[str, EventKind | None]] = {
    "Send": ("send", EventKind.ACCEPTED),
    "Delivery": ("delivery", EventKind.DELIVERED),
    "DeliveryDelay": ("deliveryDelay", EventKind.DEFERRED),
    "Bounce": ("bounce", None),
    "Complaint": ("complaint", None),
    "Subscription": ("subscription", None),
    # Accepted but never sent: a virus, or a template without a value; not because of the reader.
    "Reject": ("reject", EventKind.BLOCKED),
    "Rendering Failure": ("failure", EventKind.BLOCKED),
    "Open": ("open", EventKind.OPENED),
    "Click": ("click", EventKind.CLICKED),
}
_RECIPIENT_FIELDS = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
# SES sends this once, when a topic becomes its destination. It is not JSON.
_GREETING = "Successfully validated SNS topic"


def read_events(raw: bytes) -> list[Event]:
    """
    Return the event in the SNS message *raw*, or none if it is not about a mail that was sent.

    Raises:
        UnreadableEvent: the message cannot be read.
    """
    message = read_object(raw)
    inside = as_text(message.get("Message"))
    if message.get("Type") != NOTIFICATION or inside.startswith(_GREETING):
        return []
    return _events(_read_inside(inside))


def _read_inside(inside: str) -> Mapping[str, Any]:
    try:
        return as_object(orjson.loads(inside))
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("the message is not JSON") from error


def _events(payload: Mapping[str, Any]) -> list[Event]:
    # Notifications of an identity use the second name.
    name = as_text(payload.get("eventType")) or as_text(payload.get("notificationType"))
    if name not in KINDS:
        return []
    field, known = KINDS[name]
    mail, details = as_object(payload.get("mail")), _object(payload.get(field))
    recipient = _recipient(details)
    kind = known or _meaning(name, details, _reply(recipient))
    if kind is None:
        return []
    tags = _object(mail.get("tags"))
    return [
        Event(
            kind=kind,
            at=parse_iso_time(details.get("timestamp")) or parse_iso_time(mail.get("timestamp")),
            label=_tag(tags, "delivery") or _label_of_headers(mail.get("headers")),
            batch=_tag(tags, "batch"),
            email=_address(mail.get("destination"), recipient),
            detail=redacted_line(_reply(recipient) or _reason(details)),
        )
    ]


def _meaning(name: str, details: Mapping[str, Any], reply: str) -> EventKind | None:
    if name == "Bounce":
        subtype = as_text(details.get("bounceSubType"))
        return bounce_kind(as_text(details.get("bounceType")), subtype, reply)
    if name == "Complaint":
        return complaint_kind(as_text(details.get("complaintFeedbackType")))
    return (
        EventKind.UNSUBSCRIBED
        if _is_unsubscribed(_object(details.get("newTopicPreferences")))
        else None
    )


def _is_unsubscribed(preferences: Mapping[str, Any]) -> bool:
    """
    Return whether the reader unsubscribed from all of Amazon's topics, or from one of them.
    """
    topics = preferences.get("topicSubscriptionStatus")
    entries = topics if isinstance(topics, list) else []
    states = [_object(topic).get("subscriptionStatus") for topic in entries]
    return preferences.get("unsubscribeAll") is True or "OptOut" in states


def _address(destination: object, recipient: Mapping[str, Any]) -> str:
    """
    Return whom the mail went to; a bounce may name the address that it was forwarded to.
    """
    named = as_address(recipient.get("emailAddress"))
    # Each of our mails has one destination; with several, only the recipient says who it is.
    first = as_address(_first(destination))
    is_one = isinstance(destination, list) and len(destination) == 1
    return (first if is_one else "") or named or first


def _recipient(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Return the recipient in the details; each of our mails has exactly one.
    """
    return next(
        (_object(_first(details[field])) for field in _RECIPIENT_FIELDS if field in details), {}
    )


def _reply(recipient: Mapping[str, Any]) -> str:
    """
    Return the reply of the receiving server, else its status code.
    """
    return as_text(recipient.get("diagnosticCode")) or as_text(recipient.get("status"))


def _reason(details: Mapping[str, Any]) -> str:
    """
    Return Amazon's own reason.
    """
    fields = ("bounceSubType", "delayType", "reason", "errorMessage")
    return next((as_text(details[field]) for field in fields if details.get(field)), "")


def _tag(tags: Mapping[str, Any], name: str) -> str:
    return as_text(_first(tags.get(name)))


def _label_of_headers(headers: object) -> str:
    """
    Return our label from the Message-ID, because notifications of an identity have no tags.
    """
    entries = map(_object, headers if isinstance(headers, list) else [])
    found = (header for header in entries if as_text(header.get("name")).lower() == "message-id")
    return to_label(as_text(next(found, {}).get("value")).strip("<> ").rpartition("@")[0])


def _object(value: object) -> Mapping[str, Any]:
    """
    Return *value* if it is an object, else an empty one.
    """
    return value if isinstance(value, dict) else {}


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None
