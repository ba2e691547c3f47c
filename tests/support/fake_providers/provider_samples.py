"""
Readers in any number, and a clock.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from issue_samples import make_recipient

from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.mail import Recipient

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
RETRY, UNCERTAIN = ReceiptKind.RETRY, ReceiptKind.UNCERTAIN
ACCEPTED, REJECTED = ReceiptKind.ACCEPTED, ReceiptKind.REJECTED


def make_reader(number: int, **values: Any) -> Recipient:
    defaults: dict[str, Any] = {
        "delivery_id": number,
        "email": f"reader{number}@example.com",
        "message_id": f"<i12-d{number}.abc@example.org>",
        "name": f"Reader {number}",
        "values": {"first_name": f"Reader{number}"},
    }
    return make_recipient(**(defaults | values))


def make_readers(count: int) -> list[Recipient]:
    return [make_reader(number) for number in range(1, count + 1)]


def kinds(receipts: tuple[Receipt, ...]) -> list[ReceiptKind]:
    return [receipt.kind for receipt in receipts]
