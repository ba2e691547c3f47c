"""
Where providers tell what became of mails: `/hooks/NAME/SECRET`. A webhook is judged by its bytes,
kept, and answered; `record` reads it later.

A wrong name or secret looks like any address that leads nowhere. Nothing is ever answered with 403
or 406, at which Postmark and Mailgun stop trying.
"""

from __future__ import annotations

import logging
import time

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import FetchError, NewsletterError, SettingsError
from newsletter.model.event import Hearing, Subscribed
from newsletter.store import inbox, stops

logger = logging.getLogger(__name__)

PREFIX = "/hooks/"
# A webhook of many events; most have one, of a kilobyte or two.
MOST_BYTES = 1024 * 1024
# With so many waiting the provider had better wait too: each tries again for hours.
MOST_WAITING = 50_000
COUNT_EVERY_S = 1.0
RETRY_AFTER_S = 60


class Hooks:
    """
    The webhooks of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._counted_at_s = float("-inf")
        self._is_full = False

    def routes(self) -> list[Route]:
        """
        The one address.
        """
        return [Route(PREFIX + "{name}/{word}", self.hear, methods=["POST"])]

    async def hear(self, request: Request) -> Response:
        """
        204 once a webhook is kept, or was before; 401 where nothing proves that it is genuine.
        """
        raw = await request.body()
        return await run_in_threadpool(
            self._hear,
            request.path_params["name"],
            request.path_params["word"],
            {name.lower(): value for name, value in request.headers.items()},
            raw,
        )

    def _hear(self, name: str, word: str, headers: dict[str, str], raw: bytes) -> Response:
        if (
            not self.app.links.opens_hook(name, word)
            or name not in self.app.settings.heard_providers
        ):
            raise HTTPException(404)
        try:
            provider = self.app.provider_named(name)
            if not provider.verify(headers, raw):
                return self._refused(name)
            message = provider.message_name(raw) if isinstance(provider, Subscribed) else b""
            return _answered(name, provider, raw) or self._keep(name, raw, message)
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

    def _keep(self, name: str, raw: bytes, message: bytes) -> Response:
        try:
            if self._has_no_room():
                return _later()
            with self.app.database.write() as connection:
                stops.require_here(connection)
                inbox.keep(connection, name, raw, now=self.app.clock(), name=message)
        except NewsletterError as error:
            logger.error("a webhook waits outside: %s", error, extra={"event": "webhook.not_kept"})
            return _later()
        return Response(status_code=204)

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


def _answered(name: str, provider: Hearing, raw: bytes) -> Response | None:
    """
    204 where *raw* was about the subscription itself, and that is done; None where it is an event.
    """
    done = provider.answer(raw) if isinstance(provider, Subscribed) else None
    if done is None:
        return None
    logger.warning("%s: %s", name, done, extra={"event": "webhook.subscription"})
    return Response(status_code=204)


def _later() -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return PlainTextResponse("later\n", status_code=503, headers=headers)
