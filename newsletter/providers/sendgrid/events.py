"""
Verify and read SendGrid's webhooks
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event): a request has many
events and is signed with ECDSA over P-256
(.../getting-started-event-webhook-security-features). Needs the extra `sendgrid`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from newsletter.errors import SettingsError
from newsletter.model.event import BY_READERS, Event, EventKind, UnreadableEvent
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.refusals import refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_text, objects_in, parse_unix_time
from newsletter.settings.provider import WEBHOOK_SECRETS

# SendGrid retries for a day, and it is not documented that a retry is signed again. The signature
# covers every byte, and repeated bytes are recognised by their hash, so a replay has no effect.
OLDEST = dt.timedelta(hours=25)
NEWEST = dt.timedelta(minutes=10)
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_SECONDS = re.compile(r"[0-9]{1,12}")
# Returns whether the first argument is the signature (DER) of the second.
SignatureCheck = Callable[[bytes, bytes], bool]

KINDS: Mapping[str, EventKind] = {
    "processed": EventKind.ACCEPTED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}
# The `reason` of a mail that SendGrid dropped. All others are about the mail or the account.
DROPPED: Mapping[str, EventKind] = {
    "Bounced Address": EventKind.BOUNCED_HARD,
    # Not an email address.
    "Invalid": EventKind.BOUNCED_HARD,
    "Spam Reporting Address": EventKind.COMPLAINED,
    "Unsubscribed Address": EventKind.UNSUBSCRIBED,
}
# What SendGrid makes of a bounce, by its `bounce_classification`; the others do not say enough.
CLASSES: Mapping[str, EventKind] = {
    "Invalid Address": EventKind.BOUNCED_HARD,
    "Content": EventKind.BLOCKED,
    "Reputation": EventKind.BLOCKED,
    "Frequency or Volume Too High": EventKind.BLOCKED,
}


def open_key(name: str, public_key: str, *, key: str) -> SignatureCheck:
    """
    Return a check for signatures by *public_key*, base64 of DER as SendGrid's console shows it.
    *key* is the key of `[provider.NAME]` that refers to it.

    Raises:
        SettingsError: the key is not valid, or the extra is missing.
    """
    where = f"[provider.{name}] {key}"
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise SettingsError(
            f"{where} needs an extra: pip install 'newsletter[sendgrid]'"
        ) from error
    try:
        loaded = serialization.load_der_public_key(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{where} is not a verification key: copy it again") from error
    if not isinstance(loaded, ec.EllipticCurvePublicKey) or loaded.curve.name != "secp256r1":
        raise SettingsError(f"{where} is not a P-256 key: copy SendGrid's verification key")

    def is_of_key(signature: bytes, signed: bytes) -> bool:
        try:
            loaded.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    return is_of_key


def open_keys(name: str, public_keys: Sequence[str]) -> list[SignatureCheck]:
    """
    Return a check for each of the *public_keys* that `[provider.NAME]` refers to.

    Raises:
        SettingsError: a key is not valid, or the extra is missing.
    """
    pairs = zip(WEBHOOK_SECRETS, public_keys, strict=False)
    return [open_key(name, public_key, key=key) for key, public_key in pairs]


def is_signed(
    headers: Mapping[str, str], raw: bytes, *, checks: Sequence[SignatureCheck], now: dt.datetime
) -> bool:
    """
    Return whether one of *checks* accepts the signature over the time and *raw*, and the time is
    within a day.
    """
    timestamp = headers.get(_TIMESTAMP, "")
    if not _SECONDS.fullmatch(timestamp):
        return False
    age_s = now.timestamp() - int(timestamp)
    if not -NEWEST.total_seconds() <= age_s <= OLDEST.total_seconds():
        return False
    try:
        signature = base64.b64decode(headers.get(_SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(check(signature, timestamp.encode() + raw) for check in checks)


def custom_args(labels: MessageLabels) -> dict[str, str]:
    """
    Return the names under which *labels* come back as top-level fields of events, so with a prefix.
    """
    return {f"nl_{name}": value for name, value in labels._asdict().items()}


def read_events(raw: bytes) -> list[Event]:
    """
    Return the events in *raw*, without those of a kind that is not used.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("not JSON") from error
    if not isinstance(found, list):
        raise UnreadableEvent(f"expected a list, not {type(found).__name__}")
    read = map(_event, objects_in(found))
    return [event for event in read if event is not None]


def _event(payload: Mapping[str, Any]) -> Event | None:
    kind = _kind(payload)
    if kind is None:
        return None
    is_refusal = payload.get("event") in ("bounce", "dropped", "deferred")
    return Event(
        kind=kind,
        at=parse_unix_time(payload.get("timestamp")),
        label=as_text(payload.get("nl_delivery")),
        batch=as_text(payload.get("nl_batch")),
        email=as_text(payload.get("email")),
        detail=redacted_line(payload.get("reason") or payload.get("response"))
        if is_refusal
        else "",
    )


def _kind(payload: Mapping[str, Any]) -> EventKind | None:
    name = as_text(payload.get("event"))
    if name == "bounce":
        return _bounced(payload)
    if name == "dropped":
        return DROPPED.get(as_text(payload.get("reason")), EventKind.BLOCKED)
    if KINDS.get(name) in BY_READERS and payload.get("sg_machine_open") is True:
        # A mail program's proxy loaded the image, which does not show that anybody read the mail.
        return None
    return KINDS.get(name)


def _bounced(payload: Mapping[str, Any]) -> EventKind:
    if payload.get("type") == "blocked":
        return EventKind.BLOCKED
    reply = f"{as_text(payload.get('status'))} {as_text(payload.get('reason'))}"
    return refusal_kind(reply, CLASSES.get(as_text(payload.get("bounce_classification"))))
