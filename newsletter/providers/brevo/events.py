"""
Read Brevo's webhooks (https://developers.brevo.com/docs/transactional-webhooks).

A request holds one event or several and is not signed. It is authenticated by the secret URL, and
by user and password if they are set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import (
    as_text,
    parse_iso_time,
    parse_labels,
    parse_unix_time,
    read_objects,
)

KINDS: Mapping[str, EventKind] = {
    "request": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    # Blocked by Brevo itself, often because of an earlier mail.
    "blocked": EventKind.BLOCKED,
    "error": EventKind.BLOCKED,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    # Not in the list of webhooks; the event list calls an unsubscription so.
    "unsubscribed": EventKind.UNSUBSCRIBED,
    # `proxy_open` and `unique_proxy_open`, or `loadedByProxy` in the event list, are left out: a
    # mail program's proxy loaded the image, which does not show that anybody read the mail.
    "opened": EventKind.OPENED,
    "unique_opened": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
# What Brevo makes of a refusal; None if it says only that the refusal is permanent.
BOUNCES: Mapping[str, EventKind | None] = {
    "hard_bounce": None,
    "invalid_email": EventKind.BOUNCED_HARD,
    "soft_bounce": EventKind.BOUNCED_SOFT,
}


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
    labels = parse_labels(payload.get("X-Mailin-custom"))
    return Event(
        kind=kind,
        # Entries of the event list have `date`, with an offset.
        at=_moment(payload.get("ts_epoch")) or parse_iso_time(payload.get("date")),
        label=as_text(labels.get("delivery")),
        batch=as_text(labels.get("batch")),
        email=as_text(payload.get("email")),
        # Entries of the event list carry no labels of ours.
        message="" if "X-Mailin-custom" in payload else as_text(payload.get("messageId")),
        detail=redacted_line(payload.get("reason")),
    )


def _kind(payload: Mapping[str, Any]) -> EventKind | None:
    name = as_text(payload.get("event"))
    if name in BOUNCES:
        return refusal_kind(as_text(payload.get("reason")), BOUNCES[name])
    return KINDS.get(name)


def _moment(value: object) -> dt.datetime | None:
    """
    Convert milliseconds since 1970, the only one of Brevo's times that is in UTC (the notes of
    django-anymail).
    """
    return parse_unix_time(value / 1000) if isinstance(value, int | float) else None
