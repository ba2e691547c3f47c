"""
Record the intent to submit a batch: the second of the three transactions around a call.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence

import orjson
import sqlalchemy as sa

from newsletter.delivery.confirmations import unsent_deliveries
from newsletter.delivery.flow_control.failover import split_to_fit
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.delivery.frozen_mail import FrozenMail
from newsletter.errors import NewsletterError
from newsletter.model.delivery import Provider
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery import batches
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from subscribers.text.phrases import phrase


class IntentAborted(NewsletterError):
    """
    Raised to roll the intent back: the claim was lost, the issue stopped sending, or the rate
    limiter has no slot.
    """


def record_intent(
    connection: sa.Connection,
    claimed: ClaimedBatch,
    *,
    provider: Provider,
    frozen: FrozenMail,
    key: str,
    recipients_for: Callable[[Sequence[DeliveryRow], int, Mail, str], tuple[Recipient, ...]],
    rate_limiter: RateLimiter,
    now: dt.datetime,
) -> tuple[tuple[Recipient, ...], float]:
    """
    Remove recipients who may no longer be mailed, record that the others are about to be submitted,
    and reserve a slot for the call. Return the recipients, and when the call may start on the
    monotonic clock.

    Raises:
        IntentAborted: the claim was lost, the issue is not sending, the kill switch is on, or the
            rate limiter has no slot.
    """
    rows = unsent_deliveries(connection, claimed, frozen.notice, now=now)
    if claimed.provider != frozen.made_for:
        rows = split_to_fit(connection, claimed, rows, limit=frozen.limit_for(provider), now=now)
    recipients = recipients_for(rows, claimed.issue_id, frozen.mail, frozen.epoch)
    sha256 = request_hash(frozen.sha256, key, recipients)
    if not batches.write_intent(connection, claimed, key=key, request_hash=sha256, now=now):
        raise IntentAborted(
            phrase("batch {no} of issue {issue} was lost", no=claimed.no, issue=claimed.issue_id)
        )
    # Last, so that the lock is held briefly: every process updates this row.
    starts_s = rate_limiter.reserve(connection, provider, len(recipients))
    if starts_s is None:
        raise IntentAborted(phrase("{provider} has no free slot", provider=provider.name))
    return recipients, starts_s


def request_hash(mail_sha256: str, key: str, recipients: Sequence[Recipient]) -> str:
    """
    Return the hash of everything in a call: the mail, the key, and each recipient's values.
    """
    parts = [
        mail_sha256,
        key,
        [(who.message_id, who.email, dict(who.values)) for who in recipients],
    ]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
