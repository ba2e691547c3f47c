"""
The event threads of a web process. They process the webhook inbox, read bounce mailboxes, and
backfill once a night the events that no webhook reported.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from newsletter.actions.operations import bounces
from newsletter.app import App
from newsletter.errors import NewsletterError, SettingsError
from newsletter.model.access import PROGRAM

logger = logging.getLogger(__name__)

# Seconds to wait after an empty inbox, and after one with webhooks. Processing several at once
# costs less, and other writers get a chance.
IDLE_POLL_S = 1.0
BUSY_POLL_S = 0.1
PURGE_EVERY_S = 3600.0
FETCH_EVERY_S = 60.0
# How often the backfill checks whether a new night has begun.
BACKFILL_CHECK_EVERY_S = 60.0


class EventWorker:
    """
    The event threads of one process. `wait` sleeps for a number of seconds and returns True if the
    process is stopping.
    """

    def __init__(self, app: App, *, wait: Callable[[float], bool]) -> None:
        self.app = app
        self.wait = wait
        self._thread = threading.Thread(target=self._run, name="events")
        # A backfill may take minutes, and events must not wait for it.
        self._backfill_thread = threading.Thread(target=self._backfill_nightly, name="backfill")
        self._purged_at_s = float("-inf")
        self._fetched_at_s = float("-inf")
        self._is_failing = False

    def start(self) -> None:
        """
        Start both threads, and log whose webhooks are accepted.
        """
        for name in self.app.settings.webhook_providers:
            extra = {"event": "webhooks.enabled", "provider": name}
            message = "webhooks of %s are accepted: `newsletter doctor` shows the URL"
            logger.info(message, name, extra=extra)
        self._thread.start()
        self._backfill_thread.start()

    def join(self) -> None:
        """
        Wait until both threads have stored what they are working on.
        """
        self._thread.join()
        self._backfill_thread.join()

    def _backfill_nightly(self) -> None:
        while not self.wait(BACKFILL_CHECK_EVERY_S):
            try:
                self.app.event_backfill.run_nightly(is_stopping=lambda: self.wait(0.0))
            except Exception:
                extra = {"event": "events.backfill_failed"}
                logger.exception("the nightly backfill of events crashed", extra=extra)

    def _run(self) -> None:
        while not self.wait(BUSY_POLL_S if self._process() else IDLE_POLL_S):
            pass

    def _process(self) -> int:
        """
        Do one round, and return how many webhooks were processed. Log a failure once; the next
        round tries again.
        """
        try:
            self._purge()
            self._fetch_bounces()
            processed = self.app.event_processor.process_due()
            self._is_failing = False
        except NewsletterError as error:
            if not self._is_failing:
                extra = {"event": "webhooks.failed"}
                logger.error("events are not processed, and stay stored: %s", error, extra=extra)
            self._is_failing = True
            return 0
        except Exception:
            extra = {"event": "webhooks.failed"}
            logger.exception("processing events crashed; they stay stored", extra=extra)
            return 0
        return processed

    def _purge(self) -> None:
        if time.monotonic() - self._purged_at_s < PURGE_EVERY_S:
            return
        self._purged_at_s = time.monotonic()
        self.app.event_processor.purge()

    def _fetch_bounces(self) -> None:
        if time.monotonic() - self._fetched_at_s < FETCH_EVERY_S:
            return
        self._fetched_at_s = time.monotonic()
        try:
            bounces.fetch(self.app, by=PROGRAM)
        # A provider that cannot be opened must not block the events of others.
        except SettingsError as error:
            extra = {"event": "bounce_mailbox.failed"}
            logger.error("a bounce mailbox cannot be read: %s", error, extra=extra)
