"""
Where providers tell what became of mails: `/hooks/NAME/SECRET`. A webhook is judged by its bytes,
kept (`intake` keeps those together that come together), and answered; `record` reads it later.

A wrong name or secret looks like any address that leads nowhere. Nothing is ever answered with 403
or 406, at which Postmark and Mailgun stop trying. What is kept is answered with 200: Mailgun and
(by one of its pages) SparkPost take every other word for a failure, and come again for hours
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
from newsletter.store.flow_control import kill_switch as stops
from newsletter.web.webhooks.group_commit import GroupCommit

logger = logging.getLogger(__name__)

PREFIX = "/hooks/"
# A webhook of many events, each of a kilobyte or two: SparkPost's pages name 1,000 and more
# (https://support.sparkpost.com/docs/tech-resources/webhook-data-streams). Most have one.
MOST_BYTES = 2 * 1024 * 1024
# With so many waiting the provider had better wait too: each tries again for hours.
MOST_WAITING = 50_000
COUNT_EVERY_S = 1.0
RETRY_AFTER_S = 60


class WebhookEndpoint:
    """
    The webhooks of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._intake = GroupCommit(self._keep_all)
        # Those that are open and judge by what they have, without waiting for a file or network.
        self._quick: set[str] = set()
        self._counted_at_s = float("-inf")
        self._is_full = False

    def routes(self) -> list[Route]:
        """
        The one address.
        """
        return [Route(PREFIX + "{name}/{word}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """
        200 once a webhook is kept, or was before; 401 where nothing proves that it is genuine; 503
        where it could not be kept, and the provider is to come again.
        """
        raw = await request.body()
        name, word = request.path_params["name"], request.path_params["word"]
        # Starlette has the names of headers in lower case.
        judge = partial(self._judge, name, word, dict(request.headers), raw)
        judged = judge() if name in self._quick else await run_in_threadpool(judge)
        if isinstance(judged, Response):
            return judged
        return Response() if await self._intake.keep(judged) else _later()

    def _judge(
        self, name: str, word: str, headers: dict[str, str], raw: bytes
    ) -> Arrival | Response:
        """
        What is to be kept, or the answer where nothing is.
        """
        if (
            not self.app.links.is_webhook_secret(name, word)
            or name not in self.app.settings.webhook_providers
        ):
            raise HTTPException(404)
        try:
            provider = self.app.provider_named(name)
            if not provider.verify(headers, raw):
                return self._refused(name)
            if name in self._quick or not isinstance(provider, TopicSubscriber):
                self._quick.add(name)
                return Arrival(provider=name, raw=raw, at=self.app.clock())
            message = provider.message_name(raw)
            arrival = Arrival(provider=name, raw=raw, at=self.app.clock(), name=message)
            return _answered(name, provider, raw) or arrival
        except SettingsError as error:
            logger.error("webhooks of %s: %s", name, error, extra={"event": "webhook.no_provider"})
        except FetchError as error:
            # Amazon gives up at a 4xx, and comes again after a 5xx.
            logger.error("webhooks of %s: %s", name, error, extra={"event": "webhook.no_proof"})
        return _later()

    def _refused(self, name: str) -> Response:
        key = self.app.settings.provider_named(name).proof_key
        told = {"event": "webhook.refused"}
        logger.warning("a webhook of %s was refused: check %s", name, key, extra=told)
        return PlainTextResponse("not signed as is known here\n", status_code=401)

    def _keep_all(self, arrivals: Sequence[Arrival]) -> bool:
        if self._has_no_room():
            return False
        with self.app.database.write() as connection:
            stops.require_not_migrated(connection)
            inbox.keep_all(connection, arrivals)
        return True

    def _has_no_room(self) -> bool:
        """
        Whether too many wait already, counted once a second.
        """
        if time.monotonic() - self._counted_at_s >= COUNT_EVERY_S:
            self._counted_at_s = time.monotonic()
            with self.app.database.read() as connection:
                now, most = self.app.clock(), MOST_WAITING
                waiting = inbox.count_waiting(connection, now=now, most=most)
            self._is_full = waiting >= MOST_WAITING
        return self._is_full


def _answered(name: str, provider: TopicSubscriber, raw: bytes) -> Response | None:
    """
    200 where *raw* was about the subscription itself, and that is done; None where it is an event.
    """
    done = provider.answer(raw)
    if done is None:
        return None
    logger.warning("%s: %s", name, done, extra={"event": "webhook.subscription"})
    return Response()


def _later() -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return PlainTextResponse("later\n", status_code=503, headers=headers)
