"""
What the webhooks of several providers have in common: a password, a body of JSON, a moment.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from newsletter.model.event import Event, UnreadableEvent


class NoWebhooks:
    """
    For a provider that says nothing after a hand-over: whatever claims to come from it does not.
    """

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Never.
        """
        return False

    def events(self, raw: bytes) -> list[Event]:
        """
        None.
        """
        return []


def knows_password(headers: Mapping[str, str], user_and_password: str) -> bool:
    """
    Whether *headers* carry `user:password` by HTTP Basic (RFC 7617), compared in constant time.
    """
    scheme, _, told = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(told.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    # "user" without a password would let in whoever knows the name.
    is_set = ":" in user_and_password.strip(":")
    is_same = hmac.compare_digest(given, user_and_password.encode())
    return scheme.lower() == "basic" and is_set and is_same


def read_object(raw: bytes) -> Mapping[str, Any]:
    """
    The JSON object in *raw*.

    Raises:
        UnreadableEvent: it is something else.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("no JSON") from error
    return as_object(found)


def read_objects(raw: bytes) -> list[Mapping[str, Any]]:
    """
    The JSON objects in *raw*: one alone, or a list of them.

    Raises:
        UnreadableEvent: it is something else.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise UnreadableEvent("no JSON") from error
    return objects_in(found if isinstance(found, list) else [found])


def objects_in(found: Sequence[object]) -> list[Mapping[str, Any]]:
    """
    The JSON objects among *found*: what is none must not cost the others.

    Raises:
        UnreadableEvent: none of them is one.
    """
    objects: list[Mapping[str, Any]] = [one for one in found if isinstance(one, dict)]
    return objects or [as_object(one) for one in found]


def labels_in(value: object) -> Mapping[str, Any]:
    """
    Our labels in the JSON text that came back as *value*, none where it is no such text.
    """
    try:
        found = orjson.loads(text(value))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def as_object(value: object) -> Mapping[str, Any]:
    """
    *value*, which must be a JSON object.

    Raises:
        UnreadableEvent: it is something else.
    """
    if not isinstance(value, dict):
        raise UnreadableEvent(f"an object was to stand here, not {type(value).__name__}")
    return value


def text(value: object) -> str:
    """
    *value* if it is text, else nothing.
    """
    return value if isinstance(value, str) else ""


def moment(value: object) -> dt.datetime | None:
    """
    The moment in ISO 8601 (RFC 3339) with its offset, None where *value* is none. More digits of a
    second than six are cut.
    """
    try:
        at = dt.datetime.fromisoformat(text(value))
        # Near the first and the last year an offset leads out of the calendar.
        return at.astimezone(dt.UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def instant(value: object) -> dt.datetime | None:
    """
    The moment that *value* seconds after 1970 are, None where it is no such number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
