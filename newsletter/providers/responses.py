"""
Turn the HTTP responses of providers into receipts. Each provider's `responses` has its own tables.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
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

_WORD = r"[^\s<>()\"'`,;:]"
# An address begins where a word begins, so that a long word is searched only once.
_EMAIL_ADDRESS = re.compile(rf"(?<!{_WORD}){_WORD}+@{_WORD}+")
# A name before an address, but not the code of an SMTP reply.
_NAME = re.compile(r"((?:^|[\"'`:]) ?)(?:(?![0-9]{3}|[0-9]\.)[^<>\"'`,;:]){0,200}<\(an address\)>")
_LONGEST_REASON = 200
# What is read of a text that a server or a reader wrote, whatever its length.
_LONGEST_READ = 4000
# The cooldown after a throttled call whose response does not say how long to wait.
SHORT_COOLDOWN_S = 1.0


@dataclass(frozen=True)
class Meaning:
    """
    What an error response means for all recipients of the call.

    With *advice* it concerns the account: the issue is paused until a person has acted on it.
    `may_concern_some`: the error may be about some recipients only and nothing was accepted, so the
    call may succeed when it is split.
    """

    kind: ReceiptKind
    advice: str | None = None
    may_concern_some: bool = False


REJECTED = Meaning(ReceiptKind.REJECTED, may_concern_some=True)
RETRY = Meaning(ReceiptKind.RETRY)
UNCERTAIN = Meaning(ReceiptKind.UNCERTAIN)
BAD_KEY = Meaning(ReceiptKind.RETRY, "check api_key, and that the sender's domain is verified")
BAD_BASE_URL = Meaning(ReceiptKind.RETRY, "check base_url")
UNKNOWN_ERROR = Meaning(ReceiptKind.RETRY, "check the provider's status page and logs")
# The sender is the same for all recipients: rejecting them would lose the whole audience, and a
# call that is split would be refused again.
SENDER = Meaning(
    ReceiptKind.RETRY, "check the sender: its address or domain must be verified at the provider"
)
TOO_LARGE = Meaning(
    ReceiptKind.RETRY,
    "the email is too large: cancel the issue and shorten it",
    may_concern_some=True,
)

# What a status means for a whole call, unless a provider documents something else.
USUAL_MEANINGS: Mapping[int, Meaning] = {
    401: BAD_KEY,
    403: BAD_KEY,
    404: BAD_BASE_URL,
    405: BAD_BASE_URL,
    408: UNCERTAIN,
    413: TOO_LARGE,
    429: RETRY,
}


class ResponseReader(Protocol):
    """
    Read a response into one receipt for each of the *count* recipients of the call, in order.
    """

    def __call__(
        self, response: HttpResponse, count: int, *, name: str, now: dt.datetime
    ) -> BatchResult: ...


def to_batch_result(
    provider: Provider,
    response: HttpResponse | HttpFailure,
    count: int,
    *,
    read: ResponseReader,
    now: dt.datetime,
) -> BatchResult:
    """
    Return the result of a call to *provider* with *count* recipients.

    *read* interprets a complete response; rate limits in its headers are added. A failed request is
    uncertain for everybody, unless it is certain that it never reached the server.
    """
    name = provider.name
    if isinstance(response, HttpFailure):
        kind = ReceiptKind.UNCERTAIN if response.may_have_arrived else ReceiptKind.RETRY
        return same_for_all(
            Meaning(kind), count, name=name, reason=response.reason, retry_after_s=None
        )
    result = read(response, count, name=name, now=now)
    result = dataclasses.replace(result, is_server_error=response.status >= 500)
    return add_rate_feedback(result, response, provider.capabilities, now)


def meaning_of_status(status: int, by_status: Mapping[int, Meaning]) -> Meaning:
    """
    Return what a *status* that accepts nothing means for a whole call, by the provider's table.

    Nobody documents that a call was not accepted before a server error. A status below 400
    that the table does not have is not the API's.
    """
    if status >= 500:
        return UNCERTAIN
    return by_status.get(status, BAD_BASE_URL if status < 400 else UNKNOWN_ERROR)


def look_up_unsupported(provider: Provider, attempt: Attempt) -> BatchResult:
    """
    Return the result of a look-up at a *provider* that does not support look-ups.
    """
    return unknown_for_all(provider, attempt, "earlier calls cannot be looked up")


def unknown_for_all(provider: Provider, attempt: Attempt, reason: str) -> BatchResult:
    """
    Return the result of an inconclusive look-up, with the *reason*.
    """
    receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=f"{provider.name}: {reason}")
    return BatchResult(receipts=(receipt,) * len(attempt.recipients))


def same_for_all(
    meaning: Meaning, count: int, *, name: str, reason: str, retry_after_s: float | None
) -> BatchResult:
    """
    Return the same receipt for all *count* recipients of a call that provider *name* refused.
    """
    labelled = f"{name}: {reason}"
    if meaning.may_concern_some and count > 1:
        others = Receipt(kind=ReceiptKind.RETRY, reason=labelled, retry_after_s=0.0)
        return BatchResult(receipts=(others,) * count, split=True)
    waits_s = retry_after_s if meaning.kind is ReceiptKind.RETRY else None
    receipt = Receipt(kind=meaning.kind, reason=labelled, retry_after_s=waits_s)
    return BatchResult(
        receipts=(receipt,) * count,
        account_problem=describe_problem(meaning, name=name, reason=reason),
    )


def describe_problem(meaning: Meaning, *, name: str, reason: str) -> str | None:
    """
    Say what is wrong with the account and what to do about it, or return None if nothing is.
    """
    if meaning.advice is None:
        return None
    return f"[provider.{name}] {reason.rstrip('.')}; {meaning.advice}"


@dataclass(frozen=True, kw_only=True)
class RecipientResult:
    """
    What a response says about one recipient of the call.

    `meaning` is that of the error, None if the mail was accepted. `if_all` is what the error means
    if everybody got such an error; None if it certainly concerns this recipient.
    """

    meaning: Meaning | None = None
    if_all: Meaning | None = None
    reason: str = ""
    provider_id: str | None = None
    suppress: bool = False


def result_of_each(results: Sequence[RecipientResult], *, name: str) -> BatchResult:
    """
    Return the receipts of a call whose response has a result for each recipient, in order.

    An error that everybody got is not about a recipient: rejecting them would lose the whole
    audience.
    """
    if all(result.if_all for result in results):
        results = [dataclasses.replace(result, meaning=result.if_all) for result in results]
    problems = [
        describe_problem(result.meaning, name=name, reason=result.reason)
        for result in results
        if result.meaning is not None
    ]
    return BatchResult(
        receipts=tuple(map(_receipt, results)),
        account_problem=next(filter(None, problems), None),
    )


def _receipt(result: RecipientResult) -> Receipt:
    if result.meaning is None:
        return Receipt(kind=ReceiptKind.ACCEPTED, provider_id=result.provider_id)
    return Receipt(kind=result.meaning.kind, reason=result.reason, suppress=result.suppress)


def retry_after_s(headers: Mapping[str, str], now: dt.datetime, *names: str) -> float | None:
    """
    Return the seconds that the first of the headers *names* that is present asks to wait.
    """
    for header in names:
        if header in headers:
            seconds = parse_retry_after(headers[header], now)
            # Zero is ignored: our own back-off is better than an immediate retry.
            return seconds if seconds else None
    return None


def add_rate_feedback(
    result: BatchResult, response: HttpResponse, capabilities: Capabilities, now: dt.datetime
) -> BatchResult:
    """
    Add what the *response* says about the rate limit to the *result* of its call.

    A call was throttled if its status is 429 and there is no account problem, or 503 with a
    Retry-After (RFC 6585 section 4, RFC 9110 section 15.6.4).
    """
    form = capabilities.rate_headers
    limit_per_s, cooldown_s = read_rate(response.headers, form, now) if form else (None, None)
    asked_s = retry_after_s(response.headers, now, "retry-after")
    is_throttled = (response.status == 429 and result.account_problem is None) or (
        response.status == 503 and asked_s is not None
    )
    if is_throttled:
        cooldown_s = asked_s or cooldown_s or SHORT_COOLDOWN_S
    if limit_per_s is None and cooldown_s is None:
        return result
    feedback = RateFeedback(
        limit_per_s=limit_per_s, cooldown_s=cooldown_s, is_throttled=is_throttled
    )
    return dataclasses.replace(result, rate=feedback)


def redacted_line(text: object) -> str:
    """
    Return the provider's *text* as one short line without email addresses and the names before
    them, because reasons are kept after a subscriber is erased.
    """
    start = text[:_LONGEST_READ] if isinstance(text, str) else ""
    plain = "".join(c if c.isprintable() else " " for c in start)
    if isinstance(text, str) and len(text) > _LONGEST_READ:
        # The last word may be the beginning of an address.
        plain = plain.rpartition(" ")[0]
    line = " ".join(plain.split())
    return _NAME.sub(r"\1(an address)", _EMAIL_ADDRESS.sub("(an address)", line))[:_LONGEST_REASON]


def parse_object(raw: bytes) -> Mapping[str, Any]:
    """
    Parse the body of a response as a JSON object; return an empty one if it is anything else.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
