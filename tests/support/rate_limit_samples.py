"""
Providers and clocks that the tests of the rate limiter share.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from installation import Installation

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.rate import RateFeedback
from newsletter.store.tables import rate_limit


def throttled(*, rest_s: float = 30.0) -> BatchResult:
    waits = Receipt(kind=ReceiptKind.RETRY, reason="HTTP 429", retry_after_s=rest_s)
    word = RateFeedback(cooldown_s=rest_s, is_throttled=True)
    return BatchResult(receipts=(waits, waits), rate=word)


def forget_rest(installation: Installation, dispatcher: Dispatcher) -> None:
    installation.now += dt.timedelta(seconds=5)
    dispatcher.rate_limiter = RateLimiter(
        database=installation.app.database, clock=lambda: installation.now
    )
    with installation.app.database.write() as connection:
        connection.execute(sa.delete(rate_limit))
