"""
The threads of a web process that work off the webhooks it keeps, a few at a time, fetch the mails
that came back, ask once a night for what no webhook brought, and log where providers are to send
their events.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from newsletter.app import App
from newsletter.errors import NewsletterError, SettingsError

logger = logging.getLogger(__name__)

# How often the inbox is looked at when it was empty, and when it was not: what comes in meanwhile
# costs less together, and others write.
LOOK_EVERY_S = 1.0
REST_S = 0.1
FORGET_EVERY_S = 3600.0
# How often mails that came back are fetched.
FETCH_EVERY_S = 60.0
# How often it is looked whether a new night has begun.
ASK_EVERY_S = 60.0


class EventWorker:
    """
    `rest` waits so many seconds, and says whether the process is stopping.
    """

    def __init__(self, app: App, *, rest: Callable[[float], bool]) -> None:
        self.app = app
        self.rest = rest
        self._thread = threading.Thread(target=self._run, name="listening")
        # Asking may take minutes, and events must not wait for it.
        self._asking = threading.Thread(target=self._ask_nightly, name="asking")
        self._forgot_at_s = float("-inf")
        self._fetched_at_s = float("-inf")
        self._is_in_trouble = False

    def start(self) -> None:
        """
        Starts working off.
        """
        for name in self.app.settings.webhook_providers:
            told = {"event": "hooks.open"}
            logger.info("events of %s are heard: `newsletter doctor` shows where", name, extra=told)
        self._thread.start()
        self._asking.start()

    def join(self) -> None:
        """
        Waits until what is being worked off is written down.
        """
        self._thread.join()
        self._asking.join()

    def _ask_nightly(self) -> None:
        while not self.rest(ASK_EVERY_S):
            try:
                self.app.event_backfill.run_nightly(is_stopping=lambda: self.rest(0.0))
            except Exception:
                logger.exception("nobody is asked", extra={"event": "missed.failed"})

    def _run(self) -> None:
        while not self.rest(REST_S if self._work_off() else LOOK_EVERY_S):
            pass

    def _work_off(self) -> int:
        """
        How many webhooks were worked off; what breaks is said once, and tried again.
        """
        try:
            self._forget_old()
            self._fetch_returned()
            worked_off = self.app.event_processor.process_due()
            self._is_in_trouble = False
        except NewsletterError as error:
            if not self._is_in_trouble:
                logger.error("events wait: %s", error, extra={"event": "hooks.failed"})
            self._is_in_trouble = True
            return 0
        except Exception:
            logger.exception("events wait", extra={"event": "hooks.failed"})
            return 0
        return worked_off

    def _forget_old(self) -> None:
        if time.monotonic() - self._forgot_at_s < FORGET_EVERY_S:
            return
        self._forgot_at_s = time.monotonic()
        self.app.event_processor.purge()

    def _fetch_returned(self) -> None:
        if time.monotonic() - self._fetched_at_s < FETCH_EVERY_S:
            return
        self._fetched_at_s = time.monotonic()
        try:
            self.app.bounce_mailbox.fetch()
        # A provider that cannot be opened must not keep the others' events waiting.
        except SettingsError as error:
            logger.error("bounces wait: %s", error, extra={"event": "bounces.failed"})
