"""
Send batches through a provider so that nothing is sent twice: claim, intent, call, result.

Three transactions around one call. `prepare_next` claims a batch and records the intent, `submit`
makes the call and touches nothing else (so it may run in a thread), `record_result` records the
result. `reconciliation` deals with batches whose call ended without a result. The rules are in
`docs/explanation/delivery.md`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.delivery.confirmations import load_confirmed
from newsletter.delivery.crash import pause_crashed
from newsletter.delivery.flow_control.circuit_breaker import CircuitBreaker
from newsletter.delivery.flow_control.failover import Failover
from newsletter.delivery.flow_control.rate_limiter import RateLimiter
from newsletter.delivery.frozen_mail import FrozenMails
from newsletter.delivery.intent import IntentAborted, record_intent
from newsletter.delivery.provider_call import Submission, submit_batch
from newsletter.delivery.result_log import log_finished, log_recorded
from newsletter.delivery.results import (
    CallRecord,
    next_attempt_at,
    plan_result,
    supports_reconciliation,
    without_known_key,
)
from newsletter.errors import SettingsError, StoreError, is_temporary
from newsletter.model.delivery import BatchResult, Provider
from newsletter.model.identifiers import call_key, instance_in
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import Backoff
from newsletter.model.reputation import RejectionStreaks
from newsletter.store.database import Database
from newsletter.store.delivery import batches
from newsletter.store.delivery.batches import ClaimedBatch
from newsletter.store.delivery.claims import Claims
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.delivery.reply_journal import ReplyJournal
from newsletter.store.delivery.results import record_plan
from newsletter.store.issues.pauses import try_pause
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Dispatcher:
    """
    Send the batches of one worker: claim a batch, record the intent, call the provider, record the
    result. `on_step` is called with the name of each step, for progress and for tests that kill the
    process.
    """

    database: Database
    provider_named: Callable[[str], Provider]
    recipients_for: Callable[[Sequence[DeliveryRow], int, Mail, str], tuple[Recipient, ...]]
    instance: str
    worker_id: str
    clock: Callable[[], dt.datetime]
    backoff: Backoff
    rate_limiter: RateLimiter
    failover: Failover
    on_step: Callable[[str], None] = lambda step: None
    circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    rejections: RejectionStreaks = field(default_factory=RejectionStreaks)
    replies: ReplyJournal = field(default_factory=ReplyJournal)
    intents_written: int = 0
    _interrupted: list[ClaimedBatch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mails = FrozenMails(self.database)
        self.claims = Claims(worker_id=self.worker_id)

    @property
    def is_throttled(self) -> bool:
        """
        Whether a provider must not be called right now because of its rate limit or its circuit
        breaker.
        """
        is_open = bool(self.circuit_breaker.open_providers(self.clock()))
        return self.rate_limiter.is_behind or is_open

    def _blocked_providers(self, now: dt.datetime) -> list[str]:
        throttled = self.rate_limiter.throttled_providers()
        return [*throttled, *self.circuit_breaker.open_providers(now)]

    def prepare_next(
        self, issue_id: int | None = None, *, batch_id: int | None = None
    ) -> Submission | None:
        """
        Claim the next batch, or the requested one, and record the intent to submit it. Return None
        if no batch can be submitted now.
        """
        self.database.require_space()
        self.release_interrupted()
        self.on_step("claim.before")
        # If a power cut undoes the claim, the batch can be claimed again: no call was made.
        with self.database.write(is_kept=False) as connection:
            now = self.clock()
            claimed = self.claims.claim_next(
                connection,
                now=now,
                issue_id=issue_id,
                batch_id=batch_id,
                blocked=() if batch_id else self._blocked_providers(now),
            )
        if claimed is None:
            return None
        self.on_step("claim.after")
        try:
            return self._record_intent(claimed)
        except Exception as error:
            if is_temporary(error):
                self._interrupted.append(claimed)
                raise
            # Nothing was sent, but every worker that claimed it would fail too and send nothing
            # else.
            self._pause_crashed(claimed, f"batch {claimed.no} could not be started")
            return None

    def release_interrupted(self) -> None:
        """
        Release batches whose intent failed with a database error. It may have been committed, and
        nobody else touches a batch that is SUBMITTING in a live worker, but no call was made.
        """
        while self._interrupted:
            with self.database.write() as connection:
                batches.release_interrupted(connection, self._interrupted[0], now=self.clock())
            self._interrupted.pop(0)

    def _record_intent(self, claimed: ClaimedBatch) -> Submission | None:
        frozen = self.mails.of(claimed.issue_id)
        try:
            provider = self.provider_named(claimed.provider)
        except SettingsError as error:
            self.failover.defer_unconfigured(
                self.database, claimed, str(error), worker_id=self.worker_id, now=self.clock()
            )
            return None
        instance = instance_in(self.instance, frozen.epoch)
        key = call_key(
            instance,
            claimed.issue_id,
            claimed.no,
            claimed.epoch,
            occasion=claimed.occasion or 0,
        )
        now = self.clock()
        try:
            with self.database.write() as connection:
                recipients, starts_s = record_intent(
                    connection,
                    claimed,
                    provider=provider,
                    frozen=frozen,
                    key=key,
                    recipients_for=self.recipients_for,
                    rate_limiter=self.rate_limiter,
                    now=now,
                )
                if provider.capabilities.writes_replies:
                    self.replies.begin(key, [who.delivery_id for who in recipients])
                self.on_step("intent.before_commit")
        except IntentAborted:
            self._release_claim(claimed, provider)
            return None
        except Exception:
            # No call is made.
            self.replies.forget(key)
            raise
        self.intents_written += 1
        self.circuit_breaker.call_started(claimed.provider, key)
        self.on_step("intent.after")
        return Submission(
            batch=claimed,
            provider=provider,
            mail=frozen.mail,
            recipients=recipients,
            key=key,
            checked_at=now,
            called_at=now,
            starts_s=starts_s,
        )

    def _release_claim(self, claimed: ClaimedBatch, provider: Provider) -> None:
        cooldown_s, now = self.rate_limiter.cooldown_s(provider), self.clock()
        with self.database.write() as connection:
            if cooldown_s > 0:
                self.failover.defer_for_cooldown(connection, claimed, cooldown_s, now=now)
            else:
                batches.release_claim(connection, claimed)

    def _pause_crashed(self, claimed: ClaimedBatch, what: str) -> None:
        now = self.clock()
        later = now + self.backoff.wait(claimed.attempts)
        pause_crashed(self.database, claimed, what, not_before=later, now=now)

    def submit(self, submission: Submission) -> BatchResult:
        """
        Call the provider. Only this call sends mail, and it may run in a thread.
        """
        return submit_batch(
            submission, rate_limiter=self.rate_limiter, clock=self.clock, on_step=self.on_step
        )

    def record_result(self, submission: Submission, result: BatchResult) -> None:
        """
        Record the result of a call, and mark the issue as submitted if this was its last call.
        """
        claimed, now = submission.batch, self.clock()
        result = without_known_key(result)
        try:
            self._record(submission, result, now=now)
        except StoreError:
            raise
        except Exception:
            # Otherwise it would end this process, and every other one that gets such a response.
            self._pause_crashed(claimed, f"the result of batch {claimed.no} could not be recorded")
        else:
            self.replies.forget(submission.key)
            log_finished(claimed, result)
        self.circuit_breaker.call_finished(claimed.provider, submission.key, result, now=now)
        self.on_step("result.after")

    def _record(self, submission: Submission, result: BatchResult, *, now: dt.datetime) -> None:
        claimed, capabilities = submission.batch, submission.provider.capabilities
        call = CallRecord(
            recipients=submission.recipients,
            capabilities=capabilities,
            attempts=claimed.attempts,
            called_at=submission.called_at,
            retry_at=next_attempt_at(result, self.backoff.wait(claimed.attempts), now=now),
            can_be_asked=supports_reconciliation(capabilities),
        )
        with self.database.write() as connection:
            plan = plan_result(
                call,
                result,
                refusal=self.failover.plan_for_result(connection, claimed, result, now=now),
                confirmed=load_confirmed(connection, claimed, call.recipients, result),
                rejections_reason=self._rejections_reason(claimed, result),
                backoff=self.backoff,
                now=now,
            )
            recorded = record_plan(connection, claimed, plan, now=now)
            if result.crash:
                # It would crash for everybody else too, and make each of them uncertain.
                reason = phrase(
                    "the adapter of provider {provider} crashed: {error}",
                    provider=claimed.provider,
                    error=result.crash,
                )
                try_pause(connection, claimed.issue_id, reason, now=now)
            self.record_rate_feedback(connection, submission, result)
            self.on_step("result.before_commit")
        if claimed.occasion is None:
            self.rejections.count(claimed.issue_id, result)
        if result.split:
            self.claims.take_split_first(claimed.issue_id)
        log_recorded(claimed, plan, recorded)

    def _rejections_reason(self, claimed: ClaimedBatch, result: BatchResult) -> str | None:
        """
        Return why *result* pauses the issue. A notice goes to whatever addresses strangers type,
        and an issue is sent again to people who rejected it, so their rejections do not pause it.
        """
        if claimed.occasion is not None:
            return None
        return self.rejections.pause_reason(claimed.issue_id, result)

    def record_rate_feedback(
        self, connection: sa.Connection, submission: Submission, result: BatchResult
    ) -> None:
        """
        Record what a response says about the provider's rate. Call it last in a transaction.
        """
        if result.rate is not None:
            self.rate_limiter.record_feedback(
                connection,
                submission.provider,
                result.rate,
                recipients=len(submission.recipients),
                called_s=submission.starts_s,
            )
