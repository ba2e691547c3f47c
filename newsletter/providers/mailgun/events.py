"""
Verify and read Mailgun's webhooks
(https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks), one event each.

The signature covers a time and a token but not the event, so anybody who has seen one webhook could
reuse its signature for another. A token is therefore accepted for one body only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from newsletter.model.event import BY_READERS, Event, EventKind, UnreadableEvent
from newsletter.providers.refusals import refusal_kind
from newsletter.providers.responses import redacted_line
from newsletter.providers.webhooks import as_object, as_text, parse_unix_time, read_object

# Mailgun retries for eight hours and five minutes (10, 10, 15, 30 minutes, 1, 2, 4 hours), and it
# is not documented that a retry is signed again.
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
    # Rejected by Mailgun itself, before any attempt.
    "rejected": EventKind.BLOCKED,
}
# What Mailgun makes of a permanent failure, by its `reason`: the address is suppressed because of
# an earlier mail, or Mailgun gave up.
REASONS: Mapping[str, EventKind] = {
    "suppress-bounce": EventKind.BOUNCED_HARD,
    "suppress-complaint": EventKind.COMPLAINED,
    "suppress-unsubscribe": EventKind.UNSUBSCRIBED,
    "old": EventKind.BOUNCED_SOFT,
    "espblock": EventKind.BLOCKED,
}


# The `code` of the first of these reasons.
_SUPPRESSED = 605


class Signature(NamedTuple):
    """
    The signature in a webhook, with the time and the token that it covers.
    """

    timestamp: str
    token: str
    signature: str


class SeenTokens:
    """
    The latest tokens, each with a hash of its body. Any number of threads may use it.

    They are kept in this process's memory: after a restart, only the time limits what is accepted.
    """

    def __init__(self, most: int = MOST_TOKENS) -> None:
        self._most = most
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def is_first_or_same(self, token: str, raw: bytes) -> bool:
        """
        Record *token*; return whether it is new or came with the same bytes before, as in a retry.
        """
        body = hashlib.sha256(raw).digest()[:16]
        with self._guard:
            known = self._bodies.setdefault(token, body)
            if len(self._bodies) > self._most:
                self._bodies.popitem(last=False)
        return known == body


def is_signed(raw: bytes, *, keys: Sequence[str], tokens: SeenTokens, now: dt.datetime) -> bool:
    """
    Return whether *raw* has a recent signature by one of *keys*, and no other body its token.
    """
    signature = _read_signature(raw)
    if signature is None or not _SECONDS.fullmatch(signature.timestamp):
        return False
    age_s = now.timestamp() - int(signature.timestamp)
    if not -NEWEST.total_seconds() <= age_s <= OLDEST.total_seconds():
        return False
    signed = f"{signature.timestamp}{signature.token}".encode("utf-8", "surrogatepass")
    given = signature.signature.encode("utf-8", "surrogatepass")
    expected = [hmac.new(k.encode(), signed, "sha256").hexdigest().encode() for k in keys if k]
    # All are compared, so that the time does not reveal which one matched.
    if sum(hmac.compare_digest(digest, given) for digest in expected) == 0:
        return False
    return tokens.is_first_or_same(signature.token, raw)


def _read_signature(raw: bytes) -> Signature | None:
    try:
        fields = as_object(read_object(raw).get("signature"))
    except UnreadableEvent:
        return None
    return Signature(*(as_text(fields.get(name)) for name in Signature._fields))


def read_events(raw: bytes) -> list[Event]:
    """
    Return the event in *raw*, or none if it is of a kind that is not used.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    event = as_object(read_object(raw).get("event-data"))
    kind = (
        _failure_kind(event)
        if event.get("event") == "failed"
        else KINDS.get(as_text(event.get("event")))
    )
    if kind is None or (kind in BY_READERS and _is_of_a_bot(event)):
        return []
    variables = event.get("user-variables")
    labels: Mapping[str, Any] = variables if isinstance(variables, dict) else {}
    return [
        Event(
            kind=kind,
            at=parse_unix_time(event.get("timestamp")),
            label=as_text(labels.get("delivery")),
            batch=as_text(labels.get("batch")),
            email=as_text(event.get("recipient")),
            detail=_diagnostic(event),
        )
    ]


def _failure_kind(event: Mapping[str, Any]) -> EventKind:
    if event.get("severity") == "temporary":
        # Mailgun retries, and reports it when it gives up.
        return EventKind.DEFERRED
    found = event.get("delivery-status")
    status: Mapping[str, Any] = found if isinstance(found, dict) else {}
    message = as_text(status.get("message")) or as_text(status.get("description"))
    codes = (status.get("code"), status.get("enhanced-code"))
    reply = " ".join([*(str(code) for code in codes if code), message])
    verdict = REASONS.get(as_text(event.get("reason")))
    return refusal_kind(reply, verdict or _verdict(status, message))


def _verdict(status: Mapping[str, Any], message: str) -> EventKind | None:
    bounce_type = as_text(status.get("bounce-type"))
    if bounce_type == "soft":
        return EventKind.BOUNCED_SOFT
    # Mailgun calls policy refusals hard too, so that its word counts only without a reply.
    is_unexplained = bounce_type == "hard" and not message
    is_suppressed = status.get("code") == _SUPPRESSED
    return EventKind.BOUNCED_HARD if is_unexplained or is_suppressed else None


def _is_of_a_bot(event: Mapping[str, Any]) -> bool:
    """
    Return whether Mailgun says that a machine opened the mail or followed a link: `client-info.bot`
    names it, such as "apple", and is empty for a person.
    """
    client = event.get("client-info")
    return isinstance(client, dict) and bool(client.get("bot"))


def _diagnostic(event: Mapping[str, Any]) -> str:
    """
    Return the reply of the receiving server, else Mailgun's reason; "" if it is not a refusal.
    """
    reject = event.get("reject")
    if isinstance(reject, dict):
        return redacted_line(reject.get("reason"))
    status = event.get("delivery-status")
    if event.get("event") != "failed" or not isinstance(status, dict):
        return ""
    return redacted_line(status.get("message") or status.get("description"))
