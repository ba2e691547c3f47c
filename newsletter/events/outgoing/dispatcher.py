"""
Send events to webhooks: claim those that are due, post each, and record what came of it.

An event is sent at least once. The intent is committed before the request as a lease, so after a
crash another process sends the event again, under the same id.
"""

from __future__ import annotations

import datetime as dt
import http
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.errors import NewsletterError
from newsletter.events.outgoing.health import health_after
from newsletter.events.outgoing.signature import WebhookSecrets, sign_payload
from newsletter.isolation.poster import Poster
from newsletter.model.outgoing import (
    AttemptResult,
    ClaimedEvent,
    OutgoingWebhook,
    RetryPolicy,
    SendResult,
    SendState,
    WebhookState,
)
from newsletter.settings.plugins import last_line
from newsletter.store.database import Database
from newsletter.store.outgoing.attempts import log_attempts
from newsletter.store.outgoing.deliveries import (
    SettledEvent,
    claim_events,
    release_events,
    settle_events,
)
from newsletter.store.outgoing.webhooks import lock_webhook, store_health

logger = logging.getLogger(__name__)

_REDIRECTS = "redirects are not followed: `newsletter webhook edit` sets the new address"


@dataclass(frozen=True, kw_only=True)
class SentEvent:
    """
    An event that was claimed, and the result of the attempt; None if there was none.
    """

    claimed: ClaimedEvent
    result: SendResult | None


@dataclass(frozen=True, kw_only=True)
class ClaimedEvents:
    """
    Events that were claimed for one webhook.
    """

    webhook: OutgoingWebhook
    events: Sequence[ClaimedEvent]


@dataclass(kw_only=True)
class WebhookDispatcher:
    """
    Sends the events of an installation. Only `send` waits for a network, and it may run in a
    thread. `attempts` counts the recorded attempts.
    """

    database: Database
    poster: Poster
    secrets: WebhookSecrets
    clock: Callable[[], dt.datetime]
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    attempts: Counter[AttemptResult] = field(default_factory=Counter)

    def settle_and_claim(
        self, webhook_id: int, sent: Sequence[SentEvent], *, limit: int
    ) -> ClaimedEvents | None:
        """
        Record what came of sending events to a webhook and claim up to *limit* new ones, in one
        transaction. Return None if the webhook was removed.
        """
        now = self.clock()
        # A power cut may undo this: then events are sent again, under the same ids.
        with self.database.write(is_kept=False) as connection:
            before = lock_webhook(connection, webhook_id)
            if before is None:
                return None
            after = self._settle(connection, before, sent, now=now) if sent else before
            claimed = self._claim(connection, after, limit, now=now)
        self.attempts.update(each.result.outcome for each in sent if each.result is not None)
        self._log_health(before, after, sent)
        return ClaimedEvents(webhook=after, events=claimed)

    def send(self, webhook: OutgoingWebhook, claimed: ClaimedEvent) -> SentEvent:
        """
        Send an event, unless too little time of its lease is left.
        """
        if claimed.lease_until - self.clock() < self.policy.lease / 4:
            return SentEvent(claimed=claimed, result=None)
        result = self.post(webhook, claimed.message_id, claimed.payload())
        return SentEvent(claimed=claimed, result=result)

    def post(
        self, webhook: OutgoingWebhook, message_id: str, payload: Mapping[str, object]
    ) -> SendResult:
        """
        Sign and post a payload, and return what came of it. No failure is an exception.
        """
        at, started_s = self.clock(), time.monotonic()
        posted, error = None, ""
        try:
            secrets = self.secrets.secrets_of(webhook, now=at)
            request = sign_payload(message_id, payload, secrets, now=at)
            posted = self.poster.post(webhook.url, request.body, request.headers)
        except NewsletterError as failure:
            error = str(failure)
        except Exception as failure:
            extra = {"event": "outgoing_webhook.crashed", "webhook": webhook.name}
            logger.exception("sending to webhook %s crashed", webhook.name, extra=extra)
            error = f"{last_line(failure)}: this is a bug, see the log"
        return SendResult(
            at=at,
            duration_ms=round((time.monotonic() - started_s) * 1000),
            status=posted.status if posted else None,
            error=_error_in(posted.status) if posted else error,
            retry_after_s=posted.retry_after_s if posted else None,
        )

    def _settle(
        self,
        connection: sa.Connection,
        webhook: OutgoingWebhook,
        sent: Sequence[SentEvent],
        *,
        now: dt.datetime,
    ) -> OutgoingWebhook:
        unsent = [each.claimed for each in sent if each.result is None]
        release_events(connection, webhook.id, unsent, now=now)
        done = [(each.claimed, each.result) for each in sent if each.result is not None]
        if not done:
            return webhook
        settled = [self._settled(claimed, result, now=now) for claimed, result in done]
        settle_events(connection, webhook.id, settled)
        log_attempts(
            connection, webhook.id, [(each.event_id, each.kind, result) for each, result in done]
        )
        for each in settled:
            if each.state is SendState.FAILED:
                extra = {"event": "outgoing_webhook.gave_up", "webhook": webhook.name}
                message = "gave up sending event %s to webhook %s"
                logger.warning(message, each.claimed.key, webhook.name, extra=extra)
        after = health_after(webhook, [result for _, result in done], self.policy, now=now)
        store_health(connection, after)
        return after

    def _settled(
        self, claimed: ClaimedEvent, result: SendResult, *, now: dt.datetime
    ) -> SettledEvent:
        if result.is_delivered:
            return SettledEvent(claimed=claimed, state=SendState.DELIVERED, at=now)
        next_at = self.policy.next_attempt(claimed, result)
        state = SendState.FAILED if next_at is None else SendState.WAITING
        return SettledEvent(claimed=claimed, state=state, at=now, next_at=next_at)

    def _claim(
        self, connection: sa.Connection, webhook: OutgoingWebhook, limit: int, *, now: dt.datetime
    ) -> list[ClaimedEvent]:
        is_closed = webhook.next_at is not None and webhook.next_at > now
        if limit < 1 or is_closed or webhook.state is WebhookState.PAUSED:
            return []
        is_probe = webhook.failures >= self.policy.failures_before_probe
        return claim_events(
            connection,
            webhook.id,
            limit=1 if is_probe else limit,
            now=now,
            lease_until=now + self.policy.lease,
        )

    def _log_health(
        self, before: OutgoingWebhook, after: OutgoingWebhook, sent: Sequence[SentEvent]
    ) -> None:
        """
        Log that a webhook is paused, starts to fail or works again. A few failures are not logged.
        """
        errors = [each.result.error for each in sent if each.result and each.result.error]
        many = self.policy.failures_before_probe
        if after.state is not before.state:
            extra = {"event": "outgoing_webhook.paused", "webhook": after.name}
            message = "webhook %s is paused, because %s: `newsletter webhook resume %s` resumes it"
            why = errors[-1] if errors else after.pause_cause
            logger.error(message, after.name, why, after.name, extra=extra)
        elif before.failures < many <= after.failures:
            extra = {"event": "outgoing_webhook.failing", "webhook": after.name}
            logger.warning("webhook %s fails: %s", after.name, errors[-1], extra=extra)
        elif after.failures < many <= before.failures:
            extra = {"event": "outgoing_webhook.recovered", "webhook": after.name}
            logger.info("webhook %s works again", after.name, extra=extra)


def _error_in(status: int) -> str:
    """
    Return what to log about the status of a response; nothing if it means success.
    """
    if 200 <= status < 300:
        return ""
    phrase = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else "unknown"
    advice = f": {_REDIRECTS}" if 300 <= status < 400 else ""
    return f"the response was {status} {phrase}{advice}"
