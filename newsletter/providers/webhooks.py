"""
Check passwords and parse bodies of webhooks, for several providers, and describe those that can be
used as an SMTP relay.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from newsletter.model.event import Event, UnreadableEvent
from newsletter.providers.message_labels import MessageLabels

# Takes the headers, the body and our URL, as `WebhookReceiver.verify` does.
Verify = Callable[[Mapping[str, str], bytes, str], bool]


class NoWebhooks:
    """
    Mixin for a provider without webhooks: it refuses every request.
    """

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Return False, because this provider sends no webhooks.
        """
        return False

    def events(self, raw: bytes) -> list[Event]:
        """
        Return no events.
        """
        return []


@dataclass(frozen=True, kw_only=True)
class Relay:
    """
    What is needed to send through the SMTP server of a provider and to receive its webhooks.

    `label_headers` returns the name and value of each header that carries the labels of a message,
    so that they come back in its events. `verify` and `events` are those of `WebhookReceiver`,
    `answer` and `message_name` those of `TopicSubscriber`.
    """

    label_headers: Callable[[MessageLabels], Iterable[tuple[str, str]]]
    verify: Verify
    events: Callable[[bytes], list[Event]]
    answer: Callable[[bytes], str | None] = lambda raw: None
    message_name: Callable[[bytes], bytes] = lambda raw: b""


def password_check(accepted: Sequence[str]) -> Verify:
    """
    Return the check of a provider that does not sign its webhooks: one of the *accepted* passwords,
    if there are any, because their URL is secret too.
    """
    return lambda headers, raw, url: not accepted or has_password(headers, accepted)


def has_password(headers: Mapping[str, str], accepted: Sequence[str]) -> bool:
    """
    Return whether *headers* carry one of the *accepted* `user:password` by HTTP Basic (RFC 7617).

    The comparison takes constant time.
    """
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    # A setting without a password would accept anybody who knows the user name.
    usable = [secret for secret in accepted if ":" in secret.strip(":")]
    matches = sum(hmac.compare_digest(given, secret.encode()) for secret in usable)
    return scheme.lower() == "basic" and matches > 0


def read_object(raw: bytes) -> Mapping[str, Any]:
    """
    Parse *raw* as a JSON object.

    Raises:
        UnreadableEvent: it is not one.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("not JSON") from error
    return as_object(found)


def read_objects(raw: bytes) -> list[Mapping[str, Any]]:
    """
    Parse *raw* as one JSON object or a list of them.

    Raises:
        UnreadableEvent: it is neither.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("not JSON") from error
    return objects_in(found if isinstance(found, list) else [found])


def objects_in(found: Sequence[object]) -> list[Mapping[str, Any]]:
    """
    Return the JSON objects among *found*, ignoring other values so that no event is lost.

    Raises:
        UnreadableEvent: none of them is an object.
    """
    objects: list[Mapping[str, Any]] = [value for value in found if isinstance(value, dict)]
    return objects or [as_object(value) for value in found]


def parse_labels(value: object) -> Mapping[str, Any]:
    """
    Parse the labels in the JSON text *value*; return an empty mapping if it is not JSON.
    """
    try:
        found = orjson.loads(as_text(value))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def as_object(value: object) -> Mapping[str, Any]:
    """
    Return *value*, which must be a JSON object.

    Raises:
        UnreadableEvent: it is not one.
    """
    if not isinstance(value, dict):
        raise UnreadableEvent(f"expected an object, not {type(value).__name__}")
    return value


def as_text(value: object) -> str:
    """
    Return *value* if it is text, else "".
    """
    return value if isinstance(value, str) else ""


def as_address(value: object) -> str:
    """
    Return the email address in the text *value*, which may have a display name before it.
    """
    text = as_text(value).strip()
    return text[text.rfind("<") + 1 : -1] if text.endswith(">") else text


def parse_iso_time(value: object) -> dt.datetime | None:
    """
    Parse a time in ISO 8601 (RFC 3339) with its offset; return None if *value* is not one.

    Fractions of a second beyond six digits are dropped.
    """
    try:
        at = dt.datetime.fromisoformat(as_text(value))
        # Near year 1 or 9999, converting the offset can leave the range of dates.
        return at.astimezone(dt.UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def parse_unix_time(value: object) -> dt.datetime | None:
    """
    Convert *value*, seconds since 1970, to a time; return None if it is not such a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
