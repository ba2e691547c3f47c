"""
Answers for batches whose call has no known end: the process died in it, or no reply came.

In this order: the provider's look-up, its idempotency key while it lives and the bytes are the
same and nobody left meanwhile, else an event or a person. Never a plain second try.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.delivery.confirmations import apply_confirmations
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.provider_call import Submission
from newsletter.delivery.results import (
    adapter_crashed,
    first_uncertain_reason,
    leaves_batch_uncertain,
    supports_reconciliation,
    uncertain_for_all,
)
from newsletter.delivery.settlement import apply_receipts, request_hash
from newsletter.errors import SettingsError, StoreError
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    BatchState,
    Capabilities,
    Idempotency,
    LookUp,
    Provider,
    Receipt,
    ReceiptKind,
)
from newsletter.model.issue import IssueState
from newsletter.store.delivery import batches, deliveries
from newsletter.store.delivery import leases as owners
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.events import outcomes
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.flow_control import provider_accounts as accounts
from newsletter.store.issues import issues
from newsletter.store.tables import batch

logger = logging.getLogger(__name__)

# How much of a key's documented life is trusted.
KEY_LIFE_USED = 0.8
# What a provider's search has not told by then, it will not tell: none keeps its mails for longer
# on every plan.
LOOKED_UP_FOR = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class _Inquiry:
    """
    A hand-over as it was intended, and how its provider may be asked about it: under its key, now
    or once nothing is stopped (`key_holds`), or by a look-up; not where it `has_moved` to another
    account since.
    """

    hand_over: Submission
    may_replay: bool
    key_holds: bool
    may_look_up: bool
    has_moved: bool


def reconcile_next(dispatcher: Dispatcher) -> bool:
    """
    Whether an uncertain batch was looked at; False when none is due.
    """
    with dispatcher.database.write() as connection:
        held = owners.claim_uncertain(connection, owner=dispatcher.owner, now=dispatcher.clock())
    if held is None:
        return False
    try:
        _resolve(dispatcher, held)
    except SettingsError as error:
        _put_off(dispatcher, held, str(error), dispatcher.backoff.wait(held.tries))
    except StoreError:
        raise
    except Exception:
        # It would end this process, and the next one that looks at this batch.
        told = {"event": "doubt.broke", "issue_id": held.issue_id, "batch": held.no}
        line = "issue %s: batch %s cannot be asked about"
        logger.exception(line, held.issue_id, held.no, extra=told)
        reason = "it cannot be asked about, a fault of the program: see the log and report it"
        _put_off(dispatcher, held, reason, dispatcher.backoff.wait(held.tries))
    return True


def _resolve(dispatcher: Dispatcher, held: ClaimedBatch) -> None:
    """
    Raises:
        SettingsError: its provider is not set up any more.
    """
    question = _question_about(dispatcher, held)
    if question.may_replay:
        starts_s = _take_turn(dispatcher, question.hand_over)
        if starts_s is None:
            _put_off_shortly(dispatcher, held, f"{question.hand_over.provider.name} rests")
            return
        begins = replace(question.hand_over, starts_s=starts_s)
        question = replace(question, hand_over=begins)
    result = _ask(dispatcher, question)
    if result.counts_as_attempt or result.split:
        _keep_answer(dispatcher, question, result)
    else:
        _put_off_shortly(dispatcher, held, first_uncertain_reason(result))


def _take_turn(dispatcher: Dispatcher, hand_over: Submission) -> float | None:
    with dispatcher.database.write() as connection:
        return dispatcher.rate_limiter.reserve(
            connection, hand_over.provider, len(hand_over.recipients)
        )


def _question_about(dispatcher: Dispatcher, held: ClaimedBatch) -> _Inquiry:
    """
    Raises:
        SettingsError: its provider is not set up any more.
    """
    frozen = dispatcher.mails.of(held.issue_id)
    now = dispatcher.clock()
    with dispatcher.database.read() as connection:
        rows = deliveries.deliveries_of(connection, held)
        state = issues.load_issue(connection, held.issue_id).state
        stopped = stops.active_stop(connection)
        changed_at = accounts.changed_at(connection).get(held.provider)
        left = {row.id for row in rows if row.reason is not None}
        # For whom an event named a replay is no first hand-over, though they bounced since.
        left -= outcomes.confirmed_by_event(connection, sorted(left))
    hand_over = Submission(
        batch=held,
        provider=dispatcher.provider_named(held.provider),
        mail=frozen.mail,
        recipients=dispatcher.recipients_for(rows, held.issue_id, frozen.mail),
        key=held.key or "",
        checked_at=now,
        called_at=held.handed_at or now,
        starts_s=time.monotonic(),
    )
    is_same = held.body_hash == request_hash(frozen.sha256, hand_over.key, hand_over.recipients)
    # To those the first call never reached a replay is a first hand-over: not after a pause.
    is_sending = state is IssueState.SENDING and stopped is None
    has_moved = changed_at is not None and hand_over.called_at < changed_at
    key_holds = is_same and not left and not has_moved and _key_lives(hand_over, now)
    looks_up = hand_over.provider.capabilities.look_up is not LookUp.NONE
    return _Inquiry(
        hand_over=hand_over,
        may_replay=is_sending and key_holds,
        key_holds=key_holds,
        may_look_up=looks_up and not has_moved and held.handed_at is not None,
        has_moved=has_moved,
    )


def reconciles_at(
    connection: sa.Connection, issue_id: int, provider_named: Callable[[str], Provider]
) -> dt.datetime | None:
    """
    From when on their providers can be asked about everybody of the issue who is in doubt; None
    where nobody is, or nobody can be asked.
    """
    rows = connection.execute(
        sa.select(batch.c.provider, batch.c.not_before, batch.c.handed_at).where(
            batch.c.issue_id == issue_id, batch.c.state == BatchState.UNCERTAIN
        )
    ).all()
    known = {name: _capabilities(name, provider_named) for name in {row.provider for row in rows}}
    changed = accounts.changed_at(connection)
    asked = [
        (known[row.provider], row)
        for row in rows
        if row.provider not in changed or row.handed_at >= changed[row.provider]
    ]
    times = [row.not_before for found, row in asked if found and row.not_before]
    times += [
        row.handed_at + found.look_up_lag + owners.CALL_DEADLINE
        for found, row in asked
        if found and found.look_up_lag and row.handed_at
    ]
    return max(times, default=None)


def _capabilities(name: str, provider_named: Callable[[str], Provider]) -> Capabilities | None:
    """
    What a provider can do that can be asked what became of a call; None where it cannot, or is not
    set up any more.
    """
    try:
        found = provider_named(name).capabilities
    except SettingsError:
        return None
    return found if supports_reconciliation(found) else None


def _put_off(dispatcher: Dispatcher, held: ClaimedBatch, reason: str, rest: dt.timedelta) -> None:
    now = dispatcher.clock()
    with dispatcher.database.write() as connection:
        batches.mark_uncertain(connection, held, not_before=now + rest, reason=reason)


def _put_off_shortly(dispatcher: Dispatcher, held: ClaimedBatch, reason: str) -> None:
    """
    After a replay that was not called: its key may not live long.
    """
    _put_off(dispatcher, held, reason, dispatcher.backoff.first)


def _ask(dispatcher: Dispatcher, question: _Inquiry) -> BatchResult:
    hand_over = question.hand_over
    who, called_at = hand_over.recipients, hand_over.called_at
    if question.may_look_up:
        if not _has_settled(hand_over, dispatcher.clock()):
            return uncertain_for_all(who, "too early to ask the provider")
        return _looked_up(
            hand_over, Attempt(key=hand_over.key, handed_at=called_at, recipients=who)
        )
    if question.may_replay:
        return _replayed(dispatcher.submit(hand_over))
    why = "has another account now" if question.has_moved else "cannot say"
    return uncertain_for_all(who, f"the provider {why}; `newsletter issue resolve` decides")


def _has_settled(hand_over: Submission, now: dt.datetime) -> bool:
    """
    Whether a look-up tells the truth by now, however late within its deadline the call ended.
    """
    lag, handed_at = hand_over.provider.capabilities.look_up_lag, hand_over.batch.handed_at
    if not lag or handed_at is None:
        return True
    return now - handed_at >= lag + owners.CALL_DEADLINE


def _looked_up(hand_over: Submission, attempt: Attempt) -> BatchResult:
    try:
        result = hand_over.provider.look_up(attempt)
        if len(result.receipts) != len(attempt.recipients):
            raise ValueError(f"{len(result.receipts)} receipts for another number of people")
    except Exception:
        return adapter_crashed(hand_over.batch, attempt.recipients)
    return result


def _keep_answer(dispatcher: Dispatcher, question: _Inquiry, result: BatchResult) -> None:
    hand_over, now = question.hand_over, dispatcher.clock()
    tells = question.may_look_up and now - hand_over.called_at <= LOOKED_UP_FOR
    is_asked = question.key_holds or tells
    with dispatcher.database.write() as connection:
        result = apply_confirmations(
            connection, hand_over.batch, hand_over.recipients, result, can_be_asked=is_asked
        )
        kinds = {receipt.kind for receipt in result.receipts}
        if leaves_batch_uncertain(hand_over.provider.capabilities, kinds):
            dispatcher.mark_uncertain(
                connection, hand_over, first_uncertain_reason(result), now=now
            )
        else:
            apply_receipts(
                connection,
                hand_over.batch,
                list(zip(hand_over.recipients, result.receipts, strict=True)),
                now=now,
                not_before=now,
                halve=result.split,
            )
        dispatcher.record_rate_feedback(connection, hand_over, result)


def _key_lives(hand_over: Submission, now: dt.datetime) -> bool:
    capabilities, handed_at = hand_over.provider.capabilities, hand_over.batch.handed_at
    if capabilities.idempotency is not Idempotency.REPLAY or handed_at is None:
        return False
    if capabilities.key_life is None:
        return True
    return dt.timedelta(0) <= now - handed_at < capabilities.key_life * KEY_LIFE_USED


def _replayed(result: BatchResult) -> BatchResult:
    """
    A replay's answer, where "wait" says only that this call was not taken, nothing of the first;
    but a key's replay answers as the first call was answered, so a refusal of what was in it
    holds for both.
    """
    if result.split:
        return result
    receipts = tuple(
        Receipt(kind=ReceiptKind.UNCERTAIN, reason=said.reason)
        if said.kind is ReceiptKind.RETRY
        else said
        for said in result.receipts
    )
    return replace(result, receipts=receipts)
