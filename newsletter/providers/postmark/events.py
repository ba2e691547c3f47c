"""
Read Postmark's webhooks (https://postmarkapp.com/developer/webhooks/webhooks-overview).

A request holds one event and is not signed. The secret address proves where it comes from, and the
user and password if they are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_text, parse_iso_time, read_object

# The field of the moment, for each form.
KINDS: Mapping[str, tuple[EventKind, str]] = {
    "Delivery": (EventKind.DELIVERED, "DeliveredAt"),
    "SpamComplaint": (EventKind.COMPLAINED, "BouncedAt"),
    "Open": (EventKind.OPENED, "ReceivedAt"),
    "Click": (EventKind.CLICKED, "ReceivedAt"),
}
# The `Type` of a bounce (https://postmarkapp.com/developer/api/bounce-api, "Bounce types"); None
# for what is none: an auto-reply, or a mail of theirs to us. A type not listed here is soft.
BOUNCES: Mapping[str, EventKind | None] = {
    "HardBounce": EventKind.BOUNCED_HARD,
    "BadEmailAddress": EventKind.BOUNCED_HARD,
    "SpamComplaint": EventKind.COMPLAINED,
    # Somebody pressed "spam" here counts as SpamComplaint; this one is a filter's word.
    "SpamNotification": EventKind.BLOCKED,
    "Blocked": EventKind.BLOCKED,
    "DMARCPolicy": EventKind.BLOCKED,
    "VirusNotification": EventKind.BLOCKED,
    "ChallengeVerification": EventKind.BLOCKED,
    "SMTPApiError": EventKind.BLOCKED,
    "TemplateRenderingFailed": EventKind.BLOCKED,
    # Switched off in their account by a person; the reader did nothing.
    "ManuallyDeactivated": EventKind.BLOCKED,
    "Unconfirmed": EventKind.BLOCKED,
    # "Will be retried" in their words.
    "Transient": EventKind.DEFERRED,
    "DnsError": EventKind.BOUNCED_SOFT,
    "SoftBounce": EventKind.BOUNCED_SOFT,
    # A mail came back that asks to be taken off.
    "Unsubscribe": EventKind.UNSUBSCRIBED,
    "Subscribe": None,
    "AutoResponder": None,
    "AddressChange": None,
    "OpenRelayTest": None,
    "InboundError": None,
}
SUPPRESSIONS: Mapping[str, EventKind] = {
    "HardBounce": EventKind.BOUNCED_HARD,
    "SpamComplaint": EventKind.COMPLAINED,
    "ManualSuppression": EventKind.UNSUBSCRIBED,
}


def read_events(raw: bytes) -> list[Event]:
    """
    Return the event in *raw*, or none if it is of a kind that is not used.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    body = read_object(raw)
    kind, time_field = _meaning(body)
    if kind is None:
        return []
    metadata = body.get("Metadata")
    labels: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
    return [
        Event(
            kind=kind,
            at=parse_iso_time(body.get(time_field)),
            label=as_text(labels.get("delivery")),
            batch=as_text(labels.get("batch")),
            email=as_text(body.get("Recipient")) or as_text(body.get("Email")),
            # Of its list of bounces, which gives nothing of ours back.
            message="" if "Metadata" in body else as_text(body.get("MessageID")),
            detail=_detail(body),
        )
    ]


def _meaning(body: Mapping[str, Any]) -> tuple[EventKind | None, str]:
    """
    Return the kind of the event, None if it is not used, and the field that holds its time.
    """
    record = as_text(body.get("RecordType"))
    if record == "Bounce":
        kind = BOUNCES.get(as_text(body.get("Type")), EventKind.BOUNCED_SOFT)
        return kind, "BouncedAt"
    if record == "SubscriptionChange":
        # Sending is allowed again: whether somebody may be mailed is said here, not there.
        reason = (
            as_text(body.get("SuppressionReason")) if body.get("SuppressSending") is True else ""
        )
        return SUPPRESSIONS.get(reason), "ChangedAt"
    return KINDS.get(record, (None, ""))


def _detail(body: Mapping[str, Any]) -> str:
    if body.get("RecordType") != "Bounce":
        return ""
    return redacted_line(as_text(body.get("Details")) or body.get("Description"))
