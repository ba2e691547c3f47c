"""
A provider that answers from a list, and an issue that is sent through it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from installation import Installation

from newsletter import pipeline
from newsletter.delivery.dispatch import Dispatcher
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    DeliveryState,
    Idempotency,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Recipient
from newsletter.store.tables import batch

ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)


WAIT = Receipt(kind=ReceiptKind.RETRY, reason="too fast", retry_after_s=30)


UNCERTAIN = Receipt(kind=ReceiptKind.UNCERTAIN, reason="no reply came")


REPLAYS = Capabilities(
    max_recipients=2,
    max_bytes=10**9,
    idempotency=Idempotency.REPLAY,
    key_life=dt.timedelta(hours=24),
)


LOOKS_UP = Capabilities(max_recipients=2, max_bytes=10**9, look_up=LookUp.OWN_ID)


NEITHER = Capabilities(max_recipients=2, max_bytes=10**9)


@dataclass
class Scripted:
    """
    A provider that answers from a list, and remembers what was submitted to it.
    """

    answers: list[Callable[[int], BatchResult]]
    capabilities: Capabilities = NEITHER
    looked_up: list[Receipt] = field(default_factory=list)
    handed: list[tuple[str, list[str]]] = field(default_factory=list)
    name: str = "scripted"

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        self.handed.append((key, [recipient.email for recipient in recipients]))
        return self.answers.pop(0)(len(recipients))

    def look_up(self, attempt: Attempt) -> BatchResult:
        return BatchResult(receipts=tuple(self.looked_up))


def all_of(receipt: Receipt, pause: str | None = None) -> Callable[[int], BatchResult]:
    return lambda count: BatchResult(receipts=(receipt,) * count, account_problem=pause)


def each(*receipts: Receipt) -> Callable[[int], BatchResult]:
    return lambda count: BatchResult(receipts=receipts)


def sending(
    installation: Installation, provider: Scripted, *, readers: int = 2
) -> tuple[int, Dispatcher]:
    """
    Freeze an issue to some readers, and return the dispatcher that submits it to *provider*.
    """
    installation.app.providers["outbox"] = provider
    installation.add_list()
    installation.add_readers(readers)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    return issue_id, installation.app.dispatcher("me")


def submit_next(dispatcher: Dispatcher) -> bool:
    begun = dispatcher.prepare_next()
    if begun is None:
        return False
    dispatcher.record_result(begun, dispatcher.submit(begun))
    return True


def batches_of(installation: Installation, issue_id: int) -> list[tuple[int, str]]:
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(batch.c.no, batch.c.state)
            .where(batch.c.issue_id == issue_id)
            .order_by(batch.c.no)
        ).all()
    return [(row.no, row.state) for row in rows]


def states(installation: Installation, issue_id: int) -> dict[str, int]:
    counts = installation.counts(issue_id)
    return {s.value: counts[s.value] for s in DeliveryState if counts[s.value]}
