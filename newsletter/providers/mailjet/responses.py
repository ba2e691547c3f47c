"""
Interpret Mailjet's responses (https://dev.mailjet.com/email/guides/send-api-v31/, "Send in Bulk"):
its errors as tables, and its search.

If one message of a call fails, the response is an HTTP error although the others were accepted.
With any status, `Messages` has the result of each message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from newsletter.model.delivery import BatchResult, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    REJECTED,
    RETRY,
    UNCERTAIN,
    USUAL_MEANINGS,
    Meaning,
    RecipientResult,
    meaning_of_status,
    parse_object,
    redacted_line,
    result_of_each,
    retry_after_s,
    same_for_all,
)

_KEY = Meaning(
    ReceiptKind.RETRY, "check api_key and api_secret, and that the sender's domain is validated"
)
_SENDER = Meaning(ReceiptKind.RETRY, "validate the sender's address or domain at Mailjet")
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender's name and the content")
BY_STATUS: Mapping[int, Meaning] = {**USUAL_MEANINGS, 401: _KEY, 403: _KEY}
_NEVER_READ = frozenset({404, 405, 413})
# The `StatusCode` of a message's own error.
BY_MESSAGE_STATUS: Mapping[int, Meaning] = {401: _SENDER, 403: _SENDER, 408: UNCERTAIN, 429: RETRY}


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* messages of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    entries = body.get("Messages")
    if isinstance(entries, list) and len(entries) == count:
        return result_of_each(list(map(_result, entries)), name=name)
    message = redacted_line(body.get("ErrorMessage"))
    return same_for_all(
        _meaning(response.status, is_refusal="Messages" not in body and bool(message)),
        count,
        name=name,
        reason=": ".join(filter(None, [f"HTTP {response.status}", message])),
        retry_after_s=retry_after_s(response.headers, now, "retry-after"),
    )


def _meaning(status: int, *, is_refusal: bool) -> Meaning:
    """
    Return what the response means for a whole call.

    A call whose response neither lists the result of each message nor says that it was refused may
    have been accepted in part: the search finds out. Some statuses are not those of a call that was
    read.
    """
    is_unclear = status >= 400 and not (is_refusal or status in _NEVER_READ)
    return UNCERTAIN if status < 300 or is_unclear else meaning_of_status(status, BY_STATUS)


def _result(entry: object) -> RecipientResult:
    errors = _errors_in(entry)
    if errors is None:
        return RecipientResult(provider_id=_message_id(entry))
    meaning = _message_meaning(errors)
    may_concern_all = meaning == REJECTED and not _concerns_recipient(errors)
    return RecipientResult(
        meaning=meaning, if_all=_CONTENT if may_concern_all else None, reason=_describe(errors)
    )


def _message_meaning(errors: Sequence[Mapping[str, Any]]) -> Meaning:
    """
    Return what the *errors* of one message mean.
    """
    if not errors:
        return UNCERTAIN
    status = errors[0].get("StatusCode")
    if isinstance(status, int) and status >= 500:
        return UNCERTAIN
    if any(field.startswith("From") for field in _fields(errors)):
        return _SENDER
    # An unknown error may have happened after the message was accepted.
    return BY_MESSAGE_STATUS.get(status, REJECTED) if isinstance(status, int) else UNCERTAIN


def _errors_in(entry: object) -> list[Mapping[str, Any]] | None:
    """
    Return the errors of one message: None if it was accepted, an empty list if that is unclear.
    """
    if not isinstance(entry, dict):
        return []
    if str(entry.get("Status")).lower() == "success":
        return None
    errors = entry.get("Errors")
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def _fields(errors: Sequence[Mapping[str, Any]]) -> list[str]:
    """
    Return the parts of the message that *errors* are about, such as `To[0].Email`.
    """
    related = [error.get("ErrorRelatedTo") for error in errors]
    return [str(field) for fields in related if isinstance(fields, list) for field in fields]


def _concerns_recipient(errors: Sequence[Mapping[str, Any]]) -> bool:
    fields = _fields(errors)
    return bool(fields) and all(field.startswith("To") for field in fields)


def _describe(errors: Sequence[Mapping[str, Any]]) -> str:
    if not errors:
        return "unreadable response"
    return redacted_line(f"{errors[0].get('ErrorCode')} {errors[0].get('ErrorMessage')}")


def _message_id(entry: object) -> str | None:
    """
    Return the MessageID as text, because other JSON parsers may round such a large number.
    """
    to = entry.get("To") if isinstance(entry, dict) else None
    first = to[0] if isinstance(to, list) and to and isinstance(to[0], dict) else {}
    message_id = first.get("MessageID")
    return str(message_id) if isinstance(message_id, int | str) else None


def read_found(
    response: HttpResponse, key: str, addresses: Collection[str]
) -> Mapping[str, str] | None:
    """
    Return the ID of each message that a search for the batch *key* found, by lower-case address.

    Return None if the response lists anything but messages of this batch to *addresses*: an ignored
    filter finds other messages, which proves nothing.
    """
    body = parse_object(response.body)
    entries, total = body.get("Data"), body.get("Total")
    if response.status != 200 or not isinstance(entries, list) or total != len(entries):
        return None
    found: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("CustomID") != key:
            return None
        address, message_id = entry.get("ContactAlt"), entry.get("ID")
        if (
            not isinstance(address, str)
            or address.casefold() not in addresses
            or message_id is None
        ):
            return None
        found[address.casefold()] = str(message_id)
    return found


def read_senders(response: HttpResponse) -> str:
    """
    Say how many active senders the account has.

    Raises:
        ValueError: there is none, or the account cannot be read; the message says what to do.
    """
    if response.status in (401, 403):
        raise ValueError(f"HTTP {response.status}: check api_key and api_secret")
    count = parse_object(response.body).get("Count")
    if response.status != 200 or not isinstance(count, int):
        raise ValueError(f"HTTP {response.status} is not Mailjet's response: check base_url")
    if count == 0:
        raise ValueError("no active sender: validate one at app.mailjet.com/account/sender")
    return f"{count} active sender{'s' if count > 1 else ''}"
