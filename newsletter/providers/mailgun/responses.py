"""
What Mailgun's answers mean for us: its refusals of a call
(https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages) and its log of
events, as tables. Pure; `mailgun` makes the calls.

A call is taken or refused as a whole: an address that cannot be one refuses everybody, and no
answer says whose it was.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from newsletter.errors import SettingsError
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.responses import (
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

_PLACE = Meaning(ReceiptKind.RETRY, "check domain, region and base_url")
_CONTENT = Meaning(ReceiptKind.RETRY, "check the sender and the content", is_of_some=True)
_QUOTA = Meaning(ReceiptKind.RETRY, "its plan allows no more for now: wait, or take a larger one")
_FEWER = Meaning(
    ReceiptKind.RETRY, "have Mailgun allow the account more recipients a call", is_of_some=True
)
BY_STATUS: Mapping[int, Meaning] = {
    400: _CONTENT,
    401: KEY,
    402: Meaning(ReceiptKind.RETRY, "see the account's bill there"),
    403: KEY,
    404: _PLACE,
    405: _PLACE,
    408: UNCERTAIN,
    413: TOO_LARGE,
    429: WAIT,
}
# A wait longer than this is no matter of speed.
LONG_S = 3600.0
_READER_S = re.compile(r"^'?to'? parameter", re.IGNORECASE)
_LARGE = re.compile(r"large batch", re.IGNORECASE)
_AGAIN = re.compile(r"try again after (?:(?P<s>[0-9]{1,9}) seconds?|(?P<at>.+?))\.?\s*$")
# What the root of its API answers to everything, with a 200.
_WRONG_PLACE = b"Mailgun Magnificent API"


def read_response(answer: HttpResponse, count: int, *, name: str, now: dt.datetime) -> BatchResult:
    """
    The receipts of the *count* readers of the call, which all have the same. *name* is the
    provider's name in the settings, for texts.
    """
    body = object_in(answer.body)
    number = body.get("id")
    if 200 <= answer.status < 300 and isinstance(number, str) and number:
        # One number for the call: with the address it names a message.
        return BatchResult(
            receipts=(Receipt(kind=ReceiptKind.ACCEPTED, provider_id=number),) * count
        )
    words = redacted_line(body.get("message"))
    rest_s = retry_after_s(answer.headers, now, "retry-after")
    return same_for_all(
        _meaning(answer, words, rest_s, is_alone=count == 1),
        count,
        name=name,
        reason=": ".join([f"HTTP {answer.status}", *([words] if words else [])]),
        retry_after_s=rest_s,
    )


def with_words(answer: HttpResponse | HttpFailure) -> HttpResponse | HttpFailure:
    """
    The *answer* with a Retry-After, where only its text says when to try again.
    """
    if isinstance(answer, HttpFailure):
        return answer
    found = _AGAIN.search(str(object_in(answer.body).get("message") or ""))
    if answer.status != 429 or found is None or "retry-after" in answer.headers:
        return answer
    told = {**answer.headers, "retry-after": found["s"] or found["at"]}
    return dataclasses.replace(answer, headers=told)


def _meaning(answer: HttpResponse, words: str, rest_s: float | None, *, is_alone: bool) -> Meaning:
    status = answer.status
    if status >= 500:
        # No page says whether the call was taken before the error: its log finds out.
        return UNCERTAIN
    if status < 300:
        return _PLACE if _WRONG_PLACE in answer.body else UNCERTAIN
    if status == 400 and is_alone and _READER_S.search(words):
        return REJECTED
    if status == 403 and _LARGE.search(words):
        return _FEWER
    if status == 429 and rest_s is not None and rest_s > LONG_S:
        return _QUOTA
    return BY_STATUS.get(status, _PLACE if status < 400 else UNKNOWN)


def read_domain(answer: HttpResponse, *, name: str) -> str:
    """
    What `GET /v4/domains/NAME` says, for a person.

    Raises:
        SettingsError: the domain cannot send; the line says what to do.
    """
    where = f"[provider.{name}] domain"
    if answer.status in (401, 403):
        # A key of one domain may send and nothing else.
        return "its key may not look at the domain: a test mail tells whether it may send"
    told = object_in(answer.body).get("domain")
    if answer.status == 404:
        raise SettingsError(f"{where} is not known there: check domain, region and api_key")
    if answer.status != 200 or not isinstance(told, dict):
        raise SettingsError(f"{where} cannot be looked at (HTTP {answer.status}): try again later")
    if told.get("is_disabled") is True:
        raise SettingsError(f"{where} is disabled there: see app.mailgun.com, or ask its support")
    if told.get("state") != "active":
        raise SettingsError(
            f"{where} is {redacted_line(told.get('state')) or 'not verified'}: set the DNS records "
            "that app.mailgun.com shows for it, and have it verified there"
        )
    if told.get("type") == "sandbox":
        return "a sandbox domain: only addresses authorised there get mail"
    return "the domain is verified"


class Logged(NamedTuple):
    """
    One entry of its log: our names for batch and delivery, and its tags.
    """

    batch: str
    delivery: str
    tags: frozenset[str]


class Page(NamedTuple):
    """
    A page of its log, and where the next one is, if it says so.
    """

    entries: Sequence[Logged]
    next_url: str


def read_page(answer: HttpResponse) -> Page | None:
    """
    The page of the log in *answer*, None where it is none.
    """
    body = object_in(answer.body)
    items, paging = body.get("items"), body.get("paging")
    if answer.status != 200 or not isinstance(items, list):
        return None
    following = paging.get("next") if isinstance(paging, dict) else None
    return Page([_logged(item) for item in items], following if isinstance(following, str) else "")


def _logged(item: object) -> Logged:
    told: Mapping[str, Any] = item if isinstance(item, dict) else {}
    ours, tags = told.get("user-variables"), told.get("tags")
    named: Mapping[str, Any] = ours if isinstance(ours, dict) else {}
    return Logged(
        batch=str(named.get("batch", "")),
        delivery=str(named.get("delivery", "")),
        tags=frozenset(map(str, tags)) if isinstance(tags, list) else frozenset(),
    )
