"""
Handing batches to a provider: claim, intent, call, result, with nothing sent twice.

Three transactions around one call. `begin` claims and writes the intent, `carry` makes the call
and touches nothing else (so it may run in a thread), `finish` keeps the result. `doubt` answers
for a batch whose call has no known end. The law is in CONTRIBUTING, "How a mail is sent".
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.delivery.confirmations import apply_confirmations, unsent_deliveries
from newsletter.delivery.flow_control.circuit_breaker import CircuitBreaker
from newsletter.delivery.flow_control.failover import Failover, split_to_fit
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.delivery.frozen_mail import FrozenMails
from newsletter.delivery.provider_call import Submission, submit_batch
from newsletter.delivery.results import (
    first_uncertain_reason,
    is_throttled,
    leaves_batch_uncertain,
    log_summary,
    look_up_delay,
    next_attempt_at,
    supports_reconciliation,
)
from newsletter.delivery.settlement import apply_receipts, request_hash
from newsletter.errors import NewsletterError, SettingsError, StoreError
from newsletter.model.delivery import BatchResult, Provider, ReceiptKind
from newsletter.model.failover import earliest
from newsletter.model.identifiers import call_key
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import Backoff
from newsletter.model.reputation import RejectionStreaks
from newsletter.store.database import Database
from newsletter.store.delivery import batches
from newsletter.store.delivery import claims as claiming
from newsletter.store.delivery import leases as owners
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.events import issue_reputation as tallies
from newsletter.store.issues import issues

logger = logging.getLogger(__name__)


class IntentAborted(NewsletterError):
    """
    The batch or its issue changed, or its turn is far off: the intent is rolled back, with skips.
    """


@dataclass(kw_only=True)
class Dispatcher:
    """
    The book of one sending process. `recipients_for` turns frozen deliveries into recipients with
    their links; `turns` says when a provider may be called, `probing` how many calls at a time,
    `going_over` when another one is. `on_step` hears each step's name (progress, tests that kill);
    `begun` counts intents written.
    """

    database: Database
    provider_named: Callable[[str], Provider]
    recipients_for: Callable[[Sequence[DeliveryRow], int, Mail], tuple[Recipient, ...]]
    instance: str
    owner: str
    clock: Callable[[], dt.datetime]
    backoff: Backoff
    rate_limiter: RateLimiter
    failover: Failover
    on_step: Callable[[str], None] = lambda step: None
    circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    rejections: RejectionStreaks = field(default_factory=RejectionStreaks)
    intents_written: int = 0
    _unsure: list[ClaimedBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mails = FrozenMails(self.database)
        self.claims = claiming.Claims(owner=self.owner)

    @property
    def is_throttled(self) -> bool:
        """
        Whether some provider is not to be called just now, by its pace or because it is probed.
        """
        return self.rate_limiter.is_behind or bool(
            self.circuit_breaker.open_providers(self.clock())
        )

    def prepare_next(
        self, issue_id: int | None = None, *, batch_id: int | None = None
    ) -> Submission | None:
        """
        The next batch, or the one that was asked for, claimed and with its intent written; None
        when there is none that may be handed over.
        """
        self.database.require_space()
        self.release_interrupted()
        self.on_step("claim.before")
        # A claim that a power cut undoes leaves a batch that may be claimed; no call was made.
        with self.database.write(is_kept=False) as connection:
            now = self.clock()
            held = self.claims.claim_next(
                connection,
                now=now,
                issue_id=issue_id,
                batch_id=batch_id,
                resting=()
                if batch_id
                else [
                    *self.rate_limiter.throttled_providers(),
                    *self.circuit_breaker.open_providers(now),
                ],
            )
        if held is None:
            return None
        self.on_step("claim.after")
        try:
            return self._record_intent(held)
        except StoreError:
            self._unsure.append(held)
            raise
        except Exception:
            # Nothing has left; whoever claimed it next would break too, and send nothing else.
            self._pause_broken(held, f"batch {held.no} cannot begin")
            return None

    def release_interrupted(self) -> None:
        """
        Gives back batches whose intent met a broken database. It may have been kept, and a batch
        that is HANDING in a living process is touched by nobody else; but no call was made.
        """
        while self._unsure:
            with self.database.write() as connection:
                if not batches.release_claim(connection, self._unsure[0]):
                    batches.schedule_retry(
                        connection,
                        self._unsure[0],
                        not_before=self.clock(),
                        reason="the database broke before the call",
                        is_try=False,
                    )
            self._unsure.pop(0)

    def _record_intent(self, held: ClaimedBatch) -> Submission | None:
        frozen = self.mails.of(held.issue_id)
        try:
            provider = self.provider_named(held.provider)
        except SettingsError as error:
            self._leave_unopened(held, str(error))
            return None
        key = call_key(self.instance, held.issue_id, held.no, held.epoch)
        now = self.clock()
        try:
            with self.database.write() as connection:
                rows = unsent_deliveries(connection, held)
                if held.provider != frozen.made_for:
                    rows = split_to_fit(
                        connection, held, rows, most=frozen.most_in(provider), now=now
                    )
                recipients = self.recipients_for(rows, held.issue_id, frozen.mail)
                intended = request_hash(frozen.sha256, key, recipients)
                if not batches.write_intent(connection, held, key=key, body_hash=intended, now=now):
                    raise IntentAborted(f"batch {held.no} of issue {held.issue_id} was lost")
                # Last, for all processes want this row.
                starts_s = self.rate_limiter.reserve(connection, provider, len(recipients))
                if starts_s is None:
                    raise IntentAborted(f"{provider.name} rests")
                self.on_step("intent.before_commit")
        except IntentAborted:
            self._release_claim(held, provider)
            return None
        self.intents_written += 1
        self.circuit_breaker.call_started(held.provider, key)
        self.on_step("intent.after")
        return Submission(
            batch=held,
            provider=provider,
            mail=frozen.mail,
            recipients=recipients,
            key=key,
            checked_at=now,
            called_at=now,
            starts_s=starts_s,
        )

    def _release_claim(self, held: ClaimedBatch, provider: Provider) -> None:
        """
        Gives a claimed batch back, to come again once the rest is over that its provider asked for,
        or its issue goes on through another.
        """
        rest_s, now = self.rate_limiter.cooldown_s(provider), self.clock()
        with self.database.write() as connection:
            if rest_s > 0:
                reason = f"{provider.name} asked for a rest"
                goes_over = self.failover.on_refused(connection, held, reason, now=now)
                until = earliest(now + dt.timedelta(seconds=rest_s), goes_over)
                batches.schedule_retry(
                    connection, held, not_before=until, reason=reason, is_try=False
                )
            else:
                batches.release_claim(connection, held)

    def _leave_unopened(self, held: ClaimedBatch, error: str) -> None:
        now = self.clock()
        with self.database.write() as connection:
            living = owners.live_workers(connection, self.database.file, now=now)
            others = set(living) - {self.owner}
            self.failover.defer_unconfigured(connection, held, error, to=others, now=now)

    def _pause_broken(self, held: ClaimedBatch, what: str) -> None:
        told = {"event": "batch.broke", "issue_id": held.issue_id, "batch": held.no}
        logger.exception("issue %s: %s", held.issue_id, what, extra=told)
        reason = f"{what}, a fault of the program: see the log and report it"
        later = self.clock() + self.backoff.wait(held.tries)
        with self.database.write() as connection:
            issues.try_move(connection, held.issue_id, IssueState.PAUSED, pause_reason=reason)
            # One whose call was made is in doubt.
            if not batches.release_claim(connection, held):
                batches.mark_uncertain(connection, held, not_before=later, reason=reason)

    def submit(self, hand_over: Submission) -> BatchResult:
        """
        The provider's answer. The one call that leaves the house; safe in a thread.
        """
        return submit_batch(
            hand_over, turns=self.rate_limiter, clock=self.clock, on_step=self.on_step
        )

    def record_result(self, hand_over: Submission, result: BatchResult) -> None:
        """
        Keeps what the provider said, and the issue's end if this was it.
        """
        held, now = hand_over.batch, self.clock()
        try:
            self._finish(hand_over, result, now=now)
        except StoreError:
            raise
        except Exception:
            # It would end this process, and the next one that gets such an answer.
            self._pause_broken(held, f"the answer for batch {held.no} cannot be kept")
        else:
            level, words = log_summary(result)
            told = {"event": "batch.finished", "issue_id": held.issue_id, "batch": held.no}
            logger.log(level, "issue %s: batch %s %s", held.issue_id, held.no, words, extra=told)
        self.circuit_breaker.call_finished(held.provider, hand_over.key, result, now=now)
        self.on_step("result.after")

    def _finish(self, hand_over: Submission, result: BatchResult, *, now: dt.datetime) -> None:
        held = hand_over.batch
        with self.database.write() as connection:
            goes_over = self.failover.on_result(connection, held, result, now=now)
            again = next_attempt_at(result, self.backoff.wait(held.tries), now=now)
            not_before = earliest(again, goes_over)
            self._keep(connection, hand_over, result, now=now, not_before=not_before)
            why = self.rejections.why_to_pause(held.issue_id, result)
            tallies.pause_for_rejections(connection, held.issue_id, why, now=now)
            self.record_rate_feedback(connection, hand_over, result)
            self.on_step("result.before_commit")

    def record_rate_feedback(
        self, connection: sa.Connection, hand_over: Submission, result: BatchResult
    ) -> None:
        """
        Keeps what an answer says of the provider's rate; the last in its transaction.
        """
        if result.rate is not None:
            self.rate_limiter.record_feedback(
                connection,
                hand_over.provider,
                result.rate,
                recipients=len(hand_over.recipients),
                called_s=hand_over.starts_s,
            )

    def _keep(
        self,
        connection: sa.Connection,
        hand_over: Submission,
        result: BatchResult,
        *,
        now: dt.datetime,
        not_before: dt.datetime,
    ) -> None:
        held, capabilities = hand_over.batch, hand_over.provider.capabilities
        result = apply_confirmations(
            connection,
            held,
            hand_over.recipients,
            result,
            can_be_asked=supports_reconciliation(capabilities),
        )
        kinds = {receipt.kind for receipt in result.receipts}
        is_whole = kinds == {ReceiptKind.RETRY} and not result.split
        if is_whole and batches.schedule_retry(
            connection,
            held,
            not_before=not_before,
            reason=result.receipts[0].reason,
            is_try=result.counts_as_attempt and not is_throttled(result),
        ):
            return
        # A batch that others called uncertain meanwhile is settled by what is known after all.
        if leaves_batch_uncertain(capabilities, kinds):
            self.mark_uncertain(connection, hand_over, first_uncertain_reason(result), now=now)
            return
        answers, halve = list(zip(hand_over.recipients, result.receipts, strict=True)), result.split
        apply_receipts(connection, held, answers, now=now, not_before=not_before, halve=halve)

    def mark_uncertain(
        self, connection: sa.Connection, hand_over: Submission, reason: str, *, now: dt.datetime
    ) -> None:
        """
        Has the provider asked later what became of the call.
        """
        held, lag = hand_over.batch, hand_over.provider.capabilities.look_up_lag
        rest = look_up_delay(self.backoff, held.tries, elapsed=now - hand_over.called_at)
        batches.mark_uncertain(connection, held, not_before=now + max(rest, lag), reason=reason)
