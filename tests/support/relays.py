"""
The SMTP servers of providers, one row each: how each reads our labels out of a message, and the
webhook with which it reports that the address does not exist, signed as it documents.
"""

from __future__ import annotations

import base64
import datetime as dt
import email
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sns_samples import TOPIC, event, message, signed

REPLY = "550 5.1.1 no such user"
LOGIN = "hook:s3cret-of-the-tests"
SIGNING_KEY = "0123456789abcdef0123456789abcdef"
_KEY = ec.generate_private_key(ec.SECP256R1())
Labels = Mapping[str, str]
Webhook = tuple[dict[str, str], bytes]


@dataclass(frozen=True, kw_only=True)
class RelaySample:
    """
    `read` finds the labels in a message and `report` writes a webhook about one with these labels,
    to that address, at that time. `settings` and `secret` belong in `[provider.NAME]`; `headers`
    are the names of the headers on the wire.
    """

    headers: tuple[str, ...]
    read: Callable[[Message], Labels]
    report: Callable[[Labels, str, dt.datetime], Webhook]
    secret: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def labels_of(self, raw: bytes) -> Labels:
        return self.read(email.message_from_bytes(raw))


def in_json(name: str, *inside: str) -> Callable[[Message], Labels]:
    """
    Read the labels from the JSON in one header.
    """

    def read(found: Message) -> Labels:
        (value,) = found.get_all(name, [])
        labels = json.loads(value)
        for part in inside:
            labels = labels[part]
        return dict(labels)

    return read


def _of_postmark(found: Message) -> Labels:
    prefix = "x-pm-metadata-"
    return {
        name.lower().removeprefix(prefix): value
        for name, value in found.items()
        if name.lower().startswith(prefix)
    }


def _of_ses(found: Message) -> Labels:
    assert found["X-SES-CONFIGURATION-SET"] == "coast"
    pairs = (tag.strip().partition("=") for tag in found["X-SES-MESSAGE-TAGS"].split(","))
    return {name: value for name, _, value in pairs}


def _with_password(body: Any) -> Webhook:
    login = base64.b64encode(LOGIN.encode()).decode()
    return {"authorization": f"Basic {login}"}, json.dumps(body).encode()


def _by_mailgun(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    sent_s, token = str(int(at.timestamp())), labels["delivery"]
    signature = hmac.new(SIGNING_KEY.encode(), f"{sent_s}{token}".encode(), hashlib.sha256)
    proof = {"timestamp": sent_s, "token": token, "signature": signature.hexdigest()}
    status = {"code": 550, "enhanced-code": "5.1.1", "message": "no such user"}
    failed = {
        "event": "failed",
        "severity": "permanent",
        "timestamp": at.timestamp(),
        "recipient": to,
        "user-variables": dict(labels),
        "delivery-status": status,
    }
    return {}, json.dumps({"signature": proof, "event-data": failed}).encode()


def _by_sendgrid(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    sent_s = str(int(at.timestamp()))
    bounce = {"event": "bounce", "email": to, "timestamp": int(at.timestamp())}
    raw = json.dumps([bounce | {"status": "5.1.1", "reason": REPLY} | dict(labels)]).encode()
    signature = _KEY.sign(sent_s.encode() + raw, ec.ECDSA(hashes.SHA256()))
    prefix = "x-twilio-email-event-webhook-"
    shown = base64.b64encode(signature).decode()
    return {f"{prefix}signature": shown, f"{prefix}timestamp": sent_s}, raw


def _by_postmark(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    return _with_password(
        {
            "RecordType": "Bounce",
            "Type": "HardBounce",
            "Email": to,
            "BouncedAt": at.isoformat(),
            "Details": REPLY,
            "Metadata": dict(labels),
        }
    )


def _by_ses(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    recipient = {"emailAddress": to, "status": "5.1.1", "diagnosticCode": f"smtp; {REPLY}"}
    details = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [recipient],
        "timestamp": at.isoformat(),
    }
    tags = {name: [value] for name, value in labels.items()}
    return {}, signed(message(at=at, Message=event("Bounce", details, tags=tags, to=to)))


def _by_mailjet(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    return _with_password(
        {
            "event": "bounce",
            "time": int(at.timestamp()),
            "email": to,
            "hard_bounce": True,
            "error_related_to": "recipient",
            "error": "user unknown",
            "comment": REPLY,
            "Payload": json.dumps(dict(labels)),
        }
    )


def _by_brevo(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    return _with_password(
        {
            "event": "hard_bounce",
            "email": to,
            "ts_epoch": int(at.timestamp() * 1000),
            "reason": REPLY,
            "X-Mailin-custom": json.dumps(dict(labels)),
        }
    )


def _by_sparkpost(labels: Labels, to: str, at: dt.datetime) -> Webhook:
    bounce = {
        "type": "bounce",
        "bounce_class": "10",
        "timestamp": str(int(at.timestamp())),
        "rcpt_to": to,
        "rcpt_meta": dict(labels),
        "raw_reason": REPLY,
    }
    return _with_password([{"msys": {"message_event": bounce}}])


def _public_key() -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(
        _KEY.public_key().public_bytes(serialization.Encoding.DER, form)
    ).decode()


RELAYS: Mapping[str, RelaySample] = {
    "mailgun": RelaySample(
        headers=("X-Mailgun-Variables",),
        read=in_json("X-Mailgun-Variables"),
        report=_by_mailgun,
        secret=SIGNING_KEY,
    ),
    "sendgrid": RelaySample(
        headers=("X-SMTPAPI",),
        read=in_json("X-SMTPAPI", "unique_args"),
        report=_by_sendgrid,
        secret=_public_key(),
    ),
    "postmark": RelaySample(
        headers=("X-PM-Metadata-issue", "X-PM-Metadata-batch", "X-PM-Metadata-delivery"),
        read=_of_postmark,
        report=_by_postmark,
        secret=LOGIN,
    ),
    "ses": RelaySample(
        headers=("X-SES-CONFIGURATION-SET", "X-SES-MESSAGE-TAGS"),
        read=_of_ses,
        report=_by_ses,
        settings={"topics": [TOPIC], "configuration_set": "coast"},
    ),
    "mailjet": RelaySample(
        headers=("X-MJ-EventPayload",),
        read=in_json("X-MJ-EventPayload"),
        report=_by_mailjet,
        secret=LOGIN,
    ),
    "brevo": RelaySample(
        headers=("X-Mailin-custom",),
        read=in_json("X-Mailin-custom"),
        report=_by_brevo,
        secret=LOGIN,
    ),
    "sparkpost": RelaySample(
        headers=("X-MSYS-API",),
        read=in_json("X-MSYS-API", "metadata"),
        report=_by_sparkpost,
        secret=LOGIN,
    ),
}
