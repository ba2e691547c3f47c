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
Spoken = tuple[bytes, Mapping[str, str]]
# Of how many messages a webhook of those speaks that tell of many at once.
MANY = 200


def _by_sendgrid(took: Sequence[Arrived], now: datetime) -> Spoken:
    told = [
        {
            "event": "processed",
            "email": one.to,
            "timestamp": int(now.timestamp()),
            **{f"nl_{name}": value for name, value in one.labels.items()},
        }
        for one in took
    ]
    raw, told_s = json.dumps(told).encode(), str(int(now.timestamp()))
    signature = sendgrid_key().sign(told_s.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return raw, {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": told_s,
    }


def _by_sparkpost(took: Sequence[Arrived], now: datetime) -> Spoken:
    told = [
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
        for one in took
    ]
    password = base64.b64encode(PASSWORD.encode()).decode()
    return json.dumps(told).encode(), {"Authorization": f"Basic {password}"}


def _by_ses(took: Sequence[Arrived], now: datetime) -> Spoken:
    (one,) = took
    tags: dict[str, Any] = {name: [value] for name, value in one.labels.items()}
    inside = event("Send", {}, tags=tags)
    number = one.labels["delivery"]
    return signed(message(at=now, Message=inside, MessageId=number)), {}


SPEAKERS: Mapping[str, tuple[int, Callable[[Sequence[Arrived], datetime], Spoken]]] = {
    "sendgrid": (MANY, _by_sendgrid),
    "sparkpost": (MANY, _by_sparkpost),
    "ses": (1, _by_ses),
}


def spoken(kind: str, took: Sequence[Arrived], now: datetime) -> Iterator[Spoken]:
    """
    The webhooks of a provider of *kind* about the messages it *took*.
    """
    at_once, speak = SPEAKERS[kind]
    for start in range(0, len(took), at_once):
        yield speak(took[start : start + at_once], now)
