"""
Fill each recipient's copy of a mail, and submit the copies that could be filled.
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

# The part of a call for one recipient.
T = TypeVar("T")
# JSON and forms cannot contain a lone surrogate, because UTF-8 cannot encode it.
UNUSABLE = (MergeError, orjson.JSONEncodeError, UnicodeEncodeError)


def fill_copies(mail: Mail, recipients: Sequence[Recipient]) -> Iterator[Message | Receipt]:
    """
    Yield each recipient's copy in order, or the receipt that says why it cannot be filled.

    Copies are made one at a time, because a whole batch in memory costs more than filling them.
    """
    return _fill_each(lambda: compile_mail(mail).fill, recipients)


def fill_json_copies(mail: Mail, recipients: Sequence[Recipient]) -> Iterator[JsonCopy | Receipt]:
    """
    Yield each recipient's copy for a JSON API, or the receipt that says why it cannot be filled.
    """
    return _fill_each(lambda: to_json_copies(compile_mail(mail)).fill, recipients)


def _fill_each(
    ready: Callable[[], Callable[[Recipient], T]], recipients: Sequence[Recipient]
) -> Iterator[T | Receipt]:
    try:
        fill = ready()
    except UNUSABLE as error:
        yield from [render_failure(error)] * len(recipients)
        return
    yield from fill_each(fill, recipients)


def fill_each(
    fill: Callable[[Recipient], T], recipients: Sequence[Recipient]
) -> Iterator[T | Receipt]:
    """
    Yield what *fill* makes for each recipient in order, or the receipt that says why it cannot be
    filled.
    """
    for recipient in recipients:
        try:
            copy: T | Receipt = fill(recipient)
        except UNUSABLE as error:
            copy = render_failure(error)
        yield copy


def render_failure(error: Exception) -> Receipt:
    """
    Return the receipt of a recipient whose copy cannot be filled.
    """
    return Receipt(kind=ReceiptKind.REJECTED, reason=f"cannot be rendered: {error}")


def json_fragments(
    item: Mapping[str, Any], strings: Mapping[str, Sequence[bytes]]
) -> list[bytes] | Receipt:
    """
    Return the JSON object of *item* and *strings* as fragments that are not joined yet.

    The messages of a call have megabytes, which should be copied only once. *item* has at least one
    member; members that are None are omitted. *strings* are already encoded.
    """
    members = {name: value for name, value in item.items() if value is not None}
    try:
        fragments = [orjson.dumps(members)[:-1]]
    # UTF-8 cannot encode a lone surrogate.
    except orjson.JSONEncodeError as error:
        return render_failure(error)
    for name, string in strings.items():
        fragments.append(b',"%s":' % name.encode())
        fragments += string
    fragments.append(b"}")
    return fragments


def join_array(
    items: Sequence[Sequence[bytes]], *, before: bytes = b"[", after: bytes = b"]"
) -> bytes:
    """
    Join *items*, at least one, into the bytes of a JSON array.
    """
    fragments = []
    for item in items:
        fragments.append(b",")
        fragments += item
    fragments[0] = before
    fragments.append(after)
    return b"".join(fragments)


def join_shared(sender: bytes, content: bytes, name: str, entries: Sequence[bytes]) -> bytes:
    """
    Join the JSON objects of the sender and the content, which have at least one member each, and
    the list *name* of *entries* into the JSON of one call.
    """
    shared = sender[:-1] + b"," + content[1:-1]
    return b'%s,"%s":[%s]}' % (shared, name.encode(), b",".join(entries))


def submit_ready(
    items: Sequence[T | Receipt], submit: Callable[[Sequence[T]], BatchResult]
) -> BatchResult:
    """
    Submit the items that are ready in one call, and return a receipt for every item, in order.

    An item that is already a receipt could not be filled and is not submitted.
    """
    ready = [item for item in items if not isinstance(item, Receipt)]
    result = submit(ready) if ready else BatchResult(receipts=())
    submitted = iter(result.receipts)
    receipts = tuple(item if isinstance(item, Receipt) else next(submitted) for item in items)
    return dataclasses.replace(result, receipts=receipts)
