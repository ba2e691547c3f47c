"""
What Resend's answers mean: its words (https://resend.com/docs/api-reference/errors) to ours, as
tables. Pure; `resend` makes the call.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    ADDRESS,
    KEY,
    REJECTED,
    TOO_LARGE,
    UNCERTAIN,
    UNKNOWN,
    WAIT,
    Meaning,
    object_in,
    redacted_line,
    retry_after_s,
    same_for_all,
)

# These may be the same for everybody: rejecting would cost the whole audience.
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content", is_of_some=True)
# Names say more than the status and come first, for 4xx only.
BY_NAME: Mapping[str, Meaning] = {
    "rate_limit_exceeded": WAIT,
    "daily_quota_exceeded": Meaning(ReceiptKind.RETRY, "wait for tomorrow, or take a larger plan"),
    "monthly_quota_exceeded": Meaning(ReceiptKind.RETRY, "take a larger plan"),
    "missing_api_key": KEY,
    "invalid_api_key": KEY,
    "restricted_api_key": KEY,
    # The sender is the same for everybody: rejecting would cost the whole audience.
    "invalid_from_address": Meaning(ReceiptKind.RETRY, "correct the sender's name or address"),
    "invalid_idempotency_key": Meaning(ReceiptKind.RETRY, "report this: the key was not taken"),
    "security_error": Meaning(ReceiptKind.RETRY, "check the sender's name and the content"),
    # The first call with this key is still being worked on: only that one's answer counts.
    "concurrent_idempotent_requests": UNCERTAIN,
    # The key was used with other bytes: who got those is unknown.
    "invalid_idempotent_request": UNCERTAIN,
}
BY_STATUS: Mapping[int, Meaning] = {
    400: _CONTENT,
    401: KEY,
    402: Meaning(ReceiptKind.RETRY, "settle the account"),
    403: KEY,
    404: ADDRESS,
    405: ADDRESS,
    408: UNCERTAIN,
    409: UNCERTAIN,
    413: TOO_LARGE,
    422: _CONTENT,
    429: WAIT,
}
# A refusal with such words is about some reader's address.
_READER_S = re.compile(r"`to`")


def read_response(answer: HttpResponse, count: int, *, name: str, now: dt.datetime) -> BatchResult:
    """
    One receipt for each of the *count* items of the call, in order. *name* is the provider's
    name in the settings, for texts.
    """
    body = object_in(answer.body)
    blamed = _blamed(body, count)
    is_everybody_s = _is_everybody_s(body, blamed, count)
    if 200 <= answer.status < 300 and not is_everybody_s:
        return BatchResult(receipts=_receipts(body, count))
    reason = _reason(answer.status, body, next(iter(blamed.values()), ""))
    meaning = _meaning(answer, body)
    if meaning in (REJECTED, _CONTENT) and blamed and not is_everybody_s:
        return BatchResult(receipts=_without_the_blamed(blamed, count, reason))
    return same_for_all(
        meaning,
        count,
        name=name,
        reason=reason,
        retry_after_s=retry_after_s(answer.headers, now, "retry-after", "ratelimit-reset"),
    )


def _is_everybody_s(body: Mapping[str, Any], blamed: Mapping[int, str], count: int) -> bool:
    """
    Whether nobody was taken, and all were refused for something that is no reader's own.
    """
    is_reader_s = any(map(_READER_S.search, blamed.values()))
    return len(blamed) == count and not body.get("data") and not is_reader_s


def _meaning(answer: HttpResponse, body: Mapping[str, Any]) -> Meaning:
    if answer.status >= 500:
        # May have happened before or after the mails were taken: no page of theirs says that
        # even a 503 with Retry-After took nothing. The same key finds out.
        return UNCERTAIN
    if answer.status < 300:
        return _CONTENT
    if answer.status < 400:
        return ADDRESS
    by_status = BY_STATUS.get(answer.status, UNKNOWN)
    if by_status == _CONTENT and _READER_S.search(redacted_line(body.get("message"))):
        by_status = REJECTED
    return BY_NAME.get(str(body.get("name")), by_status)


def _receipts(body: Mapping[str, Any], count: int) -> tuple[Receipt, ...]:
    """
    The receipts of a 2xx. `data` lists who was accepted, in order and without those whom
    `errors` names by their place in the call.
    """
    if "data" not in body and "errors" not in body:
        # Taken, but for those whom it may have refused: under the same key it answers again.
        unread = Receipt(kind=ReceiptKind.UNCERTAIN, reason="an answer that cannot be read")
        return (unread,) * count
    blamed = _blamed(body, count)
    data = body["data"] if isinstance(body.get("data"), list) else []
    places = [place for place in range(count) if place not in blamed]
    if len(data) == count:
        data = [data[place] for place in places]
    if len(data) != len(places):
        rest = Receipt(
            kind=ReceiptKind.UNCERTAIN,
            reason=f"{len(data)} of {len(places)} were accepted, and the answer does not say who",
        )
        return tuple(_refused(blamed[p]) if p in blamed else rest for p in range(count))
    ids = dict(zip(places, (_id_of(entry) for entry in data), strict=True))
    return tuple(
        _refused(blamed[place])
        if place in blamed
        else Receipt(kind=ReceiptKind.ACCEPTED, provider_id=ids[place])
        for place in range(count)
    )


def _without_the_blamed(blamed: Mapping[int, str], count: int, reason: str) -> tuple[Receipt, ...]:
    """
    A call refused as a whole because of some: they are rejected, the others were not taken.
    """
    others = Receipt(kind=ReceiptKind.RETRY, reason=f"refused together with others: {reason}")
    return tuple(_refused(blamed[p]) if p in blamed else others for p in range(count))


def _blamed(body: Mapping[str, Any], count: int) -> dict[int, str]:
    """
    Whom `errors` names, by place, with the message.
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


def _refused(message: str) -> Receipt:
    return Receipt(kind=ReceiptKind.REJECTED, reason=message or "refused without a reason")


def _id_of(entry: object) -> str | None:
    value = entry.get("id") if isinstance(entry, dict) else None
    return value if isinstance(value, str) and value else None


def _reason(status: int, body: Mapping[str, Any], of_one: str) -> str:
    told = [redacted_line(body.get("name")), redacted_line(body.get("message")) or of_one]
    return ": ".join([f"HTTP {status}", *(text for text in told if text)])
