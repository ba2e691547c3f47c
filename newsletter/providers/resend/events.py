"""
Verify and read Resend's webhooks (https://resend.com/docs/webhooks/introduction, and `webhooks` in
its OpenAPI file): a request has one event and a signature in the format of Svix.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.model.event import Event, EventKind
from newsletter.providers.refusals import bounce_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import (
    as_address,
    as_object,
    as_text,
    parse_iso_time,
    read_object,
)

# Older or newer requests are refused, as Svix's own libraries do
# (https://docs.svix.com/receiving/verifying-payloads/how-manual).
WINDOW = dt.timedelta(minutes=5)
_SECONDS = re.compile(r"[0-9]{1,12}")

KINDS: Mapping[str, EventKind] = {
    "email.sent": EventKind.ACCEPTED,
    "email.scheduled": EventKind.ACCEPTED,
    "email.delivery_delayed": EventKind.DEFERRED,
    "email.delivered": EventKind.DELIVERED,
    "email.complained": EventKind.COMPLAINED,
    "email.opened": EventKind.OPENED,
    "email.clicked": EventKind.CLICKED,
    # Accepted but never sent because of a quota, a domain or a key, not because of the reader.
    "email.failed": EventKind.BLOCKED,
}
# Why Resend suppressed the address; any other reason means that a person added it, not the reader.
SUPPRESSED = {
    "previous_bounce": EventKind.BOUNCED_HARD,
    "previous_complaint": EventKind.COMPLAINED,
}


def is_signed(
    headers: Mapping[str, str], raw: bytes, *, secrets: Sequence[str], now: dt.datetime
) -> bool:
    """
    Return whether one of the signatures over ID, time and *raw* was made with one of *secrets*
    (`whsec_…`), and the time is within the window around *now*.
    """
    message_id, timestamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    if not message_id or not _SECONDS.fullmatch(timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return False
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + raw
    expected = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in _keys(secrets)]
    given = _signatures(headers.get("svix-signature", ""))
    # All are compared, so that the time does not reveal which one matched.
    return (
        sum(
            hmac.compare_digest(signature, candidate)
            for signature in expected
            for candidate in given
        )
        > 0
    )


def _signatures(header: str) -> list[bytes]:
    """
    Return the signatures of version 1; while a secret is being changed, there are several.
    """
    pairs = (pair.partition(",") for pair in header.split())
    return [
        value.encode("utf-8", "surrogatepass") for version, _, value in pairs if version == "v1"
    ]


def _keys(secrets: Sequence[str]) -> list[bytes]:
    """
    Decode each secret; skip those that are empty or not base64.
    """
    found = []
    for secret in secrets:
        try:
            found.append(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except (binascii.Error, ValueError):
            continue
    return [key for key in found if key]


def read_events(raw: bytes) -> list[Event]:
    """
    Return the event in *raw*, or none if it is not about a mail that was sent.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    body = read_object(raw)
    name = as_text(body.get("type"))
    data = as_object(body.get("data"))
    kind, detail = _meaning(name, data)
    if kind is None:
        return []
    to = data.get("to")
    return [
        Event(
            kind=kind,
            at=parse_iso_time(body.get("created_at")),
            label=_label(data.get("tags")),
            email=as_address(to[0]) if isinstance(to, list) and to else "",
            detail=detail,
        )
    ]


def _meaning(name: str, data: Mapping[str, Any]) -> tuple[EventKind | None, str]:
    if name == "email.bounced":
        bounce = as_object(data.get("bounce"))
        kind = bounce_kind(
            as_text(bounce.get("type")), as_text(bounce.get("subType")), _reply(bounce)
        )
        return kind, _diagnostic(bounce)
    if name == "email.suppressed":
        suppressed = as_object(data.get("suppressed"))
        return SUPPRESSED.get(as_text(suppressed.get("reason")), EventKind.BLOCKED), _diagnostic(
            suppressed
        )
    if name == "email.failed":
        failed = data.get("failed")
        return KINDS[name], redacted_line(failed.get("reason")) if isinstance(failed, dict) else ""
    return KINDS.get(name), ""


def _diagnostic(details: Mapping[str, Any]) -> str:
    """
    Return the reply of the receiving server, else Resend's own summary.
    """
    return redacted_line(_reply(details) or details.get("message"))


def _reply(details: Mapping[str, Any]) -> str:
    codes = details.get("diagnosticCode")
    return as_text(codes[0]) if isinstance(codes, list) and codes else ""


def _label(tags: object) -> str:
    """
    Return our delivery label from the tags.

    By the schema they are an object; older payloads have a list of names and values, as is sent.
    """
    if isinstance(tags, dict):
        return as_text(tags.get("delivery"))
    pairs = tags if isinstance(tags, list) else []
    found = (p.get("value") for p in pairs if isinstance(p, dict) and p.get("name") == "delivery")
    return as_text(next(found, ""))
