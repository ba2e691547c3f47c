"""
Interpret Brevo's responses: its error codes (`errorModel` in its API reference) as tables.

A call is accepted or refused as a whole.
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
    UNCERTAIN,
    USUAL_MEANINGS,
    Meaning,
    meaning_of_status,
    parse_object,
    redacted_line,
    retry_after_s,
    same_for_all,
)

_CREDITS = Meaning(ReceiptKind.RETRY, "buy credits at Brevo, or wait until tomorrow")
_ACCOUNT = Meaning(ReceiptKind.RETRY, "ask Brevo to activate transactional email")
# These may be the same for all recipients: rejecting them would lose the whole audience.
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content")
BY_CODE: Mapping[str, Meaning] = {
    "not_enough_credits": _CREDITS,
    "permission_denied": _ACCOUNT,
    "account_under_validation": _ACCOUNT,
    "unauthorized": BAD_KEY,
    # The first call with this key is still being processed.
    "duplicate_request": UNCERTAIN,
    # Something was sent twice: the key, or something undocumented.
    "duplicate_parameter": UNCERTAIN,
}
BY_STATUS: Mapping[int, Meaning] = {
    **USUAL_MEANINGS,
    400: _CONTENT,
    402: _CREDITS,
    403: _ACCOUNT,
    409: UNCERTAIN,
    422: _CONTENT,
}
# A refusal with this text is about the address of an unnamed recipient. It matches the name of the
# field `to`, not the word "to" inside or at the end of a sentence.
_RECIPIENT_ERROR = re.compile(
    r"\b(in|of) to\b(?! \w)|\bto(\.\w|\[)|messageversions?(?:(?!messageversion)\S)*?\bto\b",
    re.IGNORECASE,
)
# In the message of a refusal because an earlier call with the same key was accepted.
_KEY_USED_BEFORE = re.compile(r"idempoten", re.IGNORECASE)


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* versions of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    if 200 <= response.status < 300:
        return _accepted(body, count, name=name)
    if _was_accepted_before(response.status, body):
        receipt = Receipt(kind=ReceiptKind.ACCEPTED, reason="the key was used in an earlier call")
        return BatchResult(receipts=(receipt,) * count, is_known_key=True)
    error = [redacted_line(body.get(field)) for field in ("code", "message")]
    return same_for_all(
        _meaning(response.status, body),
        count,
        name=name,
        reason=": ".join([f"HTTP {response.status}", *filter(None, error)]),
        retry_after_s=retry_after_s(response.headers, now, "retry-after", "x-sib-ratelimit-reset"),
    )


def _was_accepted_before(status: int, body: Mapping[str, Any]) -> bool:
    """
    Return whether the key was used in an earlier call, so that this one sent nothing. Unless the
    server answered that call with an error, it was accepted.
    """
    is_duplicate = status == 400 and body.get("code") == "duplicate_parameter"
    return is_duplicate and _KEY_USED_BEFORE.search(redacted_line(body.get("message"))) is not None


def _meaning(status: int, body: Mapping[str, Any]) -> Meaning:
    by_status = meaning_of_status(status, BY_STATUS)
    if not 400 <= status < 500:
        return by_status
    if status in (400, 422) and _RECIPIENT_ERROR.search(redacted_line(body.get("message"))):
        return REJECTED
    return BY_CODE.get(str(body.get("code")), by_status)


def _accepted(body: Mapping[str, Any], count: int, *, name: str) -> BatchResult:
    """
    Return the receipts of a 2xx, which has a message ID for each version; one may come as a scalar.

    A response without any ID may not be Brevo's: a call with the same key finds out.
    """
    message_ids = body.get("messageIds")
    found = message_ids if isinstance(message_ids, list) else [body.get("messageId")]
    ids = [
        message_id if isinstance(message_id, str) and message_id else None for message_id in found
    ]
    if not any(ids):
        reason = "unreadable response"
        return same_for_all(UNCERTAIN, count, name=name, reason=reason, retry_after_s=None)
    ids = ids if len(ids) == count else [None] * count
    return BatchResult(
        receipts=tuple(
            Receipt(kind=ReceiptKind.ACCEPTED, provider_id=message_id) for message_id in ids
        )
    )


def read_account(response: HttpResponse) -> str:
    """
    Describe what the account may send.

    Raises:
        ValueError: it may send nothing, or cannot be read; the message says what to do.
    """
    if response.status in (401, 403):
        raise ValueError(
            f"HTTP {response.status}: check api_key and the IP addresses allowed for it"
        )
    body = parse_object(response.body)
    plans, relay = body.get("plan"), body.get("relay")
    if response.status != 200 or not isinstance(plans, list) or not isinstance(relay, dict):
        raise ValueError(f"HTTP {response.status} is not Brevo's response: check base_url")
    if relay.get("enabled") is not True:
        raise ValueError("transactional email is not enabled: request it at app.brevo.com")
    credits = [
        f"{plan.get('type')} {plan.get('credits')}"
        for plan in plans
        if isinstance(plan, dict) and plan.get("type") != "sms"
    ]
    return f"credits: {redacted_line(', '.join(credits))}"
