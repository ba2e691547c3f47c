"""
Interpret SparkPost's responses (https://developers.sparkpost.com/api/transmissions/) as tables.

A call that is accepted may leave out some recipients; its response only counts them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    REJECTED,
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
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content")
BY_STATUS: Mapping[int, Meaning] = {
    **USUAL_MEANINGS,
    400: _CONTENT,
    # SparkPost's own status for a limit of the plan, at which nothing is sent ("Sending Limits").
    420: Meaning(ReceiptKind.RETRY, "wait until the limit ends, or upgrade the plan"),
    422: _CONTENT,
}
BY_CODE: Mapping[str, Meaning] = {
    "7001": Meaning(ReceiptKind.RETRY, "verify the sender's domain at SparkPost"),
}
# In the message of a refusal that is about a recipient's address.
_RECIPIENT_ERROR = re.compile(r"\brecipient|\baddress\.email\b", re.IGNORECASE)


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* recipients of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    code, message = _error_in(body.get("errors"))
    if 200 <= response.status < 300:
        return _accepted(body.get("results"), count, name=name)
    return same_for_all(
        _meaning(response.status, code, message),
        count,
        name=name,
        reason=": ".join(filter(None, [f"HTTP {response.status}", f"{code} {message}".strip()])),
        retry_after_s=retry_after_s(response.headers, now, "retry-after"),
    )


def _meaning(status: int, code: str, message: str) -> Meaning:
    by_status = meaning_of_status(status, BY_STATUS)
    if not 400 <= status < 500:
        return by_status
    if status in (400, 422) and code not in BY_CODE and _RECIPIENT_ERROR.search(message):
        return REJECTED
    return BY_CODE.get(code, by_status)


def _accepted(results: object, count: int, *, name: str) -> BatchResult:
    """
    Return the receipts of a 2xx, which are the same for everybody: UNCERTAIN if only some were
    accepted.
    """
    result: Mapping[str, Any] = results if isinstance(results, dict) else {}
    counts = result.get("total_accepted_recipients"), result.get("total_rejected_recipients")
    if counts == (count, 0):
        return BatchResult(receipts=(Receipt(kind=ReceiptKind.ACCEPTED),) * count)
    _, message = _error_in(result.get("rcpt_to_errors"))
    if counts == (0, count):
        concerns_recipient = bool(_RECIPIENT_ERROR.search(message)) or (count == 1 and not message)
        # An error that all recipients got is not about a recipient: rejecting them would lose the
        # whole audience.
        meaning = REJECTED if concerns_recipient else _CONTENT
        reason = message or "rejected without a reason"
        return same_for_all(meaning, count, name=name, reason=reason, retry_after_s=None)
    reason = f"accepted {counts[0]} of {count} without saying which: {message}"
    return same_for_all(
        UNCERTAIN, count, name=name, reason=redacted_line(reason), retry_after_s=None
    )


def _error_in(errors: object) -> tuple[str, str]:
    """
    Return the code and text of the first error, empty if there is none.
    """
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", ""
    texts = [redacted_line(first.get(field)) for field in ("message", "description")]
    return redacted_line(str(first.get("code") or "")), ": ".join(filter(None, texts))


def read_account(response: HttpResponse) -> str:
    """
    Check that the account may send, and describe it. A key that may only send cannot read it.

    Raises:
        ValueError: it may not send; the message says what to do.
    """
    if response.status == 403:
        return "the API key is accepted, but cannot read the account"
    if response.status == 401:
        raise ValueError("HTTP 401: check api_key and region")
    results = parse_object(response.body).get("results")
    if response.status != 200 or not isinstance(results, dict):
        raise ValueError(f"HTTP {response.status} is not SparkPost's response: check base_url")
    status = results.get("status")
    if status != "active":
        raise ValueError(f"the account is {redacted_line(status)}: see app.sparkpost.com")
    return "the account is active"
