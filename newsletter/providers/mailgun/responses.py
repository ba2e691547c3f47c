"""
Interpret Mailgun's responses as tables: its refusals of a call
(https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages), its domains
and its event log.

A call is accepted or refused as a whole: with one invalid address it is refused for everybody, and
the response does not say which address it was.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.responses import (
    REJECTED,
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

_WRONG_ENDPOINT = Meaning(ReceiptKind.RETRY, "check domain, region and base_url")
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content", may_concern_some=True)
_QUOTA = Meaning(ReceiptKind.RETRY, "wait, or upgrade the plan")
_FEWER = Meaning(
    ReceiptKind.RETRY,
    "ask Mailgun to allow more recipients per call",
    may_concern_some=True,
)
BY_STATUS: Mapping[int, Meaning] = {
    **USUAL_MEANINGS,
    400: _CONTENT,
    402: Meaning(ReceiptKind.RETRY, "check the account's billing at Mailgun"),
    404: _WRONG_ENDPOINT,
    405: _WRONG_ENDPOINT,
}
# A longer wait means a used-up quota, not a rate limit.
LONG_S = 3600.0
_RECIPIENT_ERROR = re.compile(r"^'?to'? parameter", re.IGNORECASE)
_SENDER_ERROR = re.compile(r"^'?(from|h:reply-to)'? parameter", re.IGNORECASE)
_TOO_MANY_RECIPIENTS = re.compile(r"large batch", re.IGNORECASE)
_TRY_AGAIN = re.compile(r"try again after (?:(?P<s>[0-9]{1,9}) seconds?|(?P<at>\S.*))")
# The body of every response from the root of its API, with status 200.
_WRONG_PLACE = b"Mailgun Magnificent API"


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return the receipts of the *count* recipients of the call, which are all the same.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    message_id = body.get("id")
    if 200 <= response.status < 300 and isinstance(message_id, str) and message_id:
        # One ID for the whole call; a message is identified by this ID and the address.
        return BatchResult(
            receipts=(Receipt(kind=ReceiptKind.ACCEPTED, provider_id=message_id),) * count
        )
    message = redacted_line(body.get("message"))
    cooldown_s = retry_after_s(response.headers, now, "retry-after")
    return same_for_all(
        _meaning(response, message, cooldown_s, is_alone=count == 1),
        count,
        name=name,
        reason=": ".join([f"HTTP {response.status}", *([message] if message else [])]),
        retry_after_s=cooldown_s,
    )


def with_retry_after(response: HttpResponse | HttpFailure) -> HttpResponse | HttpFailure:
    """
    Return *response* with a Retry-After header, if only its text says when to try again.
    """
    if isinstance(response, HttpFailure):
        return response
    found = _TRY_AGAIN.search(str(parse_object(response.body).get("message") or ""))
    if response.status != 429 or found is None or "retry-after" in response.headers:
        return response
    headers = {
        **response.headers,
        "retry-after": found["s"] or found["at"].rstrip(" ."),
    }
    return dataclasses.replace(response, headers=headers)


def _meaning(
    response: HttpResponse, message: str, cooldown_s: float | None, *, is_alone: bool
) -> Meaning:
    status = response.status
    if status < 300:
        return _WRONG_ENDPOINT if _WRONG_PLACE in response.body else UNCERTAIN
    if status == 400 and is_alone and _RECIPIENT_ERROR.search(message):
        return REJECTED
    if status == 400 and _SENDER_ERROR.search(message):
        return SENDER
    if status == 403 and _TOO_MANY_RECIPIENTS.search(message):
        return _FEWER
    if status == 429 and cooldown_s is not None and cooldown_s > LONG_S:
        return _QUOTA
    return _WRONG_ENDPOINT if status < 400 else meaning_of_status(status, BY_STATUS)


def read_domain(response: HttpResponse) -> str:
    """
    Check the domain by the response to `GET /v4/domains/NAME`, and describe it.

    Raises:
        ValueError: the domain cannot send; the message says what to do.
    """
    if response.status in (401, 403):
        # The key of a single domain may only send.
        return "the API key cannot read the domain: send a test email to see whether it may send"
    domain = parse_object(response.body).get("domain")
    if response.status == 404:
        raise ValueError("domain is not found at Mailgun: check domain, region and api_key")
    if response.status != 200 or not isinstance(domain, dict):
        raise ValueError(f"domain cannot be checked (HTTP {response.status}): try again later")
    if domain.get("is_disabled") is True:
        raise ValueError("domain is disabled at Mailgun: see app.mailgun.com")
    if domain.get("state") != "active":
        raise ValueError(
            f"domain is {redacted_line(domain.get('state')) or 'not verified'}: set the DNS "
            "records that app.mailgun.com shows for it, then verify it there"
        )
    if domain.get("type") == "sandbox":
        return "a sandbox domain: only addresses authorised at Mailgun receive email"
    return "the domain is verified"


class LogEntry(NamedTuple):
    """
    One entry of the log: our labels of the batch and the delivery, and Mailgun's tags.
    """

    batch: str
    delivery: str
    tags: frozenset[str]


class LogPage(NamedTuple):
    """
    A page of the log, and the URL of the next one, or "" if there is none.
    """

    entries: Sequence[LogEntry]
    next_url: str


def read_page(response: HttpResponse) -> LogPage | None:
    """
    Return the page of the log in *response*, or None if there is none.
    """
    body = parse_object(response.body)
    items, paging = body.get("items"), body.get("paging")
    if response.status != 200 or not isinstance(items, list):
        return None
    next_url = paging.get("next") if isinstance(paging, dict) else None
    return LogPage(
        [_log_entry(item) for item in items], next_url if isinstance(next_url, str) else ""
    )


def _log_entry(item: object) -> LogEntry:
    fields: Mapping[str, Any] = item if isinstance(item, dict) else {}
    variables, tags = fields.get("user-variables"), fields.get("tags")
    labels: Mapping[str, Any] = variables if isinstance(variables, dict) else {}
    return LogEntry(
        batch=str(labels.get("batch", "")),
        delivery=str(labels.get("delivery", "")),
        tags=frozenset(map(str, tags)) if isinstance(tags, list) else frozenset(),
    )
