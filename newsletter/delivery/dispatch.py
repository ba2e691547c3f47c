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

from newsletter.delivery.confirmations import heeding_events, still_to_mail
from newsletter.delivery.flow_control.circuit_breaker import Probing
from newsletter.delivery.flow_control.failover import GoingOver, cut
from newsletter.delivery.flow_control.rate_limiter import Turns
from newsletter.delivery.frozen_mail import FrozenMails
from newsletter.delivery.provider_call import HandOver, call
from newsletter.delivery.results import (
    can_be_asked,
    doubt_in,
    goes_again_at,
    is_open_doubt,
    is_throttled,
    rest_in_doubt,
    told_of,
)
from newsletter.delivery.settlement import body_hash, settle_with_receipts
from newsletter.errors import NewsletterError, SettingsError, StoreError
from newsletter.model.delivery import BatchResult, Provider, ReceiptKind
from newsletter.model.failover import sooner
from newsletter.model.identifiers import call_key
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import Backoff
from newsletter.model.reputation import Rejections
from newsletter.store.database import Database
from newsletter.store.delivery import batches
from newsletter.store.delivery import claims as claiming
from newsletter.store.delivery import leases as owners
from newsletter.store.delivery.batches import BatchRow
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.events import issue_reputation as tallies
from newsletter.store.issues import issues

logger = logging.getLogger(__name__)


class _NotOursError(NewsletterError):
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
    turns: Turns
    going_over: GoingOver
    on_step: Callable[[str], None] = lambda step: None
    probing: Probing = field(default_factory=Probing)
    rejections: Rejections = field(default_factory=Rejections)
    begun: int = 0
    _unsure: list[BatchRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mails = FrozenMails(self.database)
        self.claims = claiming.Claims(owner=self.owner)

    @property
    def is_behind(self) -> bool:
        """
        Whether some provider is not to be called just now, by its pace or because it is probed.
        """
        return self.turns.is_behind or bool(self.probing.closed(self.clock()))

    def begin(self, issue_id: int | None = None, *, batch_id: int | None = None) -> HandOver | None:
        """
        The next batch, or the one that was asked for, claimed and with its intent written; None
        when there is none that may be handed over.
        """
        self.database.require_space()
        self.give_back_unsure()
        self.on_step("claim.before")
        # A claim that a power cut undoes leaves a batch that may be claimed; no call was made.
        with self.database.write(is_kept=False) as connection:
            now = self.clock()
            held = self.claims.claim_next(
                connection,
                now=now,
                issue_id=issue_id,
                batch_id=batch_id,
                resting=() if batch_id else [*self.turns.resting(), *self.probing.closed(now)],
            )
        if held is None:
            return None
        self.on_step("claim.after")
        try:
            return self._intend(held)
        except StoreError:
            self._unsure.append(held)
            raise
        except Exception:
            # Nothing has left; whoever claimed it next would break too, and send nothing else.
            self._pause_broken(held, f"batch {held.no} cannot begin")
            return None

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
                        is_try=False,
                    )
            self._unsure.pop(0)

    def _intend(self, held: BatchRow) -> HandOver | None:
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
                rows = still_to_mail(connection, held)
                if held.provider != frozen.made_for:
                    rows = cut(connection, held, rows, most=frozen.most_in(provider), now=now)
                recipients = self.recipients_for(rows, held.issue_id, frozen.mail)
                intended = body_hash(frozen.sha256, key, recipients)
                if not batches.write_intent(connection, held, key=key, body_hash=intended, now=now):
                    raise _NotOursError(f"batch {held.no} of issue {held.issue_id} was lost")
                # Last, for all processes want this row.
                starts_s = self.turns.take(connection, provider, len(recipients))
                if starts_s is None:
                    raise _NotOursError(f"{provider.name} rests")
                self.on_step("intent.before_commit")
        except _NotOursError:
            self._give_back(held, provider)
            return None
        self.begun += 1
        self.probing.began(held.provider, key)
        self.on_step("intent.after")
        return HandOver(
            batch=held,
            provider=provider,
            mail=frozen.mail,
            recipients=recipients,
            key=key,
            checked_at=now,
            called_at=now,
            starts_s=starts_s,
        )

    def _give_back(self, held: BatchRow, provider: Provider) -> None:
        """
        Gives a claimed batch back, to come again once the rest is over that its provider asked for,
        or its issue goes on through another.
        """
        rest_s, now = self.turns.rest_s(provider), self.clock()
        with self.database.write() as connection:
            if rest_s > 0:
                reason = f"{provider.name} asked for a rest"
                goes_over = self.going_over.turn_away(connection, held, reason, now=now)
                until = sooner(now + dt.timedelta(seconds=rest_s), goes_over)
                batches.wait(connection, held, not_before=until, reason=reason, is_try=False)
            else:
                batches.release(connection, held)

    def _leave_unopened(self, held: BatchRow, error: str) -> None:
        now = self.clock()
        with self.database.write() as connection:
            living = owners.living(connection, self.database.file, now=now)
            others = set(living) - {self.owner}
            self.going_over.leave_unopened(connection, held, error, to=others, now=now)

    def _pause_broken(self, held: BatchRow, what: str) -> None:
        told = {"event": "batch.broke", "issue_id": held.issue_id, "batch": held.no}
        logger.exception("issue %s: %s", held.issue_id, what, extra=told)
        reason = f"{what}, a fault of the program: see the log and report it"
        later = self.clock() + self.backoff.wait(held.tries)
        with self.database.write() as connection:
            issues.try_move(connection, held.issue_id, IssueState.PAUSED, pause_reason=reason)
            # One whose call was made is in doubt.
            if not batches.release(connection, held):
                batches.doubt(connection, held, not_before=later, reason=reason)

    def carry(self, hand_over: HandOver) -> BatchResult:
        """
        The provider's answer. The one call that leaves the house; safe in a thread.
        """
        return call(hand_over, turns=self.turns, clock=self.clock, on_step=self.on_step)

    def finish(self, hand_over: HandOver, result: BatchResult) -> None:
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
            level, words = told_of(result)
            told = {"event": "batch.finished", "issue_id": held.issue_id, "batch": held.no}
            logger.log(level, "issue %s: batch %s %s", held.issue_id, held.no, words, extra=told)
        self.probing.ended(held.provider, hand_over.key, result, now=now)
        self.on_step("result.after")

    def _finish(self, hand_over: HandOver, result: BatchResult, *, now: dt.datetime) -> None:
        held = hand_over.batch
        with self.database.write() as connection:
            goes_over = self.going_over.heed(connection, held, result, now=now)
            again = goes_again_at(result, self.backoff.wait(held.tries), now=now)
            not_before = sooner(again, goes_over)
            self._keep(connection, hand_over, result, now=now, not_before=not_before)
            why = self.rejections.why_to_pause(held.issue_id, result)
            tallies.trip_at(connection, held.issue_id, why, now=now)
            self.hear(connection, hand_over, result)
            self.on_step("result.before_commit")

    def hear(self, connection: sa.Connection, hand_over: HandOver, result: BatchResult) -> None:
        """
        Keeps what an answer says of the provider's rate; the last in its transaction.
        """
        if result.rate is not None:
            self.turns.hear(
                connection,
                hand_over.provider,
                result.rate,
                recipients=len(hand_over.recipients),
                called_s=hand_over.starts_s,
            )

    def _keep(
        self,
        connection: sa.Connection,
        hand_over: HandOver,
        result: BatchResult,
        *,
        now: dt.datetime,
        not_before: dt.datetime,
    ) -> None:
        held, capabilities = hand_over.batch, hand_over.provider.capabilities
        result = heeding_events(
            connection, held, hand_over.recipients, result, can_be_asked=can_be_asked(capabilities)
        )
        kinds = {receipt.kind for receipt in result.receipts}
        is_whole = kinds == {ReceiptKind.WAIT} and not result.halve
        if is_whole and batches.wait(
            connection,
            held,
            not_before=not_before,
            reason=result.receipts[0].reason,
            is_try=result.is_try and not is_throttled(result),
        ):
            return
        # A batch that others called uncertain meanwhile is settled by what is known after all.
        if is_open_doubt(capabilities, kinds):
            self.leave_in_doubt(connection, hand_over, doubt_in(result), now=now)
            return
        answers, halve = list(zip(hand_over.recipients, result.receipts, strict=True)), result.halve
        settle_with_receipts(connection, held, answers, now=now, not_before=not_before, halve=halve)

    def leave_in_doubt(
        self, connection: sa.Connection, hand_over: HandOver, reason: str, *, now: dt.datetime
    ) -> None:
        """
        Has the provider asked later what became of the call.
        """
        held, lag = hand_over.batch, hand_over.provider.capabilities.look_up_lag
        rest = rest_in_doubt(self.backoff, held.tries, since=now - hand_over.called_at)
        batches.doubt(connection, held, not_before=now + max(rest, lag), reason=reason)
