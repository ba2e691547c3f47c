"""
Messages of Amazon SNS, signed as documented with keys of the tests, and the events of SES inside
them, in the forms of
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from newsletter.errors import FetchError

TOPIC = "arn:aws:sns:eu-west-1:123456789012:news-events"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
SUBSCRIBE = (
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    f"&TopicArn={TOPIC}&Token=2336412f37"
)
LABEL = "i12-d7_0a1b2c3d4e"
AT = "2026-03-04T12:00:01.678Z"
WHEN = dt.datetime(2026, 3, 4, 12, 0, 1, 678000, tzinfo=dt.UTC)
_FIELDS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token")


@functools.cache
def key(name: str) -> rsa.RSAPrivateKey:
    """
    Return *name*'s own key, the same one within a run.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def certificate(name: str = "amazon") -> bytes:
    """
    Return the certificate of that key, as PEM.
    """
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).serial_number(1)
    made = made.not_valid_before(start).not_valid_after(start + dt.timedelta(days=400))
    signed = made.public_key(key(name).public_key()).sign(key(name), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """
    What is fetched from Amazon's addresses: its certificate, and a confirmation. `asked` lists the
    requests; with `is_away` nothing answers.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_away = False

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if self.is_away:
            raise FetchError("sns.eu-west-1.amazonaws.com did not respond in full within 8 s")
        return certificate() if url == CERTIFICATE else b"<ConfirmSubscriptionResponse/>"


def message(kind: str = "Notification", *, at: dt.datetime, **fields: Any) -> dict[str, Any]:
    """
    Return an unsigned message of the topic; a field that is None is left out.
    """
    defaults: dict[str, Any] = {
        "Type": kind,
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Message": event("Delivery"),
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
    }
    if kind == "Notification":
        defaults["UnsubscribeURL"] = "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe"
    else:
        defaults |= {"Token": "2336412f37", "SubscribeURL": SUBSCRIBE}
    return {name: value for name, value in (defaults | fields).items() if value is not None}


def signed(given: dict[str, Any], *, by: str = "amazon") -> bytes:
    """
    Return the bytes of a message, signed by the key of that name.
    """
    names = [name for name in (*_FIELDS, "TopicArn", "Type") if name in given]
    to_sign = "".join(f"{name}\n{given[name]}\n" for name in names).encode()
    digest = hashes.SHA1() if given["SignatureVersion"] == "1" else hashes.SHA256()
    made = key(by).sign(to_sign, padding.PKCS1v15(), digest)
    return orjson.dumps(given | {"Signature": base64.b64encode(made).decode()})


def event(
    kind: str,
    details: dict[str, Any] | None = None,
    *,
    field: str = "",
    tags: dict[str, list[str]] | None = None,
    name: str = "eventType",
    headers: list[dict[str, str]] | None = None,
    to: str = "ada@example.org",
) -> str:
    """
    Return one event of SES as the text inside a message; *details* are put into *field*.
    """
    ours = {"delivery": [LABEL], "batch": ["abc-i12-b1-1"], "ses:configuration-set": ["coast"]}
    defaults = {
        name: kind,
        "mail": {
            "timestamp": "2026-03-04T11:59:59.000Z",
            "messageId": "0102018f-0000",
            "destination": [to],
            "headers": headers or [{"name": "Subject", "value": "The Quiet Harbour"}],
            "tags": ours if tags is None else tags,
        },
        field or kind.lower(): {"timestamp": AT} if details is None else details,
    }
    return orjson.dumps(defaults).decode()
