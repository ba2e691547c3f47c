"""
Read SparkPost's webhooks (https://developers.sparkpost.com/api/webhooks/).

A request holds many events, each in an envelope named after its class, and is not signed. It is
authenticated by the secret URL, and by user and password if they are set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.model.event import BY_READERS, Event, EventKind
from newsletter.providers.refusals import complaint_kind, refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import (
    as_text,
    objects_in,
    parse_iso_time,
    parse_unix_time,
    read_objects,
)

KINDS: Mapping[str, EventKind] = {
    "injection": EventKind.ACCEPTED,
    "delivery": EventKind.DELIVERED,
    "delay": EventKind.DEFERRED,
    "list_unsubscribe": EventKind.UNSUBSCRIBED,
    "link_unsubscribe": EventKind.UNSUBSCRIBED,
    # Rejected by SparkPost itself, before any attempt.
    "policy_rejection": EventKind.BLOCKED,
    "generation_failure": EventKind.BLOCKED,
    "generation_rejection": EventKind.BLOCKED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
BOUNCES = ("bounce", "out_of_band")
# What SparkPost makes of a refusal, by its `bounce_class`
# (https://www.sparkpost.com/docs/deliverability/bounce-classification-codes/). A class that is not
# listed here does not say.
CLASSES: Mapping[str, EventKind] = {
    "10": EventKind.BOUNCED_HARD,
    "30": EventKind.BOUNCED_HARD,
    "20": EventKind.BOUNCED_SOFT,
    "21": EventKind.BOUNCED_SOFT,
    "22": EventKind.BOUNCED_SOFT,
    "24": EventKind.BOUNCED_SOFT,
    "40": EventKind.BOUNCED_SOFT,
    "70": EventKind.BOUNCED_SOFT,
    "23": EventKind.BLOCKED,
    "25": EventKind.BLOCKED,
    "50": EventKind.BLOCKED,
    "51": EventKind.BLOCKED,
    "52": EventKind.BLOCKED,
    "53": EventKind.BLOCKED,
    "54": EventKind.BLOCKED,
    # A reply that asks to unsubscribe.
    "90": EventKind.UNSUBSCRIBED,
}
# No bounces: an automatic reply, a request to subscribe, and a question to the sender.
IGNORED_CLASSES = ("60", "80", "100")


def read_events(raw: bytes) -> list[Event]:
    """
    Return the events in *raw*, without those of a kind that is not used.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    events = map(_event, _unwrapped(raw))
    return [event for event in events if event is not None]


def _unwrapped(raw: bytes) -> list[Mapping[str, Any]]:
    """
    Return each event without its envelope, which is empty if SparkPost only tests the URL.
    """
    inside = objects_in([envelope.get("msys") for envelope in read_objects(raw)])
    return objects_in(
        [payload for envelope_content in inside for payload in envelope_content.values()]
    )


def _event(payload: Mapping[str, Any]) -> Event | None:
    kind = _kind(payload)
    if kind is None:
        return None
    metadata = payload.get("rcpt_meta")
    labels: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
    return Event(
        kind=kind,
        at=_moment(payload.get("timestamp")),
        label=as_text(labels.get("delivery")),
        batch=as_text(labels.get("batch")),
        email=as_text(payload.get("raw_rcpt_to")) or as_text(payload.get("rcpt_to")),
        detail=redacted_line(payload.get("raw_reason")),
    )


def _kind(payload: Mapping[str, Any]) -> EventKind | None:
    name = as_text(payload.get("type"))
    kind = KINDS.get(name)
    if kind in BY_READERS and payload.get("is_prefetched") in (True, "true"):
        # A mail program's proxy loaded the image, which does not show that anybody read the mail.
        return None
    if name == "spam_complaint":
        return complaint_kind(as_text(payload.get("fbtype")))
    if name not in BOUNCES:
        return kind
    number = str(payload.get("bounce_class"))
    if number in IGNORED_CLASSES:
        return None
    return refusal_kind(as_text(payload.get("raw_reason")), CLASSES.get(number))


def _moment(value: object) -> dt.datetime | None:
    """
    Convert seconds, which may come as text; the event search has times in ISO 8601.
    """
    written = as_text(value)
    is_seconds = written.isascii() and written.isdigit() and len(written) < 13
    return parse_unix_time(int(written) if is_seconds else value) or parse_iso_time(written)
