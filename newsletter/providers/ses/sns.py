"""
Verify messages of Amazon SNS, which deliver the events of SES
(https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html),
and confirm subscriptions to topics. `events` reads what is inside.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from newsletter.errors import FetchError
from newsletter.model.event import UnreadableEvent
from newsletter.providers.account import Account
from newsletter.providers.ses.sns_certificates import (
    VERSIONS,
    Certificates,
    open_fetch,
    require_cryptography,
)
from newsletter.providers.webhooks import as_text, parse_iso_time, read_object

# SNS retries for at most an hour (…/dg/sns-message-delivery-retries.html); clocks may differ.
OLDEST = dt.timedelta(hours=1, minutes=5)
NEWEST = dt.timedelta(minutes=5)

NOTIFICATION = "Notification"
_CONFIRMATION, _UNSUBSCRIPTION = "SubscriptionConfirmation", "UnsubscribeConfirmation"
_SUBSCRIPTION_FIELDS = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
# The signed fields in order; Subject is optional.
SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    _CONFIRMATION: _SUBSCRIPTION_FIELDS,
    _UNSUBSCRIPTION: _SUBSCRIPTION_FIELDS,
}
# Patterns for whole URLs, so that no URL parser can read them differently from this check.
_HOST = r"https://sns\.[a-z0-9-]{3,32}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,128}\.pem")
_SUBSCRIBE = re.compile(
    _HOST + r"/\?(?=[!-~]*\Z)(?:[!-~]*&)?Action=ConfirmSubscription(?:&[!-~]*)?"
)


def open_topics(account: Account) -> Topics | None:
    """
    Return the SNS topics that deliver events, or None if the settings name none.

    Raises:
        SettingsError: there are topics, but the extra that verifies signatures is missing.
    """
    if not account.settings.topics:
        return None
    require_cryptography(f"[provider.{account.name}] topics")
    return Topics(account.settings.topics, fetch=open_fetch(), clock=account.clock)


class Topics:
    """
    The topics in *arns* and no others, because anybody can have Amazon sign their own messages.

    *fetch* returns the content at a URL of Amazon's.
    """

    def __init__(
        self,
        arns: Collection[str],
        *,
        fetch: Callable[[str], bytes],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._arns = frozenset(arns)
        self._fetch = fetch
        self._certificates = Certificates(fetch)
        self._clock = clock

    def has_sent(self, raw: bytes) -> bool:
        """
        Return whether *raw* is a recent message of one of the topics, signed by Amazon.

        Raises:
            FetchError: the certificate cannot be fetched now.
        """
        try:
            message = read_object(raw)
        except UnreadableEvent:
            return False
        return self._is_expected(message) and self._is_signed(message)

    def _is_expected(self, message: Mapping[str, Any]) -> bool:
        at = parse_iso_time(message.get("Timestamp"))
        return (
            as_text(message.get("TopicArn")) in self._arns
            and as_text(message.get("Type")) in SIGNED
            and at is not None
            and -OLDEST <= at - self._clock() <= NEWEST
        )

    def _is_signed(self, message: Mapping[str, Any]) -> bool:
        version, url = (
            as_text(message.get("SignatureVersion")),
            as_text(message.get("SigningCertURL")),
        )
        if version not in VERSIONS or not _CERTIFICATE.fullmatch(url):
            return False
        try:
            signature = base64.b64decode(as_text(message.get("Signature")), validate=True)
        except (binascii.Error, ValueError):
            return False
        return self._certificates.at(url)(signature, signed_bytes(message), version)

    def answer(self, raw: bytes) -> str | None:
        """
        Handle the verified message *raw* if it is about the subscription to a topic, and say what
        was done.

        Return None if it holds an event.

        Raises:
            FetchError: the subscription cannot be confirmed now.
        """
        message = read_object(raw)
        topic = as_text(message.get("TopicArn"))
        if message.get("Type") == _UNSUBSCRIPTION:
            return f"{topic} was unsubscribed: subscribe to it again if that was a mistake"
        if message.get("Type") != _CONFIRMATION:
            return None
        url = as_text(message.get("SubscribeURL"))
        if not _SUBSCRIBE.fullmatch(url):
            raise FetchError(f"{topic} asks for a confirmation outside Amazon: check the topic")
        self._fetch(url)
        return f"{topic} is confirmed: its events arrive from now on"


def signed_bytes(message: Mapping[str, Any]) -> bytes:
    """
    Return the bytes that the signature covers: name and value of each field, each on a line.

    The type of the message must be known.
    """
    pairs = ((name, message.get(name)) for name in SIGNED[message["Type"]])
    return "".join(f"{name}\n{value}\n" for name, value in pairs if isinstance(value, str)).encode()


def message_name(raw: bytes) -> bytes:
    """
    Return a name for the verified message *raw* that stays the same if it is sent again, or through
    another subscription to its topic.
    """
    message = read_object(raw)
    return f"{as_text(message.get('TopicArn'))} {as_text(message.get('MessageId'))}".encode()
