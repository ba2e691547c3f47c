"""
What Mailgun's webhooks prove and say
(https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks): one event a request.
Pure but for the tokens it remembers; `mailgun` holds the signing key.

The signature covers a time and a token and nothing of the event, so whoever once saw a webhook can
sign any other with it: a token is good for one body.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.bounce_types import refused_for_good
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_object, instant, read_object, text

# It tries for eight hours and five minutes (10, 10, 15, 30 minutes, 1, 2, 4 hours), and no page
# says that a later try is signed anew.
OLDEST = dt.timedelta(hours=9)
NEWEST = dt.timedelta(minutes=5)
# About 10 MB.
MOST_TOKENS = 50_000
_SECONDS = re.compile(r"[0-9]{1,12}")

KINDS: Mapping[str, EventKind] = {
    "accepted": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    # By Mailgun itself, before anybody was asked.
    "rejected": EventKind.BLOCKED,
}
# The `reason` of what failed for good: whom it mails no more because of an earlier mail, and whom
# it gave up trying.
REASONS: Mapping[str, EventKind] = {
    "suppress-bounce": EventKind.BOUNCED_HARD,
    "suppress-complaint": EventKind.COMPLAINED,
    "suppress-unsubscribe": EventKind.UNSUBSCRIBED,
    "old": EventKind.BOUNCED_SOFT,
    "espblock": EventKind.BLOCKED,
}


class Signed(NamedTuple):
    """
    What stands beside the event.
    """

    timestamp: str
    token: str
    signature: str


class Tokens:
    """
    The tokens of late, each with a hash of the body it came with; any number of threads may ask.
    It is this process's memory: after a restart, the time alone limits what is believed.
    """

    def __init__(self, most: int = MOST_TOKENS) -> None:
        self._most = most
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def is_first_or_same(self, token: str, raw: bytes) -> bool:
        """
        Whether *token* is new, or came with these very bytes before: a later try is no forgery.
        """
        body = hashlib.sha256(raw).digest()[:16]
        with self._guard:
            known = self._bodies.setdefault(token, body)
            if len(self._bodies) > self._most:
                self._bodies.popitem(last=False)
        return known == body


def is_signed(raw: bytes, *, key: str, tokens: Tokens, now: dt.datetime) -> bool:
    """
    Whether *key* signed what *raw* brings, lately, and for no other body.
    """
    told = _signed(raw)
    if not key or told is None or not _SECONDS.fullmatch(told.timestamp):
        return False
    age_s = now.timestamp() - int(told.timestamp)
    if not -NEWEST.total_seconds() <= age_s <= OLDEST.total_seconds():
        return False
    said = f"{told.timestamp}{told.token}".encode("utf-8", "surrogatepass")
    made = hmac.new(key.encode(), said, "sha256").hexdigest().encode()
    if not hmac.compare_digest(made, told.signature.encode("utf-8", "surrogatepass")):
        return False
    return tokens.is_first_or_same(told.token, raw)


def _signed(raw: bytes) -> Signed | None:
    try:
        told = as_object(read_object(raw).get("signature"))
    except UnreadableEvent:
        return None
    return Signed(*(text(told.get(name)) for name in Signed._fields))


def read_events(raw: bytes) -> list[Event]:
    """
    The event in *raw*, or none where it is a kind we do not use.

    Raises:
        UnreadableEvent: it is no such body.
    """
    told = as_object(read_object(raw).get("event-data"))
    kind = _failed(told) if told.get("event") == "failed" else KINDS.get(text(told.get("event")))
    if kind is None:
        return []
    ours = told.get("user-variables")
    named: Mapping[str, Any] = ours if isinstance(ours, dict) else {}
    return [
        Event(
            kind=kind,
            at=instant(told.get("timestamp")),
            label=text(named.get("delivery")),
            batch=text(named.get("batch")),
            email=text(told.get("recipient")),
            detail=_words(told),
        )
    ]


def _failed(told: Mapping[str, Any]) -> EventKind:
    if told.get("severity") == "temporary":
        # It tries again by itself, and says so when it gives up.
        return EventKind.DEFERRED
    reason = REASONS.get(text(told.get("reason")))
    if reason is not None:
        return reason
    status = told.get("delivery-status")
    status = status if isinstance(status, dict) else {}
    kind = refused_for_good(f"{text(status.get('enhanced-code'))} {_words(told)}")
    code = status.get("code")
    is_for_now = isinstance(code, int) and 400 <= code < 500
    return EventKind.BOUNCED_SOFT if is_for_now and kind is EventKind.BOUNCED_HARD else kind


def _words(told: Mapping[str, Any]) -> str:
    """
    What the receiving server said, else what Mailgun did; nothing of an event that is no refusal.
    """
    refused = told.get("reject")
    if isinstance(refused, dict):
        return redacted_line(refused.get("reason"))
    status = told.get("delivery-status")
    if told.get("event") != "failed" or not isinstance(status, dict):
        return ""
    return redacted_line(status.get("message") or status.get("description"))
