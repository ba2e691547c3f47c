"""
The webhook endpoint of all providers: `/hooks/NAME/SECRET`. A webhook's raw bytes are verified and
stored (`group_commit` stores simultaneous ones together) before the response is sent;
`events.processor` parses them later.

A wrong name or secret gets the same 404 as any unknown URL. 403 and 406 are never used, because
Postmark and Mailgun stop retrying after them. A stored webhook gets a 200, because Mailgun and
(according to one of its pages) SparkPost treat any other status as a failure and retry for hours
(https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import FetchError, SettingsError
from newsletter.model.event import TopicSubscriber
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival
from newsletter.store.flow_control import kill_switch
from newsletter.web.webhooks.group_commit import GroupCommit

logger = logging.getLogger(__name__)

PREFIX = "/hooks/"
# A webhook may hold many events of a kilobyte or two: SparkPost's pages name 1,000 and more
# (https://support.sparkpost.com/docs/tech-resources/webhook-data-streams). Most have one.
MAX_BYTES = 2 * 1024 * 1024
# If this many are waiting, providers are asked to retry; each of them does so for hours.
MAX_WAITING = 50_000
COUNT_EVERY_S = 1.0
RETRY_AFTER_S = 60


class WebhookEndpoint:
    """
    Receive the webhooks of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._group_commit = GroupCommit(self._store_all)
        # Providers that are open and can verify a webhook without waiting for a file or the
        # network.
        self._verified_inline: set[str] = set()
        self._counted_at_s = float("-inf")
        self._is_full = False

    def routes(self) -> list[Route]:
        """
        Return the one route.
        """
        return [Route(PREFIX + "{name}/{secret}", self.receive, methods=["POST"])]

    def body_limit(self, path: str) -> int | None:
        """
        Return how many bytes a webhook to *path* may have; None if its name or secret is wrong, so
        that only providers can make us read so much.
        """
        name, _, secret = path.removeprefix(PREFIX).partition("/")
        return MAX_BYTES if self._is_known(name, secret) else None

    async def receive(self, request: Request) -> Response:
        """
        Verify and store a webhook. Respond with 200 if it is stored or was stored before, 401 if
        its signature is not recognised, and 503 if it could not be stored and the provider should
        retry.
        """
        raw = await request.body()
        name, secret = request.path_params["name"], request.path_params["secret"]
        # Starlette gives the names of headers in lower case.
        verify = partial(self._verify, name, secret, dict(request.headers), raw)
        verified = verify() if name in self._verified_inline else await run_in_threadpool(verify)
        if isinstance(verified, Response):
            return verified
        return Response() if await self._group_commit.store(verified) else _retry_later()

    def _verify(
        self, name: str, secret: str, headers: dict[str, str], raw: bytes
    ) -> Arrival | Response:
        """
        Return the verified webhook, or the response to send if there is nothing to store.
        """
        if not self._is_known(name, secret):
            raise HTTPException(404)
        try:
            provider = self.app.provider_named(name)
            if not provider.verify(headers, raw, self.app.links.webhook(name)):
                return self._refused(name)
            if name in self._verified_inline or not isinstance(provider, TopicSubscriber):
                self._verified_inline.add(name)
                return Arrival(provider=name, raw=raw, at=self.app.clock())
            message = provider.message_name(raw)
            arrival = Arrival(provider=name, raw=raw, at=self.app.clock(), name=message)
            return _confirm_subscription(name, provider, raw) or arrival
        except SettingsError as error:
            extra = {"event": "webhook.unknown_provider", "provider": name}
            logger.error(
                "cannot verify a webhook from %s, because the provider cannot be opened: %s",
                name,
                error,
                extra=extra,
            )
        except FetchError as error:
            # Amazon gives up after a 4xx, and retries after a 5xx.
            extra = {"event": "webhook.unverified", "provider": name}
            logger.error(
                "cannot verify a webhook from %s, so it will be sent again: %s",
                name,
                error,
                extra=extra,
            )
        return _retry_later()

    def _is_known(self, name: str, secret: str) -> bool:
        is_right = self.app.links.is_webhook_secret(name, secret)
        return is_right and name in self.app.settings.webhook_providers

    def _refused(self, name: str) -> Response:
        key = self.app.settings.provider_named(name).proof_key
        extra = {"event": "webhook.refused", "provider": name}
        logger.warning(
            "refused a webhook from %s: its signature was not recognised; check %s",
            name,
            key,
            extra=extra,
        )
        return PlainTextResponse("signature not recognised\n", status_code=401)

    def _store_all(self, arrivals: Sequence[Arrival]) -> bool:
        if self._is_inbox_full():
            return False
        with self.app.database.write() as connection:
            kill_switch.require_not_migrated(connection)
            inbox.add_all(connection, arrivals)
        return True

    def _is_inbox_full(self) -> bool:
        """
        Return whether too many webhooks are already waiting; they are counted once a second.
        """
        if time.monotonic() - self._counted_at_s >= COUNT_EVERY_S:
            self._counted_at_s = time.monotonic()
            with self.app.database.read() as connection:
                now = self.app.clock()
                waiting = inbox.count_waiting(connection, now=now, limit=MAX_WAITING)
            self._is_full = waiting >= MAX_WAITING
        return self._is_full


def _confirm_subscription(name: str, provider: TopicSubscriber, raw: bytes) -> Response | None:
    """
    Handle a webhook that is about the subscription itself. Return None if it holds an event.
    """
    action = provider.answer(raw)
    if action is None:
        return None
    extra = {"event": "webhook.subscription_answered", "provider": name}
    logger.warning("webhook subscription of %s: %s", name, action, extra=extra)
    return Response()


def _retry_later() -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return PlainTextResponse("not stored, please retry later\n", status_code=503, headers=headers)
