"""
The copies of a mail, for providers that take whole messages: `outbox`, `resend`, `postmark`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from newsletter.errors import MergeError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.json_copy import JsonCopy, to_json_copies
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.mail import Mail, Message, Recipient

# What of each reader's goes into a call.
T = TypeVar("T")
# JSON cannot hold a lone surrogate, for UTF-8 has none.
_UNUSABLE = (MergeError, orjson.JSONEncodeError)


def copies_of(mail: Mail, recipients: Sequence[Recipient]) -> Iterator[Message | Receipt]:
    """
    For each recipient in order their copy, or the receipt that says why there can be none. One
    after the other: memory for a whole batch of mails costs more than to make them.
    """
    return _filled(lambda: compile_mail(mail).fill, recipients)


def json_copies_of(mail: Mail, recipients: Sequence[Recipient]) -> Iterator[JsonCopy | Receipt]:
    """
    The same, for providers that take their copies as JSON.
    """
    return _filled(lambda: to_json_copies(compile_mail(mail)).fill, recipients)


def _filled(
    ready: Callable[[], Callable[[Recipient], T]], recipients: Sequence[Recipient]
) -> Iterator[T | Receipt]:
    try:
        fill = ready()
    except _UNUSABLE as error:
        yield from [refusal(error)] * len(recipients)
        return
    for recipient in recipients:
        try:
            copy: T | Receipt = fill(recipient)
        except _UNUSABLE as error:
            copy = refusal(error)
        yield copy


def refusal(error: Exception) -> Receipt:
    """
    The receipt of a recipient whose copy cannot be made.
    """
    return Receipt(kind=ReceiptKind.REJECTED, reason=f"render: {error}")


def in_pieces(
    item: Mapping[str, Any], quoted: Mapping[str, Sequence[bytes]]
) -> list[bytes] | Receipt:
    """
    The JSON object of *item*, which has a member at least, and the *quoted* strings, not yet put
    together: a call's messages have megabytes, which are to be copied once. What is None in *item*
    is left out.
    """
    told = {name: value for name, value in item.items() if value is not None}
    try:
        pieces = [orjson.dumps(told)[:-1]]
    # A lone surrogate, which UTF-8 has not.
    except orjson.JSONEncodeError as error:
        return refusal(error)
    for name, string in quoted.items():
        pieces.append(b',"%s":' % name.encode())
        pieces += string
    pieces.append(b"}")
    return pieces


def in_one_array(
    items: Sequence[Sequence[bytes]], *, before: bytes = b"[", after: bytes = b"]"
) -> bytes:
    """
    The JSON array of *items*, at least one, put together.
    """
    pieces = []
    for item in items:
        pieces.append(b",")
        pieces += item
    pieces[0] = before
    pieces.append(after)
    return b"".join(pieces)


def hand_over_ready(
    items: Sequence[T | Receipt], hand_over: Callable[[Sequence[T]], BatchResult]
) -> BatchResult:
    """
    What became of all *items*, in order: those that are ready go in one call of *hand_over*,
    those that could not be made have their receipt already.
    """
    ready = [item for item in items if not isinstance(item, Receipt)]
    result = hand_over(ready) if ready else BatchResult(receipts=())
    answered = iter(result.receipts)
    receipts = tuple(item if isinstance(item, Receipt) else next(answered) for item in items)
    return dataclasses.replace(result, receipts=receipts)
