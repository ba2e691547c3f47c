"""
Handing batches to a provider: claim, intent, call, result, with nothing sent twice.

Three transactions around one call. `begin` claims and writes the intent, `carry` makes the call
and touches nothing else (so it may run in a thread), `finish` keeps the result. `doubt` answers
for a batch whose call has no known end. The law is in CONTRIBUTING, "How a mail is sent".
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.errors import NewsletterError, SettingsError, StoreError
from newsletter.heeding import heeding_events, still_to_mail
from newsletter.model.delivery import BatchResult, Provider, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.pacing import Backoff, Pace
from newsletter.settling import (
    all_broken,
    all_wait,
    body_hash,
    can_be_asked,
    doubt_in,
    is_open_doubt,
    settle_with_receipts,
)
from newsletter.store import batches, freezing, issues, owners
from newsletter.store.batches import BatchRow
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryRow

logger = logging.getLogger(__name__)

# An intent's look at who left is trusted this long; a call that would begin later begins anew.
INTENT_LIFE = dt.timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """
    One batch on its way: what `carry` needs, and what `finish` needs to know it by. Who may be
    mailed was looked up at `checked_at`.
    """

    batch: BatchRow
    provider: Provider
    mail: Mail
    recipients: tuple[Recipient, ...]
    key: str
    checked_at: dt.datetime


class _NotOursError(NewsletterError):
    """
    The batch or its issue changed since the claim: the intent is rolled back, skips included.
    """


@dataclass(kw_only=True)
class Dispatcher:
    """
    The book of one sending process. `recipient_for` turns a frozen delivery into a recipient
    with their links; `pace_for` a provider's name into its rate; `on_step` hears each step's name
    (progress, and the tests that kill). `begun` counts the intents written.
    """

    database: Database
    provider_named: Callable[[str], Provider]
    recipient_for: Callable[[DeliveryRow, int, Mail], Recipient]
    instance: str
    owner: str
    clock: Callable[[], dt.datetime]
    backoff: Backoff
    on_step: Callable[[str], None] = lambda step: None
    pace_for: Callable[[str], Pace | None] = lambda name: None
    begun: int = 0
    _pacing: threading.Lock = field(default_factory=threading.Lock)
    _mails: dict[int, tuple[Mail, str, str]] = field(default_factory=dict)
    _unsure: list[BatchRow] = field(default_factory=list)

    def begin(self, issue_id: int | None = None, *, batch_id: int | None = None) -> HandOver | None:
        """
        The next batch, or the one that was asked for, claimed and with its intent written; None
        when there is none that may be handed over.
        """
        self.database.require_space()
        self.give_back_unsure()
        self.on_step("claim.before")
        with self.database.write() as connection:
            held = batches.claim_batch(
                connection,
                owner=self.owner,
                now=self.clock(),
                lease=owners.LEASE,
                issue_id=issue_id,
                batch_id=batch_id,
            )
        if held is None:
            return None
        self.on_step("claim.after")
        try:
            return self._intend(held)
        except StoreError:
            self._unsure.append(held)
            raise

    def give_back_unsure(self) -> None:
        """
        Gives back batches whose intent met a broken database. It may have been kept, and a batch
        that is HANDING in a living process is touched by nobody else; but no call was made.
        """
        while self._unsure:
            with self.database.write() as connection:
                if not batches.release(connection, self._unsure[0]):
                    batches.wait(
                        connection,
                        self._unsure[0],
                        not_before=self.clock(),
                        reason="the database broke before the call",
                    )
            self._unsure.pop(0)

    def _intend(self, held: BatchRow) -> HandOver | None:
        mail, mail_sha, provider_name = self.mail_of(held.issue_id)
        try:
            provider = self.provider_named(provider_name)
        except SettingsError as error:
            self._pause(held, str(error))
            return None
        key = f"{self.instance}-i{held.issue_id}-b{held.no}-{held.tries + 1}"
        now = self.clock()
        try:
            with self.database.write() as connection:
                rows = still_to_mail(connection, held)
                recipients = tuple(self.recipient_for(row, held.issue_id, mail) for row in rows)
                intended = body_hash(mail_sha, key, recipients)
                if not batches.write_intent(connection, held, key=key, body_hash=intended, now=now):
                    raise _NotOursError(f"batch {held.no} of issue {held.issue_id} was lost")
                self.on_step("intent.before_commit")
        except _NotOursError:
            with self.database.write() as connection:
                batches.release(connection, held)
            return None
        self.begun += 1
        self.on_step("intent.after")
        return HandOver(
            batch=held,
            provider=provider,
            mail=mail,
            recipients=recipients,
            key=key,
            checked_at=now,
        )

    def _pause(self, held: BatchRow, reason: str) -> None:
        with self.database.write() as connection:
            issues.try_move(connection, held.issue_id, IssueState.PAUSED, pause_reason=reason)
            batches.release(connection, held)

    def mail_of(self, issue_id: int) -> tuple[Mail, str, str]:
        if issue_id not in self._mails:
            with self.database.read() as connection:
                frozen = freezing.load_mail(connection, issue_id)
                provider = issues.load_issue(connection, issue_id).provider
            if frozen is None:
                raise NewsletterError(f"issue {issue_id} is sending but has no frozen mail")
            self._mails.clear()
            self._mails[issue_id] = (*frozen, provider)
        return self._mails[issue_id]

    def carry(self, hand_over: HandOver) -> BatchResult:
        """
        The provider's answer. The one call that leaves the house; safe in a thread.
        """
        if not hand_over.recipients:
            return BatchResult(receipts=())
        rest_s = self._keep_pace(hand_over)
        if rest_s is None and not self._is_fresh(hand_over):
            rest_s = 0.0
        if rest_s is not None:
            return all_wait(hand_over.recipients, "its turn came too late", retry_after_s=rest_s)
        try:
            result = hand_over.provider.send(hand_over.mail, hand_over.recipients, hand_over.key)
            if len(result.receipts) != len(hand_over.recipients):
                raise ValueError(f"{len(result.receipts)} receipts for another number of people")
        except Exception:
            # An adapter that breaks in mid-call may have been heard: that is doubt, not failure.
            result = all_broken(hand_over.batch, hand_over.recipients)
        self.on_step("call.after")
        return result

    def _is_fresh(self, hand_over: HandOver, *, after_s: float = 0.0) -> bool:
        """
        Whether the intent still holds *after_s* from now; not after a clock's jump either way, nor
        in quiet hours.
        """
        at = self.clock() + dt.timedelta(seconds=after_s)
        not_after = hand_over.batch.not_after
        if not_after is not None and at >= not_after:
            return False
        return abs(at - hand_over.checked_at) <= INTENT_LIFE

    def _keep_pace(self, hand_over: HandOver) -> float | None:
        """
        Rests as long as the provider's own rate asks, in its own unit. The seconds still to rest
        where the intent would not last so long (readers may leave meanwhile), else None.
        """
        pace = self.pace_for(hand_over.provider.name)
        if pace is None:
            return None
        is_by_head = hand_over.provider.capabilities.rate_unit == "recipients"
        cost = len(hand_over.recipients) if is_by_head else 1
        while True:
            with self._pacing:
                rest_s = pace.wait_s(cost, time.monotonic())
            if rest_s <= 0:
                return None
            if not self._is_fresh(hand_over, after_s=rest_s):
                return rest_s
            time.sleep(rest_s)

    def finish(self, hand_over: HandOver, result: BatchResult) -> None:
        """
        Keeps what the provider said, in one transaction, and the issue's end if this was it.
        """
        held, now = hand_over.batch, self.clock()
        with self.database.write() as connection:
            if result.pause is not None:
                issues.try_move(
                    connection, held.issue_id, IssueState.PAUSED, pause_reason=result.pause
                )
            self._keep(connection, hand_over, result, now)
            self.on_step("result.before_commit")
        self.on_step("result.after")
        told = {"event": "batch.finished", "issue_id": held.issue_id, "batch": held.no}
        logger.info("issue %s: batch %s is handed over", held.issue_id, held.no, extra=told)

    def _keep(
        self,
        connection: sa.Connection,
        hand_over: HandOver,
        result: BatchResult,
        now: dt.datetime,
    ) -> None:
        held, capabilities = hand_over.batch, hand_over.provider.capabilities
        result = heeding_events(
            connection, hand_over.recipients, result, can_be_asked=can_be_asked(capabilities)
        )
        kinds = {receipt.kind for receipt in result.receipts}
        is_whole = kinds == {ReceiptKind.WAIT} and not result.halve
        if is_whole and batches.wait(
            connection,
            held,
            not_before=self._not_before(held, result.receipts, now),
            reason=result.receipts[0].reason,
        ):
            return
        # A batch that others called uncertain meanwhile is settled by what is known after all.
        if is_open_doubt(capabilities, kinds):
            self.leave_in_doubt(connection, hand_over, doubt_in(result), now)
            return
        settle_with_receipts(
            connection,
            held,
            list(zip(hand_over.recipients, result.receipts, strict=True)),
            now=now,
            not_before=self._not_before(held, result.receipts, now),
            halve=result.halve,
        )

    def leave_in_doubt(
        self, connection: sa.Connection, hand_over: HandOver, reason: str, now: dt.datetime
    ) -> None:
        capabilities = hand_over.provider.capabilities
        rest = max(capabilities.look_up_lag, self.backoff.wait(hand_over.batch.tries))
        batches.doubt(connection, hand_over.batch, not_before=now + rest, reason=reason)

    def _not_before(
        self, held: BatchRow, receipts: Sequence[Receipt], now: dt.datetime
    ) -> dt.datetime:
        asked = [r.retry_after_s for r in receipts if r.retry_after_s is not None]
        if asked:
            return now + dt.timedelta(seconds=max(asked))
        return now + self.backoff.wait(held.tries)
