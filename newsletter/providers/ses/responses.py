"""
Interpret the responses of Amazon SES: the exceptions and entry states of its API, version 2
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html), as tables.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from newsletter.model.delivery import BatchResult, ReceiptKind
from newsletter.model.rate import RateFeedback
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.responses import (
    REJECTED,
    RETRY,
    SHORT_COOLDOWN_S,
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


def _account_problem(advice: str, *, may_concern_some: bool = False) -> Meaning:
    return Meaning(ReceiptKind.RETRY, advice, may_concern_some=may_concern_some)


_KEY = _account_problem("check the access key, and its permission ses:SendBulkEmail")
_CLOCK = _account_problem("check this machine's clock, and whether session_token has expired")
_SUSPENDED = _account_problem("Amazon suspended the account: see the SES console")
_SWITCHED_OFF = _account_problem(
    "turn sending on again for the account or the configuration set in the SES console"
)
_QUOTA = _account_problem("wait until tomorrow, or ask Amazon for a larger quota")
_SET = _account_problem("check configuration_set and region")
SENDER = _account_problem("check the sender: its address or domain must be verified in this region")
# Content and sender are the same for all recipients: rejecting them would lose the whole audience.
CONTENT = _account_problem("check the sender and the content", may_concern_some=True)
THROTTLED = RateFeedback(cooldown_s=SHORT_COOLDOWN_S, is_throttled=True)
# Some of these come with a plain 400 (the retry table of botocore).
THROTTLING = frozenset({"ThrottlingException", "Throttling"})
# Only the text of a throttling error distinguishes the daily quota from the rate per second
# (https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html).
_DAILY_QUOTA = re.compile(r"\bdaily\b.*\bquota\b", re.IGNORECASE)
# In the message of a MessageRejected, whose type also has other causes
# (https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html).
_NOT_VERIFIED = re.compile(r"\bis not verified\b|\bfailed the check\b", re.IGNORECASE)

# The error type is in the header x-amzn-errortype, and says more than the status.
BY_TYPE: Mapping[str, Meaning] = {
    "TooManyRequestsException": RETRY,
    "ThrottlingException": RETRY,
    "Throttling": RETRY,
    "LimitExceededException": _QUOTA,
    "AccountSuspendedException": _SUSPENDED,
    "SendingPausedException": _SWITCHED_OFF,
    "MailFromDomainNotVerifiedException": SENDER,
    "NotFoundException": _SET,
    "MessageRejected": CONTENT,
    "BadRequestException": CONTENT,
    "ValidationException": CONTENT,
    "RequestExpired": _CLOCK,
    "ExpiredTokenException": _CLOCK,
}
BY_STATUS: Mapping[int, Meaning] = {**USUAL_MEANINGS, 400: CONTENT, 401: _KEY, 403: _KEY}
# The state of each entry of a call that was accepted.
BY_STATE: Mapping[str, Meaning] = {
    "ACCOUNT_THROTTLED": RETRY,
    "TRANSIENT_FAILURE": RETRY,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": _QUOTA,
    "ACCOUNT_SUSPENDED": _SUSPENDED,
    "ACCOUNT_SENDING_PAUSED": _SWITCHED_OFF,
    "CONFIGURATION_SET_SENDING_PAUSED": _SWITCHED_OFF,
    "CONFIGURATION_SET_NOT_FOUND": _SET,
    "INVALID_SENDING_POOL_NAME": _SET,
    "TEMPLATE_NOT_FOUND": CONTENT,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": SENDER,
    "MESSAGE_REJECTED": REJECTED,
    "INVALID_PARAMETER": REJECTED,
    # Amazon could not process the entry, for whatever reason.
    "FAILED": UNCERTAIN,
}


def read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Return one receipt for each of the *count* entries of the call, in order.

    *name* is the provider's name in the settings, for messages.
    """
    body = parse_object(response.body)
    if 200 <= response.status < 300:
        return _receipts(body.get("BulkEmailEntryResults"), count, name=name)
    kind = response.headers.get("x-amzn-errortype", "").partition(":")[0]
    message = redacted_line(body.get("message") or body.get("Message"))
    reason = ": ".join(filter(None, [f"HTTP {response.status}", kind, message]))
    meaning = _meaning(response.status, kind, message)
    # Amazon never sends Retry-After itself, but a proxy in front of it may.
    cooldown_s = retry_after_s(response.headers, now, "retry-after")
    result = same_for_all(meaning, count, name=name, reason=reason, retry_after_s=cooldown_s)
    is_throttled = kind in THROTTLING and meaning == RETRY
    return dataclasses.replace(result, rate=THROTTLED) if is_throttled else result


def _meaning(status: int, kind: str, message: str) -> Meaning:
    if status >= 500:
        # Of any type, it may have happened before or after entries were accepted.
        return UNCERTAIN
    meaning = BY_TYPE.get(kind, meaning_of_status(status, BY_STATUS))
    if meaning == CONTENT and _NOT_VERIFIED.search(message):
        return SENDER
    return _QUOTA if meaning == RETRY and _DAILY_QUOTA.search(message) else meaning


def _receipts(entries: object, count: int, *, name: str) -> BatchResult:
    """
    Return the receipts of a 200, which has a state for each entry, in order.

    An unreadable one may contain refusals, so nobody counts as accepted.
    """
    states = [_text(entry, "Status") for entry in entries] if isinstance(entries, list) else []
    if not isinstance(entries, list) or len(states) != count:
        reason = "unreadable response"
        return same_for_all(UNCERTAIN, count, name=name, reason=reason, retry_after_s=None)
    result = result_of_each(list(map(_result, entries)), name=name)
    return dataclasses.replace(result, rate=THROTTLED if "ACCOUNT_THROTTLED" in states else None)


def _result(entry: object) -> RecipientResult:
    state = _text(entry, "Status")
    if state == "SUCCESS":
        return RecipientResult(provider_id=_text(entry, "MessageId") or None)
    meaning = BY_STATE.get(state, UNCERTAIN)
    return RecipientResult(
        meaning=meaning,
        if_all=CONTENT if meaning == REJECTED else None,
        reason=": ".join(filter(None, [state, redacted_line(_text(entry, "Error"))])),
    )


def _text(entry: object, field: str) -> str:
    value: Any = entry.get(field) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
