"""
What receipts do to the ledger: a batch settled, exceptions marked, refusals suppressed.

Called by `dispatch` after a call and by `doubt` after a look-up; pure SQL, no network.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Sequence

import orjson
import sqlalchemy as sa

from newsletter.model.delivery import (
    DeliveryState,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Recipient
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery.batches import ClaimedBatch
from subscribers.model import SuppressionReason
from subscribers.suppression import suppress
from subscribers.validation.address import parse_address

logger = logging.getLogger(__name__)


def apply_receipts(
    connection: sa.Connection,
    held: ClaimedBatch,
    answers: Sequence[tuple[Recipient, Receipt]],
    *,
    now: dt.datetime,
    not_before: dt.datetime,
    halve: bool = False,
) -> None:
    """
    Settles a batch by its receipts: who was not taken goes into a new batch, or into two with
    *halve*; who was refused for good may be suppressed. A batch that is no longer ours to settle
    is left as it is.
    """
    if not batches.settle(connection, held, outcome=DeliveryState.ACCEPTED, now=now):
        told = {"event": "batch.lost", "issue_id": held.issue_id, "batch": held.no}
        logger.warning(
            "issue %s: batch %s was settled by another", held.issue_id, held.no, extra=told
        )
        return
    put_off = [(who, said) for who, said in answers if said.kind is ReceiptKind.RETRY]
    waiting = [who.delivery_id for who, _ in put_off]
    said_first = put_off[0][1].reason if put_off else ""
    reason = "refused together with others" if halve else said_first or "asked to wait"
    for part in _halves(waiting) if halve else [waiting]:
        if part:
            deliveries.split_off(connection, held, part, not_before=not_before, reason=reason)
    deliveries.mark_deliveries(
        connection,
        [mark for who, said in answers if (mark := _exception_for(who, said)) is not None],
    )
    for who, said in answers:
        if said.suppress:
            suppress(
                connection,
                parse_address(who.email),
                reason=SuppressionReason.BOUNCE,
                now=now,
            )
    if batches.finish_issue(connection, held.issue_id, now=now):
        log_submitted(held.issue_id)


def log_submitted(issue_id: int) -> None:
    """
    Tells the log that everybody of an issue has an answer.
    """
    told = {"event": "issue.submitted", "issue_id": issue_id}
    logger.info("issue %s is submitted", issue_id, extra=told)


def log_orphaned(left: ClaimedBatch) -> None:
    """
    Tells the log what a process left in doubt that died.
    """
    told = {"event": "batch.buried", "issue_id": left.issue_id, "batch": left.no}
    words = "issue %s: batch %s is in doubt: the process that handed it over died"
    logger.warning(words, left.issue_id, left.no, extra=told)


def _halves(delivery_ids: Sequence[int]) -> list[Sequence[int]]:
    middle = (len(delivery_ids) + 1) // 2
    return [delivery_ids[:middle], delivery_ids[middle:]]


def _exception_for(who: Recipient, said: Receipt) -> dict[str, object] | None:
    if said.kind is ReceiptKind.REJECTED:
        return exception_row(who.delivery_id, DeliveryState.REJECTED, said.reason)
    if said.kind is ReceiptKind.UNCERTAIN:
        return exception_row(who.delivery_id, DeliveryState.UNCERTAIN, said.reason)
    number = said.provider_id or ""
    # One with a NUL in it, which PostgreSQL cannot keep, must not cost everybody the answer.
    if said.kind is ReceiptKind.ACCEPTED and number and number.isprintable():
        return exception_row(who.delivery_id, None, "", number)
    return None


def exception_row(
    delivery_id: int, state: DeliveryState | None, reason: str, provider_id: str | None = None
) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "state": state,
        "reason": reason,
        "provider_id": provider_id,
    }


def request_hash(mail_sha: str, key: str, recipients: Sequence[Recipient]) -> str:
    """
    The hash of everything a call is made of: the mail, the key, and each recipient's values.
    """
    told = [mail_sha, key, [(who.message_id, who.email, dict(who.values)) for who in recipients]]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
