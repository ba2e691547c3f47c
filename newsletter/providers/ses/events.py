"""
What the events of Amazon SES say
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html): one a
message of SNS, as JSON inside its JSON. Pure; `sns` proves the message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.bounce_types import bounce_kind, complaint_kind
from newsletter.providers.labels import label
from newsletter.providers.responses import redacted_line
from newsletter.providers.ses.sns import NOTIFICATION
from newsletter.providers.webhooks import as_object, moment, read_object, text

# The object that holds the details of each event; its kind where that needs no look inside.
KINDS: Mapping[str, tuple[str, EventKind | None]] = {
    "Send": ("send", EventKind.ACCEPTED),
    "Delivery": ("delivery", EventKind.DELIVERED),
    "DeliveryDelay": ("deliveryDelay", EventKind.DEFERRED),
    "Bounce": ("bounce", None),
    "Complaint": ("complaint", None),
    "Subscription": ("subscription", None),
    # A virus, or a template that lacked a value: taken, and never sent. No reader is to blame.
    "Reject": ("reject", EventKind.BLOCKED),
    "Rendering Failure": ("failure", EventKind.BLOCKED),
    "Open": ("open", EventKind.OPENED),
    "Click": ("click", EventKind.CLICKED),
}
_PEOPLE = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
# What SES says once, when a topic becomes its destination. It is no JSON.
_GREETING = "Successfully validated SNS topic"


def read_events(raw: bytes) -> list[Event]:
    """
    The event in the message *raw* of SNS, or none where it speaks of no mail sent.

    Raises:
        UnreadableEvent: it is no such message.
    """
    message = read_object(raw)
    inside = text(message.get("Message"))
    if message.get("Type") != NOTIFICATION or inside.startswith(_GREETING):
        return []
    return _events(_read_inside(inside))


def _read_inside(inside: str) -> Mapping[str, Any]:
    try:
        return as_object(orjson.loads(inside))
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("no JSON in the message") from error


def _events(told: Mapping[str, Any]) -> list[Event]:
    # The second name is that of the notifications of an identity.
    name = text(told.get("eventType")) or text(told.get("notificationType"))
    if name not in KINDS:
        return []
    field, known = KINDS[name]
    mail, details = as_object(told.get("mail")), _object(told.get(field))
    person = _person(details)
    words = redacted_line(_words(details, person))
    kind = known or _meaning(name, details, words)
    if kind is None:
        return []
    tags = _object(mail.get("tags"))
    return [
        Event(
            kind=kind,
            at=moment(details.get("timestamp")) or moment(mail.get("timestamp")),
            label=_tag(tags, "delivery") or _label_of_headers(mail.get("headers")),
            batch=_tag(tags, "batch"),
            email=text(person.get("emailAddress")) or text(_first(mail.get("destination"))),
            detail=words,
        )
    ]


def _meaning(name: str, details: Mapping[str, Any], words: str) -> EventKind | None:
    if name == "Bounce":
        subtype = text(details.get("bounceSubType"))
        return bounce_kind(text(details.get("bounceType")), subtype, words)
    if name == "Complaint":
        return complaint_kind(text(details.get("complaintFeedbackType")))
    return (
        EventKind.UNSUBSCRIBED if _has_left(_object(details.get("newTopicPreferences"))) else None
    )


def _has_left(preferences: Mapping[str, Any]) -> bool:
    """
    Whether somebody wants no more of all of Amazon's topics, or of one of them.
    """
    topics = preferences.get("topicSubscriptionStatus")
    each = topics if isinstance(topics, list) else []
    states = [_object(one).get("subscriptionStatus") for one in each]
    return preferences.get("unsubscribeAll") is True or "OptOut" in states


def _person(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Whom the details name; each of our mails has one reader.
    """
    return next((_object(_first(details[field])) for field in _PEOPLE if field in details), {})


def _words(details: Mapping[str, Any], person: Mapping[str, Any]) -> str:
    """
    What the receiving server said of a refusal, else what Amazon did.
    """
    said = person.get("diagnosticCode") or person.get("status")
    own = details.get("bounceSubType") or details.get("delayType")
    return text(said or own or details.get("reason") or details.get("errorMessage"))


def _tag(tags: Mapping[str, Any], name: str) -> str:
    return text(_first(tags.get(name)))


def _label_of_headers(headers: object) -> str:
    """
    Our label out of the Message-ID as we wrote it, for the notifications of an identity, which
    have no tags.
    """
    told = map(_object, headers if isinstance(headers, list) else [])
    found = (h for h in told if text(h.get("name")).lower() == "message-id")
    return label(text(next(found, {}).get("value")).strip("<> ").rpartition("@")[0])


def _object(value: object) -> Mapping[str, Any]:
    """
    *value* if it is an object, else an empty one.
    """
    return value if isinstance(value, dict) else {}


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None
