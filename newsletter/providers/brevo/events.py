"""
What Brevo's webhooks say (https://developers.brevo.com/docs/transactional-webhooks): one event a
request, or many together, and no signature. The secret address proves where they come from, and a
user and password in front of it where they are set. Pure; `brevo` holds the secret.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.bounce_types import refused_for_good
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import instant, labels_in, moment, read_objects, text

KINDS: Mapping[str, EventKind] = {
    "request": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "hard_bounce": EventKind.BOUNCED_HARD,
    "invalid_email": EventKind.BOUNCED_HARD,
    "soft_bounce": EventKind.BOUNCED_SOFT,
    # By Brevo itself, often because of an earlier mail.
    "blocked": EventKind.BLOCKED,
    "error": EventKind.BLOCKED,
    "spam": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "unique_opened": EventKind.OPENED,
    "click": EventKind.CLICKED,
}


def read_events(raw: bytes) -> list[Event]:
    """
    The events in *raw*, without those of a kind we do not use.

    Raises:
        UnreadableEvent: it is no such body.
    """
    return [
        Event(
            kind=kind,
            # Its list of events has the other one, with its offset.
            at=_moment(told.get("ts_epoch")) or moment(told.get("date")),
            label=text(ours.get("delivery")),
            batch=text(ours.get("batch")),
            email=text(told.get("email")),
            # Of its list of events, which gives nothing of ours back.
            message="" if "X-Mailin-custom" in told else text(told.get("messageId")),
            detail=redacted_line(told.get("reason")),
        )
        for told in read_objects(raw)
        for ours in [labels_in(told.get("X-Mailin-custom"))]
        if (kind := _kind(told)) is not None
    ]


def _kind(told: Mapping[str, Any]) -> EventKind | None:
    kind = KINDS.get(text(told.get("event")))
    return refused_for_good(text(told.get("reason"))) if kind is EventKind.BOUNCED_HARD else kind


def _moment(value: object) -> dt.datetime | None:
    """
    From milliseconds: of its times the only one that is in UTC (the notes of django-anymail).
    """
    return instant(value / 1000) if isinstance(value, int | float) else None
