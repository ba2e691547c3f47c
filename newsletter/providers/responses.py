"""
What the answers of providers on the network mean alike for those in a call, and how they are read;
the `…_answers` of each provider have its tables.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    Provider,
    Receipt,
    ReceiptKind,
)
from newsletter.model.rate import RateFeedback, parse_retry_after, read_rate
from newsletter.providers.http_client import HttpFailure, HttpResponse

_AN_ADDRESS = re.compile(r"[^\s<>()\"'`,;:]+@[^\s<>()\"'`,;:]+")
_LONGEST_REASON = 200
# How long everybody rests after a refusal for speed that does not say how long.
SHORT_REST_S = 1.0


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


REJECTED = Meaning(ReceiptKind.REJECTED, is_of_some=True)
WAIT = Meaning(ReceiptKind.RETRY)
UNCERTAIN = Meaning(ReceiptKind.UNCERTAIN)
KEY = Meaning(ReceiptKind.RETRY, "check api_key, and that the sender's domain is verified")
ADDRESS = Meaning(ReceiptKind.RETRY, "check base_url")
UNKNOWN = Meaning(ReceiptKind.RETRY, "see its status page and its logs")
TOO_LARGE = Meaning(
    ReceiptKind.RETRY, "the mail is too large: cancel and shorten the issue", is_of_some=True
)


class ResponseReader(Protocol):
    """
    What each `read_answer` is: one receipt for each of the *count* people in a call, in order.
    """

    def __call__(
        self, answer: HttpResponse, count: int, *, name: str, now: dt.datetime
    ) -> BatchResult: ...


def to_batch_result(
    provider: Provider,
    answer: HttpResponse | HttpFailure,
    count: int,
    *,
    read: ResponseReader,
    now: dt.datetime,
) -> BatchResult:
    """
    What became of the *count* people of a call to *provider*: as *read* has it of the *answer*,
    with what that says of the rate; without one, doubt or the proof that nobody was taken.
    """
    name = provider.name
    if isinstance(answer, HttpFailure):
        kind = ReceiptKind.UNCERTAIN if answer.may_have_arrived else ReceiptKind.RETRY
        return same_for_all(
            Meaning(kind), count, name=name, reason=answer.reason, retry_after_s=None
        )
    result = read(answer, count, name=name, now=now)
    return with_rate(result, answer, provider.capabilities, now)


def look_up_unsupported(provider: Provider, attempt: Attempt) -> BatchResult:
    """
    The answer to a look-up at a *provider* that finds no mail by anything of ours.
    """
    return unknown_for_all(provider, attempt, "it cannot be asked what it was given")


def unknown_for_all(provider: Provider, attempt: Attempt, reason: str) -> BatchResult:
    """
    The answer to a look-up that says of nobody what became of them, for that *reason*.
    """
    receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=f"{provider.name}: {reason}")
    return BatchResult(receipts=(receipt,) * len(attempt.recipients))


def same_for_all(
    meaning: Meaning, count: int, *, name: str, reason: str, retry_after_s: float | None
) -> BatchResult:
    """
    The same receipt for all *count* of a call that the provider called *name* refused.
    """
    told = f"{name}: {reason}"
    if meaning.is_of_some and count > 1:
        others = Receipt(kind=ReceiptKind.RETRY, reason=told, retry_after_s=0.0)
        return BatchResult(receipts=(others,) * count, split=True)
    waits_s = retry_after_s if meaning.kind is ReceiptKind.RETRY else None
    receipt = Receipt(kind=meaning.kind, reason=told, retry_after_s=waits_s)
    return BatchResult(
        receipts=(receipt,) * count, account_problem=pause_for(meaning, name=name, reason=reason)
    )


def pause_for(meaning: Meaning, *, name: str, reason: str) -> str | None:
    """
    What a person should do before the provider takes mail again; None where it may by itself.
    """
    return meaning.advice and f"{name}: {meaning.advice} ({reason})"


def retry_after_s(headers: Mapping[str, str], now: dt.datetime, *names: str) -> float | None:
    """
    What the first header of *names* that is there asks for.
    """
    for header in names:
        if header in headers:
            # "At once" is no advice: the back-off knows better.
            return parse_retry_after(headers[header], now) or None
    return None


def with_rate(
    result: BatchResult, answer: HttpResponse, capabilities: Capabilities, now: dt.datetime
) -> BatchResult:
    """
    The *result* of a call with what its *answer* says of the rate. Too fast is a 429 that is not
    the account's, or a 503 that says for how long (RFC 6585 section 4, RFC 9110 section 15.6.4).
    """
    form = capabilities.rate_headers
    limit_per_s, rest_s = read_rate(answer.headers, form, now) if form else (None, None)
    asked_s = retry_after_s(answer.headers, now, "retry-after")
    is_throttled = (answer.status == 429 and result.account_problem is None) or (
        answer.status == 503 and asked_s is not None
    )
    if is_throttled:
        rest_s = asked_s or rest_s or SHORT_REST_S
    if limit_per_s is None and rest_s is None:
        return result
    word = RateFeedback(limit_per_s=limit_per_s, rest_s=rest_s, is_throttled=is_throttled)
    return dataclasses.replace(result, rate=word)


def redacted_line(text: object) -> str:
    """
    The provider's words on one line, short, and without addresses: reasons outlive an erasure.
    """
    plain = "".join(c if c.isprintable() else " " for c in text) if isinstance(text, str) else ""
    line = " ".join(plain.split())
    return _AN_ADDRESS.sub("(an address)", line)[:_LONGEST_REASON]


def object_in(raw: bytes) -> Mapping[str, Any]:
    """
    The JSON object that the body *raw* of an answer is; an empty one where it is something else.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
