"""
The copies of a mail, for providers that take whole messages: `outbox` and `resend`.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.errors import MergeError
from newsletter.mail.merge import compile_mail
from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.mail import Mail, Message, Recipient


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
