"""
A provider for a million readers that answers in every possible way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from million import BATCH

from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.webhooks import NoWebhooks

ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
NUMBERED = Receipt(kind=ReceiptKind.ACCEPTED, provider_id="p-1")
BOUNCED = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox", suppress=True)
LATER = Receipt(kind=ReceiptKind.RETRY, reason="throttled", retry_after_s=0.0)
UNSURE = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no answer")

# With nobody taken the issue would be paused.
MOSTLY_BOUNCED = (ACCEPTED, *[BOUNCED] * 9)


class Scripted(NoWebhooks):
    """
    A provider that answers in every possible way, in turn.
    """

    name = "scripted"
    capabilities = Capabilities(max_recipients=BATCH, max_bytes=10**8, look_up=LookUp.OWN_ID)

    def __init__(self) -> None:
        self.replies = cycle(
            [ACCEPTED, NUMBERED, MOSTLY_BOUNCED, LATER, UNSURE, (ACCEPTED, LATER, UNSURE, BOUNCED)]
        )

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        return BatchResult(receipts=tuple(self._answers(len(recipients))))

    def _answers(self, count: int) -> list[Receipt]:
        turn = next(self.replies)
        among = turn if isinstance(turn, tuple) else (turn,)
        return [among[place % len(among)] for place in range(count)]

    def look_up(self, attempt: Attempt) -> BatchResult:
        return BatchResult(receipts=(ACCEPTED,) * len(attempt.recipients))
