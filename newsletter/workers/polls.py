"""
Poll due sources beside each other, in threads of their own, so that a slow one delays no slot and
no other source. `timer` starts them at each tick.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from newsletter import pipeline
from newsletter.errors import NewsletterError
from newsletter.issues.context import PublishingContext

logger = logging.getLogger(__name__)

AT_ONCE = 4


class Polls:
    """
    The polls of one timer. A source whose poll is still running is not polled again.
    """

    def __init__(self, context: PublishingContext) -> None:
        self._context = context
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="poll")
        self._running: dict[str, Future[None]] = {}

    def start(self, names: Sequence[str]) -> None:
        """
        Start polling the named sources, and return at once.
        """
        self._running = {name: poll for name, poll in self._running.items() if not poll.done()}
        for name in names:
            if name not in self._running:
                self._running[name] = self._threads.submit(self._poll, name)

    def stop(self) -> None:
        """
        Start none of the waiting polls, and wait for the running ones.
        """
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _poll(self, name: str) -> None:
        try:
            pipeline.collect_sources(self._context, [name])
        except NewsletterError as error:
            extra = {"event": "source.not_polled", "source": name}
            logger.error("source %s cannot be polled: %s", name, error, extra=extra)
        except Exception:
            extra = {"event": "source.crashed", "source": name}
            logger.exception("polling source %s crashed", name, extra=extra)
