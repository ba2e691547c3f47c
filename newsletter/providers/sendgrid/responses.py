"""
Interpret SendGrid's responses (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors)
as tables.

A call is accepted or refused as a whole, but a refusal may name the recipients that caused it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    SENDER,
    UNCERTAIN,
    USUAL_MEANINGS,
    Meaning,
    meaning_of_status,
    parse_object,
    redacted_line,
    retry_after_s,
    same_for_all,
)

_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content", may_concern_some=True)
# What all recipients share: a call that is split would be refused again.
_SHARED = Meaning(ReceiptKind.RETRY, "check the sender and the content")
_CREDITS = Meaning(ReceiptKind.RETRY, "wait, or upgrade the plan")
BY_STATUS: Mapping[int, Meaning] = {**USUAL_MEANINGS, 400: _CONTENT}
ACCEPTED_STATUS = 202
# Sent with a 401, as if the key were wrong.
_NO_CREDITS = re.compile(r"credits? exceeded", re.IGNORECASE)
# `personalizations.37.to.0.email`: the address of the recipient in this place.
_RECIPIENT_FIELD = re.compile(r"personalizations\.([0-9]{1,4})\.to(\.|$)")
# `from.email`, `reply_to.email`
_SENDER_FIELD = re.compile(r"(from|reply_to)(\.|$)")
# Any other field is shared by all recipients.
_OWN_FIELD = re.compile(r"personalizations(\.|$)")


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return the receipts of the *count* recipients of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    if response.status == ACCEPTED_STATUS:
        # One ID for the whole call; the IDs in its events begin with it.
        message_id = response.headers.get("x-message-id") or None
        return BatchResult(
            receipts=(Receipt(kind=ReceiptKind.ACCEPTED, provider_id=message_id),) * count
        )
    errors = _errors_in(response.body)
    message = redacted_line(errors[0].get("message")) if errors else ""
    refused = _refused_by_place(errors) if response.status == 400 else {}
    if refused and (count == 1 or len(refused) < count) and max(refused) < count:
        return _split_refused(refused, count, name=name)
    return same_for_all(
        _meaning(response.status, message, errors),
        count,
        name=name,
        reason=": ".join([f"HTTP {response.status}", *([message] if message else [])]),
        retry_after_s=retry_after_s(response.headers, now, "retry-after"),
    )


def _meaning(status: int, message: str, errors: Sequence[Mapping[str, Any]]) -> Meaning:
    # A 2xx other than 202 is not from the endpoint that accepts mail.
    if status < 300:
        return UNCERTAIN
    if status == 401 and _NO_CREDITS.search(message):
        return _CREDITS
    fields = [str(error.get("field") or "") for error in errors] if status == 400 else []
    if any(map(_SENDER_FIELD.match, fields)):
        return SENDER
    if any(field and not _OWN_FIELD.match(field) for field in fields):
        return _SHARED
    return meaning_of_status(status, BY_STATUS)


def _refused_by_place(errors: list[Mapping[str, Any]]) -> Mapping[int, str]:
    """
    Return the message for each place in the call whose address was refused.

    Return an empty mapping if any error is about something else.
    """
    found = [(_RECIPIENT_FIELD.match(str(error.get("field"))), error) for error in errors]
    return (
        {int(match[1]): redacted_line(error.get("message")) for match, error in found if match}
        if all(match for match, _ in found)
        else {}
    )


def _split_refused(refused: Mapping[int, str], count: int, *, name: str) -> BatchResult:
    """
    Return the receipts of a call that was refused because of some addresses: the others are sent
    again.
    """
    others = Receipt(
        kind=ReceiptKind.RETRY, reason=f"{name}: refused because of others", retry_after_s=0.0
    )
    return BatchResult(
        receipts=tuple(
            Receipt(kind=ReceiptKind.REJECTED, reason=f"{name}: {refused[place]}")
            if place in refused
            else others
            for place in range(count)
        )
    )


def read_scopes(response: HttpResponse) -> str:
    """
    Check the API key by the response to `GET /v3/scopes`, and describe it.

    Raises:
        ValueError: the key may not send; the message says what to do.
    """
    if response.status in (401, 403):
        raise ValueError("api_key is refused: copy it again from app.sendgrid.com, or check region")
    scopes = parse_object(response.body).get("scopes")
    if response.status != 200 or not isinstance(scopes, list):
        raise ValueError(f"api_key cannot be checked (HTTP {response.status}): try again later")
    if "mail.send" not in scopes:
        raise ValueError("api_key may not send: grant it Mail Send at app.sendgrid.com")
    return "the API key may send; send a test email to see whether the sender's domain is verified"


def _errors_in(raw: bytes) -> list[Mapping[str, Any]]:
    errors = parse_object(raw).get("errors")
    return (
        [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    )
