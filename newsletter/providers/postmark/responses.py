"""
Interpret Postmark's responses: its error codes (https://postmarkapp.com/developer/api/overview,
"API error codes") and its search, as tables.

Its error codes are not HTTP statuses, though some look similar. A refused call has one in its body,
and a call that was accepted (HTTP 200) has one for each message: only 0 means that the message was
accepted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import orjson

from newsletter.model.delivery import BatchResult, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    BAD_KEY,
    REJECTED,
    RETRY,
    TOO_LARGE,
    UNCERTAIN,
    UNKNOWN_ERROR,
    USUAL_MEANINGS,
    Meaning,
    RecipientResult,
    meaning_of_status,
    redacted_line,
    result_of_each,
    retry_after_s,
    same_for_all,
)

INACTIVE = 406
INVALID = 300
NO_CODE = -1
_ACCOUNT = Meaning(ReceiptKind.RETRY, "ask Postmark to approve the account")
# The sender is the same for all recipients: rejecting them would lose the whole audience.
_SENDER = Meaning(
    ReceiptKind.RETRY, "check the sender's name, and confirm its address or domain at Postmark"
)
_CONTENT = Meaning(
    ReceiptKind.RETRY, "check the sender's name and the content", may_concern_some=True
)
# What an error means if everybody got it. The search finds out whom a message with an unknown code
# went to.
_IF_ALL: Mapping[Meaning, Meaning] = {
    REJECTED: _CONTENT,
    UNCERTAIN: Meaning(ReceiptKind.UNCERTAIN, _CONTENT.advice),
}
BY_CODE: Mapping[int, Meaning] = {
    10: BAD_KEY,
    100: RETRY,
    INVALID: REJECTED,
    400: _SENDER,
    401: _SENDER,
    402: REJECTED,
    403: REJECTED,
    405: Meaning(ReceiptKind.RETRY, "upgrade the plan"),
    INACTIVE: REJECTED,
    410: TOO_LARGE,
    412: _ACCOUNT,
    413: _ACCOUNT,
}
# A 300 with this text is about the recipient; any other may be about the sender or the content.
_RECIPIENT_ERROR = re.compile(r"(invalid|error parsing|illegal) '?to\b", re.IGNORECASE)
# A 300 with this text is about the sender, which is the same for all.
_SENDER_ERROR = re.compile(r"'(from|reply-?to)'|\b(from|reply-?to) address\b", re.IGNORECASE)


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* messages of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = _read_body(response.body)
    if 200 <= response.status < 300:
        return _receipts(body, count, name=name)
    error = _error_in(body)
    reason = ": ".join([f"HTTP {response.status}", *([_describe(error)] if error[0] > 0 else [])])
    meaning = _meaning(response.status, error)
    return same_for_all(
        _CONTENT if meaning == REJECTED and _may_concern_all(error) else meaning,
        count,
        name=name,
        reason=reason,
        retry_after_s=retry_after_s(response.headers, now, "retry-after"),
    )


def _meaning(status: int, error: tuple[int, str]) -> Meaning:
    if status == 422:
        return _meaning_of_error(error) or UNKNOWN_ERROR
    return meaning_of_status(status, USUAL_MEANINGS)


def _meaning_of_error(error: tuple[int, str]) -> Meaning | None:
    """
    Return what a code and its message mean, or None if the code is unknown.
    """
    code, message = error
    return _SENDER if code == INVALID and _SENDER_ERROR.search(message) else BY_CODE.get(code)


def _receipts(body: object, count: int, *, name: str) -> BatchResult:
    """
    Return the receipts of a 200, which lists the result of each message, in order.

    An unreadable list may contain refusals: the search finds out who was accepted.
    """
    entries = body if isinstance(body, list) else []
    errors = [_error_in(entry) for entry in entries]
    if len(errors) != count or any(code == NO_CODE for code, _ in errors):
        return same_for_all(
            UNCERTAIN, count, name=name, reason="unreadable response", retry_after_s=None
        )
    return result_of_each(list(map(_result, entries, errors)), name=name)


def _result(entry: object, error: tuple[int, str]) -> RecipientResult:
    if error[0] == 0:
        return RecipientResult(provider_id=_text(entry, "MessageID"))
    meaning = _meaning_of_error(error) or UNCERTAIN
    return RecipientResult(
        meaning=meaning,
        if_all=_IF_ALL.get(meaning, meaning) if _may_concern_all(error) else None,
        reason=_describe(error),
        suppress=error[0] == INACTIVE,
    )


def _may_concern_all(error: tuple[int, str]) -> bool:
    """
    Return whether an error beside a message may be about the call or the account.
    """
    code, message = error
    return code != INACTIVE and not (code == INVALID and _RECIPIENT_ERROR.match(message))


def _describe(error: tuple[int, str]) -> str:
    code, message = error
    return f"{code} {message}".strip()


def read_found(response: HttpResponse, key: str, *, most: int) -> Mapping[str, str | None] | None:
    """
    Return the ID of each message that a search for the batch *key* found, by delivery label.

    Return None if the response is not a complete page of these messages: an ignored filter finds
    other messages, which proves nothing.
    """
    body = _read_body(response.body)
    if response.status != 200 or not isinstance(body, dict):
        return None
    total, messages = body.get("TotalCount"), body.get("Messages")
    if type(total) is not int or not isinstance(messages, list):
        return None
    if total != len(messages) or total > most:
        return None
    labels = [entry.get("Metadata") if isinstance(entry, dict) else None for entry in messages]
    if not all(isinstance(label, dict) and label.get("batch") == key for label in labels):
        return None
    return {
        str(label["delivery"]): _text(entry, "MessageID")
        for label, entry in zip(labels, messages, strict=True)
        if isinstance(label, dict) and "delivery" in label
    }


def _error_in(entry: object) -> tuple[int, str]:
    """
    Return the code and message beside one message, or in the body of a refusal.
    """
    code = entry.get("ErrorCode") if isinstance(entry, dict) else None
    message = entry.get("Message") if isinstance(entry, dict) else ""
    return (code if type(code) is int else NO_CODE), redacted_line(message)


def _text(entry: object, field: str) -> str | None:
    value: Any = entry.get(field) if isinstance(entry, dict) else None
    return value if isinstance(value, str) and value else None


def _read_body(raw: bytes) -> object:
    try:
        body: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return body
