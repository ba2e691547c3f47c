"""
Read SparkPost's webhooks (https://developers.sparkpost.com/api/webhooks/).

A request holds many events, each in an envelope named after its class, and is not signed. It is
authenticated by the secret URL, and by user and password if they are set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.bounce_types import complaint_kind, permanent_failure_kind
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
# The `bounce_class` (https://www.sparkpost.com/docs/deliverability/bounce-classification-codes/);
# None if it is not a bounce: an automatic reply, or a request to subscribe. A class that is not
# listed here is a soft bounce.
CLASSES: Mapping[str, EventKind | None] = {
    "10": EventKind.BOUNCED_HARD,
    "30": EventKind.BOUNCED_HARD,
    "25": EventKind.BLOCKED,
    "50": EventKind.BLOCKED,
    "51": EventKind.BLOCKED,
    "52": EventKind.BLOCKED,
    "53": EventKind.BLOCKED,
    "54": EventKind.BLOCKED,
    # A reply that asks to unsubscribe.
    "90": EventKind.UNSUBSCRIBED,
    "60": None,
    "80": None,
    "100": None,
}


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
    if name == "spam_complaint":
        return complaint_kind(as_text(payload.get("fbtype")))
    if name not in BOUNCES:
        return KINDS.get(name)
    kind = CLASSES.get(str(payload.get("bounce_class")), EventKind.BOUNCED_SOFT)
    diagnostic = as_text(payload.get("raw_reason"))
    return permanent_failure_kind(diagnostic) if kind is EventKind.BOUNCED_HARD else kind


def _moment(value: object) -> dt.datetime | None:
    """
    Convert seconds, which may come as text; the event search has times in ISO 8601.
    """
    written = as_text(value)
    is_seconds = written.isascii() and written.isdigit() and len(written) < 13
    return parse_unix_time(int(written) if is_seconds else value) or parse_iso_time(written)
