"""
Read Postmark's webhooks (https://postmarkapp.com/developer/webhooks/webhooks-overview).

A request holds one event and is not signed. It is authenticated by the secret URL, and by user and
password if they are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_text, parse_iso_time, read_object

# The kind of each record type, and the field that holds its time.
KINDS: Mapping[str, tuple[EventKind, str]] = {
    "Delivery": (EventKind.DELIVERED, "DeliveredAt"),
    "SpamComplaint": (EventKind.COMPLAINED, "BouncedAt"),
    "Open": (EventKind.OPENED, "ReceivedAt"),
    "Click": (EventKind.CLICKED, "ReceivedAt"),
}
# What Postmark makes of a bounce, by its `Type`
# (https://postmarkapp.com/developer/api/bounce-api, "Bounce types"); None if it is not a bounce,
# such as an auto-reply. A type that is not listed here is a soft bounce.
BOUNCES: Mapping[str, EventKind | None] = {
    "HardBounce": EventKind.BOUNCED_HARD,
    "BadEmailAddress": EventKind.BOUNCED_HARD,
    "SpamComplaint": EventKind.COMPLAINED,
    # A spam filter's report; a reader's own complaint is SpamComplaint.
    "SpamNotification": EventKind.BLOCKED,
    "Blocked": EventKind.BLOCKED,
    "DMARCPolicy": EventKind.BLOCKED,
    "VirusNotification": EventKind.BLOCKED,
    "ChallengeVerification": EventKind.BLOCKED,
    "SMTPApiError": EventKind.BLOCKED,
    "TemplateRenderingFailed": EventKind.BLOCKED,
    # Deactivated by a person in the Postmark account, not by the reader.
    "ManuallyDeactivated": EventKind.BLOCKED,
    "Unconfirmed": EventKind.BLOCKED,
    # "Will be retried", in Postmark's words.
    "Transient": EventKind.DEFERRED,
    "DnsError": EventKind.BOUNCED_SOFT,
    "SoftBounce": EventKind.BOUNCED_SOFT,
    # A reply that asks to unsubscribe.
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
            # Entries of the bounce list carry no labels of ours.
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
        verdict = BOUNCES.get(as_text(body.get("Type")), EventKind.BOUNCED_SOFT)
        kind = verdict and refusal_kind(as_text(body.get("Details")), verdict)
        return kind, "BouncedAt"
    if record == "SubscriptionChange":
        # Ignored if sending is allowed again, because our own database decides that.
        reason = (
            as_text(body.get("SuppressionReason")) if body.get("SuppressSending") is True else ""
        )
        return SUPPRESSIONS.get(reason), "ChangedAt"
    return KINDS.get(record, (None, ""))


def _detail(body: Mapping[str, Any]) -> str:
    if body.get("RecordType") != "Bounce":
        return ""
    return redacted_line(as_text(body.get("Details")) or body.get("Description"))
