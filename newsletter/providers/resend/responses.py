"""
Interpret Resend's responses: its error names (https://resend.com/docs/api-reference/errors) as
tables.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    BAD_KEY,
    REJECTED,
    RETRY,
    UNCERTAIN,
    USUAL_MEANINGS,
    Meaning,
    meaning_of_status,
    parse_object,
    redacted_line,
    retry_after_s,
    same_for_all,
)

# These may be the same for all recipients: rejecting them would lose the whole audience.
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content", may_concern_some=True)
_SENDER = Meaning(ReceiptKind.RETRY, "correct the sender's name or address")
# The error name says more than the status and takes precedence, for 4xx only.
BY_NAME: Mapping[str, Meaning] = {
    "rate_limit_exceeded": RETRY,
    "daily_quota_exceeded": Meaning(ReceiptKind.RETRY, "wait until tomorrow, or upgrade the plan"),
    "monthly_quota_exceeded": Meaning(ReceiptKind.RETRY, "upgrade the plan"),
    "missing_api_key": BAD_KEY,
    "invalid_api_key": BAD_KEY,
    "restricted_api_key": BAD_KEY,
    "invalid_from_address": _SENDER,
    "invalid_idempotency_key": Meaning(ReceiptKind.RETRY, "report this as a bug"),
    "security_error": Meaning(ReceiptKind.RETRY, "check the sender's name and the content"),
    # The first call with this key is still being processed: only its response counts.
    "concurrent_idempotent_requests": UNCERTAIN,
    # The key was used with different bytes, and it is unknown who got those.
    "invalid_idempotent_request": UNCERTAIN,
}
BY_STATUS: Mapping[int, Meaning] = {
    **USUAL_MEANINGS,
    400: _CONTENT,
    402: Meaning(ReceiptKind.RETRY, "check the account's billing"),
    409: UNCERTAIN,
    422: _CONTENT,
}
# In the message of a refusal that is about the sender, or about a recipient's address.
_SENDER_ERROR = re.compile(r"`(from|reply_to)`")
_RECIPIENT_ERROR = re.compile(r"`to`")


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* items of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    refused = _refused_by_place(body, count)
    concerns_all = _concerns_all(body, refused, count)
    if 200 <= response.status < 300 and not concerns_all:
        return BatchResult(receipts=_receipts(body, count))
    message = redacted_line(body.get("message")) or next(iter(refused.values()), "")
    reason = _reason(response.status, body, message)
    meaning = _meaning(response, body, message)
    if meaning in (REJECTED, _CONTENT) and refused and not concerns_all:
        return BatchResult(receipts=_split_refused(refused, count, reason))
    return same_for_all(
        meaning,
        count,
        name=name,
        reason=reason,
        retry_after_s=retry_after_s(response.headers, now, "retry-after", "ratelimit-reset"),
    )


def _concerns_all(body: Mapping[str, Any], refused: Mapping[int, str], count: int) -> bool:
    """
    Return whether nobody was accepted and every refusal is about something other than a recipient.
    """
    concerns_recipient = any(map(_RECIPIENT_ERROR.search, refused.values()))
    return len(refused) == count and not body.get("data") and not concerns_recipient


def _meaning(response: HttpResponse, body: Mapping[str, Any], message: str) -> Meaning:
    if response.status < 300:
        return _SENDER if _SENDER_ERROR.search(message) else _CONTENT
    by_status = meaning_of_status(response.status, BY_STATUS)
    if not 400 <= response.status < 500:
        return by_status
    if by_status == _CONTENT and _SENDER_ERROR.search(message):
        by_status = _SENDER
    elif by_status == _CONTENT and _RECIPIENT_ERROR.search(message):
        by_status = REJECTED
    return BY_NAME.get(str(body.get("name")), by_status)


def _receipts(body: Mapping[str, Any], count: int) -> tuple[Receipt, ...]:
    """
    Return the receipts of a 2xx.

    `data` lists the accepted recipients in order, without those that `errors` names by their place
    in the call.
    """
    if "data" not in body and "errors" not in body:
        # Accepted, except for any that were refused: a call with the same key finds out.
        unreadable = Receipt(kind=ReceiptKind.UNCERTAIN, reason="unreadable response")
        return (unreadable,) * count
    refused = _refused_by_place(body, count)
    data = body["data"] if isinstance(body.get("data"), list) else []
    places = [place for place in range(count) if place not in refused]
    if len(data) == count:
        data = [data[place] for place in places]
    if len(data) != len(places):
        unknown = Receipt(
            kind=ReceiptKind.UNCERTAIN,
            reason=f"accepted {len(data)} of {len(places)} without saying which",
        )
        return tuple(_rejected(refused[p]) if p in refused else unknown for p in range(count))
    ids = dict(zip(places, (_id_of(entry) for entry in data), strict=True))
    return tuple(
        _rejected(refused[place])
        if place in refused
        else Receipt(kind=ReceiptKind.ACCEPTED, provider_id=ids[place])
        for place in range(count)
    )


def _split_refused(refused: Mapping[int, str], count: int, reason: str) -> tuple[Receipt, ...]:
    """
    Return the receipts of a call that was refused as a whole because of some recipients.

    These are rejected; the others were not accepted and are sent again.
    """
    others = Receipt(kind=ReceiptKind.RETRY, reason=f"refused because of others: {reason}")
    return tuple(_rejected(refused[p]) if p in refused else others for p in range(count))


def _refused_by_place(body: Mapping[str, Any], count: int) -> dict[int, str]:
    """
    Return the message of each recipient that `errors` names, by place in the call.
    """
    errors = body.get("errors")
    entries = (
        [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    )
    return {
        entry["index"]: redacted_line(entry.get("message"))
        for entry in entries
        if type(entry.get("index")) is int and 0 <= entry["index"] < count
    }


def _rejected(message: str) -> Receipt:
    return Receipt(kind=ReceiptKind.REJECTED, reason=message or "rejected without a reason")


def _id_of(entry: object) -> str | None:
    value = entry.get("id") if isinstance(entry, dict) else None
    return value if isinstance(value, str) and value else None


def _reason(status: int, body: Mapping[str, Any], message: str) -> str:
    parts = [redacted_line(body.get("name")), message]
    return ": ".join([f"HTTP {status}", *(part for part in parts if part)])
