"""
What Resend's answers mean: its words (https://resend.com/docs/api-reference/errors) to ours, as
tables. Pure; `resend` makes the call.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.pacing import parse_retry_after
from newsletter.providers.lanes import Answer


@dataclass(frozen=True)
class Meaning:
    """
    What an error means for everybody in the call; with *advice* it is the account's, and the
    issue pauses until a person has done that. `is_of_some`: it may be meant for some of them
    only, and nothing was taken, so that halves of the call may fare better.
    """

    kind: ReceiptKind
    advice: str | None = None
    is_of_some: bool = False


_REJECTED = Meaning(ReceiptKind.REJECTED, is_of_some=True)
_WAIT = Meaning(ReceiptKind.WAIT)
_UNCERTAIN = Meaning(ReceiptKind.UNCERTAIN)
_KEY = Meaning(ReceiptKind.WAIT, "check api_key, and that the sender's domain is verified")
_ADDRESS = Meaning(ReceiptKind.WAIT, "check base_url")
_UNKNOWN = Meaning(ReceiptKind.WAIT, "see its status page and its logs")

# Names say more than the status and come first, for 4xx only.
BY_NAME: Mapping[str, Meaning] = {
    "rate_limit_exceeded": _WAIT,
    "daily_quota_exceeded": Meaning(ReceiptKind.WAIT, "wait for tomorrow, or take a larger plan"),
    "monthly_quota_exceeded": Meaning(ReceiptKind.WAIT, "take a larger plan"),
    "missing_api_key": _KEY,
    "invalid_api_key": _KEY,
    "restricted_api_key": _KEY,
    # The sender is the same for everybody: rejecting would cost the whole audience.
    "invalid_from_address": Meaning(ReceiptKind.WAIT, "correct the sender's name or address"),
    "invalid_idempotency_key": Meaning(ReceiptKind.WAIT, "report this: the key was not taken"),
    "security_error": Meaning(ReceiptKind.WAIT, "check the sender's name and the content"),
    # The first call with this key is still being worked on: only that one's answer counts.
    "concurrent_idempotent_requests": _UNCERTAIN,
    # The key was used with other bytes: who got those is unknown.
    "invalid_idempotent_request": _UNCERTAIN,
}
BY_STATUS: Mapping[int, Meaning] = {
    400: _REJECTED,
    401: _KEY,
    402: Meaning(ReceiptKind.WAIT, "settle the account"),
    403: _KEY,
    404: _ADDRESS,
    405: _ADDRESS,
    408: _UNCERTAIN,
    409: _UNCERTAIN,
    413: Meaning(
        ReceiptKind.WAIT, "the mail is too large: cancel and shorten the issue", is_of_some=True
    ),
    422: _REJECTED,
    429: _WAIT,
}
_AN_ADDRESS = re.compile(r"[^\s<>()\"'`,;:]+@[^\s<>()\"'`,;:]+")
_LONGEST_REASON = 200


def read_answer(answer: Answer, count: int, *, name: str, now: dt.datetime) -> BatchResult:
    """
    One receipt for each of the *count* items of the call, in order. *name* is the provider's
    name in the settings, for texts.
    """
    body = _read_body(answer.body)
    if 200 <= answer.status < 300:
        return BatchResult(receipts=_receipts(body, count))
    reason = _reason(answer.status, body)
    blamed = _blamed(body, count)
    meaning = _meaning(answer, body)
    if meaning.kind is ReceiptKind.REJECTED and blamed:
        return BatchResult(receipts=_without_the_blamed(blamed, count, reason))
    if meaning.is_of_some and count > 1:
        others = Receipt(kind=ReceiptKind.WAIT, reason=f"{name}: {reason}", retry_after_s=0.0)
        return BatchResult(receipts=(others,) * count, halve=True)
    receipt = Receipt(
        kind=meaning.kind,
        reason=f"{name}: {reason}",
        retry_after_s=_retry_after_s(answer.headers, now)
        if meaning.kind is ReceiptKind.WAIT
        else None,
    )
    pause = (
        f"{name}: {meaning.advice}, then resume the issue ({reason})" if meaning.advice else None
    )
    return BatchResult(receipts=(receipt,) * count, pause=pause)


def _meaning(answer: Answer, body: Mapping[str, Any]) -> Meaning:
    if answer.status >= 500:
        # May have happened before or after the mails were taken: no page of theirs says that
        # even a 503 with Retry-After took nothing. The same key finds out.
        return _UNCERTAIN
    if answer.status < 400:
        return _ADDRESS
    by_status = BY_STATUS.get(answer.status, _UNKNOWN)
    return BY_NAME.get(str(body.get("name")), by_status)


def _receipts(body: Mapping[str, Any], count: int) -> tuple[Receipt, ...]:
    """
    The receipts of a 2xx. `data` lists who was accepted, in order and without those whom
    `errors` names by their place in the call.
    """
    if "data" not in body and "errors" not in body:
        # Taken, though we cannot read by what ids: asking again might send again.
        return (Receipt(kind=ReceiptKind.ACCEPTED),) * count
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
    others = Receipt(kind=ReceiptKind.WAIT, reason=f"refused together with others: {reason}")
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
        entry["index"]: _shown(entry.get("message"))
        for entry in entries
        if type(entry.get("index")) is int and 0 <= entry["index"] < count
    }


def _refused(message: str) -> Receipt:
    return Receipt(kind=ReceiptKind.REJECTED, reason=message or "refused without a reason")


def _id_of(entry: object) -> str | None:
    value = entry.get("id") if isinstance(entry, dict) else None
    return value if isinstance(value, str) and value else None


def _retry_after_s(headers: Mapping[str, str], now: dt.datetime) -> float | None:
    for header in ("retry-after", "ratelimit-reset"):
        if header in headers:
            # "At once" is no advice: the back-off knows better.
            return parse_retry_after(headers[header], now) or None
    return None


def _read_body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(status: int, body: Mapping[str, Any]) -> str:
    told = [_shown(body.get(field)) for field in ("name", "message")]
    return ": ".join([f"HTTP {status}", *(text for text in told if text)])


def _shown(text: object) -> str:
    """
    The provider's words on one line, short, and without addresses: reasons outlive an erasure.
    """
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return _AN_ADDRESS.sub("(an address)", line)[:_LONGEST_REASON]
