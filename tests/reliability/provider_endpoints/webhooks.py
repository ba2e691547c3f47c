"""
What the providers that know neither key nor search report later of each message they took, as
signed webhooks in their own forms.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fake_provider import Arrived
from sns_samples import event, message, signed

from reliability.provider_endpoints.settings import PASSWORD, sendgrid_key

# The bytes of a webhook, and its headers.
Webhook = tuple[bytes, Mapping[str, str]]
# How many messages one webhook is about, of providers that report many at once.
PER_WEBHOOK = 200


def _from_sendgrid(messages: Sequence[Arrived], now: datetime) -> Webhook:
    events = [
        {
            "event": "processed",
            "email": one.to,
            "timestamp": int(now.timestamp()),
            **{f"nl_{name}": value for name, value in one.labels.items()},
        }
        for one in messages
    ]
    raw, seconds = json.dumps(events).encode(), str(int(now.timestamp()))
    signature = sendgrid_key().sign(seconds.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return raw, {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": seconds,
    }


def _from_sparkpost(messages: Sequence[Arrived], now: datetime) -> Webhook:
    events = [
        {
            "msys": {
                "message_event": {
                    "type": "injection",
                    "timestamp": str(int(now.timestamp())),
                    "raw_rcpt_to": one.to,
                    "rcpt_meta": one.labels,
                }
            }
        }
        for one in messages
    ]
    password = base64.b64encode(PASSWORD.encode()).decode()
    return json.dumps(events).encode(), {"Authorization": f"Basic {password}"}


def _from_ses(messages: Sequence[Arrived], now: datetime) -> Webhook:
    (one,) = messages
    tags: dict[str, Any] = {name: [value] for name, value in one.labels.items()}
    inside = event("Send", {}, tags=tags, to=one.to)
    number = one.labels["delivery"]
    return signed(message(at=now, Message=inside, MessageId=number)), {}


REPORTERS: Mapping[str, tuple[int, Callable[[Sequence[Arrived], datetime], Webhook]]] = {
    "sendgrid": (PER_WEBHOOK, _from_sendgrid),
    "sparkpost": (PER_WEBHOOK, _from_sparkpost),
    "ses": (1, _from_ses),
}


def webhooks_about(kind: str, messages: Sequence[Arrived], now: datetime) -> Iterator[Webhook]:
    """
    Give the webhooks with which a provider of *kind* reports the *messages* it took.
    """
    at_once, report = REPORTERS[kind]
    for start in range(0, len(messages), at_once):
        yield report(messages[start : start + at_once], now)
