"""
Record the results of calls that a process made and did not record before it was killed, from the
replies that it had written to its journal.

What was accepted is accepted, what was certainly not sent is sent, and at most one mail of each
call stays uncertain.
"""

from __future__ import annotations

import logging

from newsletter.delivery.confirmations import load_confirmed
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.result_log import log_recorded, log_summary
from newsletter.delivery.results import CallRecord, plan_result
from newsletter.errors import StoreError
from newsletter.model.delivery import FEW, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.mail import Recipient
from newsletter.store.delivery import deliveries, leases
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.reply_journal import JournaledCall, LeftJournal
from newsletter.store.delivery.results import record_plan
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.operations.database_identity import load_identity

logger = logging.getLogger(__name__)

# Replies are kept for servers that cannot be asked.
_CANNOT_BE_ASKED = Capabilities(max_recipients=FEW, max_bytes=0)
_RECEIPTS = {
    True: Receipt(kind=ReceiptKind.ACCEPTED),
    False: Receipt(kind=ReceiptKind.RETRY, reason="its process was killed before it was sent"),
    None: Receipt(
        kind=ReceiptKind.UNCERTAIN, reason="its process was killed before the server replied"
    ),
}


def take_over_replies(dispatcher: Dispatcher) -> None:
    """
    Record what the journals of dead processes say, and remove each that says nothing more. The
    replies of a batch whose call may still be open wait.
    """
    for journal in dispatcher.replies.left_behind():
        calls = journal.calls if _belongs(dispatcher, journal) else []
        waiting = [call for call in calls if not _take_over(dispatcher, call)]
        if not waiting:
            journal.remove()


def _belongs(dispatcher: Dispatcher, journal: LeftJournal) -> bool:
    """
    Return whether the journal is about this database, and not about the one that it was copied or
    restored from: that one may have sent more since.
    """
    with dispatcher.database.read() as connection:
        identity = load_identity(connection)
        is_copy = kill_switch.stop_of(connection, StopKind.COPY) is not None
    return identity is not None and identity.name == journal.database_name and not is_copy


def _take_over(dispatcher: Dispatcher, call: JournaledCall) -> bool:
    """
    Record what is known about the call. Return False if its batch cannot be reconciled yet.
    """
    if not call.says_something:
        return True
    with dispatcher.database.write() as connection:
        claimed = leases.claim_uncertain(
            connection, worker_id=dispatcher.worker_id, now=dispatcher.clock(), key=call.key
        )
        if claimed is None:
            return not leases.is_call_open(connection, call.key)
    try:
        _record(dispatcher, claimed, call)
    except StoreError:
        raise
    except Exception:
        # Otherwise every process would fail at it again and again, and reconcile nothing else.
        extra = {
            "event": "reconciliation.failed",
            "issue_id": claimed.issue_id,
            "batch": claimed.no,
        }
        message = "batch %s of issue %s cannot be reconciled because of a bug"
        logger.exception(message, claimed.no, claimed.issue_id, extra=extra)
    return True


def _record(dispatcher: Dispatcher, claimed: ClaimedBatch, call: JournaledCall) -> None:
    recipients = _recipients_of(dispatcher, claimed)
    accepted = (call.is_accepted(who.delivery_id) for who in recipients)
    result = BatchResult(receipts=tuple(_RECEIPTS[each] for each in accepted))
    now = dispatcher.clock()
    record = CallRecord(
        recipients=recipients,
        capabilities=_CANNOT_BE_ASKED,
        attempts=claimed.attempts,
        called_at=claimed.call_started_at or now,
        retry_at=now,
        can_be_asked=False,
        goes_again=False,
    )
    with dispatcher.database.write() as connection:
        confirmed = load_confirmed(connection, claimed, recipients, result)
        plan = plan_result(record, result, confirmed=confirmed, backoff=dispatcher.backoff, now=now)
        recorded = record_plan(connection, claimed, plan, now=now)
    extra = {"event": "replies.taken_over", "issue_id": claimed.issue_id, "batch": claimed.no}
    message = "batch %s of issue %s %s: its process was killed, and left its replies"
    logger.info(message, claimed.no, claimed.issue_id, log_summary(result)[1], extra=extra)
    log_recorded(claimed, plan, recorded)


def _recipients_of(dispatcher: Dispatcher, claimed: ClaimedBatch) -> tuple[Recipient, ...]:
    frozen = dispatcher.mails.of(claimed.issue_id)
    with dispatcher.database.read() as connection:
        rows = deliveries.deliveries_of(connection, claimed, frozen.notice, now=dispatcher.clock())
    return dispatcher.recipients_for(rows, claimed.issue_id, frozen.mail, frozen.epoch)
