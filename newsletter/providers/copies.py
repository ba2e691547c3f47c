"""
The copies of a mail, for providers that take whole messages: `outbox`, `resend`, `postmark`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TypeVar

from newsletter.errors import MergeError
from newsletter.mail.merge import compile_mail
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.mail import Mail, Message, Recipient

# What of each reader's goes into a call.
T = TypeVar("T")


def copies_of(mail: Mail, recipients: Sequence[Recipient]) -> list[Message | Receipt]:
    """
    For each recipient in order their copy, or the receipt that says why there can be none.
    """
    try:
        compiled = compile_mail(mail)
    except MergeError as error:
        return [refusal(error)] * len(recipients)
    copies: list[Message | Receipt] = []
    for recipient in recipients:
        try:
            copies.append(compiled.fill(recipient))
        except MergeError as error:
            copies.append(refusal(error))
    return copies


def refusal(error: Exception) -> Receipt:
    """
    The receipt of a recipient whose copy cannot be made.
    """
    return Receipt(kind=ReceiptKind.REJECTED, reason=f"render: {error}")


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
