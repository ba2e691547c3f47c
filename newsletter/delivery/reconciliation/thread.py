"""
Run reconciliation in a thread of its own. Otherwise a provider that hangs would delay the worker's
heartbeats, and the mails that go through other providers.

Housekeeping polls it at each heartbeat; the rules are in `reconciliation`.
"""

from __future__ import annotations

import concurrent.futures as cf
import logging
import time
from collections.abc import Callable

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.queue.sending_loop import HEARTBEAT_S
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.reconciliation.replies import take_over_replies

logger = logging.getLogger(__name__)

# How long to wait for an answer, so that fast ones are recorded at once.
PATIENCE_S = 0.5


class ReconciliationThread:
    """
    The reconciliation of one worker. Only that thread uses *dispatcher*, which shares nothing but
    the database with the one that submits, as another process would. *may_ask* says whether to go
    on.
    """

    def __init__(self, dispatcher: Dispatcher, may_ask: Callable[[], bool]) -> None:
        self._dispatcher, self._may_ask = dispatcher, may_ask
        dispatcher.rate_limiter = dispatcher.rate_limiter.for_another_thread()
        self._pool = cf.ThreadPoolExecutor(1, thread_name_prefix="reconciliation")
        self._running: cf.Future[None] | None = None

    @property
    def is_running(self) -> bool:
        """
        Whether a reconciliation is running.
        """
        return self._running is not None and not self._running.done()

    def poll(self) -> None:
        """
        Record what dead processes left and reconcile what is due, unless that is still running.

        Raises:
            StoreError: the database could not be used, now or in the poll before.
        """
        if self._running is None:
            self._running = self._pool.submit(self._reconcile_due)
            cf.wait([self._running], timeout=PATIENCE_S)
        if self._running.done():
            finished, self._running = self._running, None
            finished.result()

    def _reconcile_due(self) -> None:
        until_s = time.monotonic() + HEARTBEAT_S
        if self._may_ask():
            take_over_replies(self._dispatcher)
        while self._may_ask() and reconcile_next(self._dispatcher):
            if time.monotonic() >= until_s:
                return

    def close(self) -> None:
        """
        Wait until the last answer is recorded. An error is logged, because nobody else would see
        it.
        """
        self._pool.shutdown()
        error = self._running.exception() if self._running is not None else None
        if error is not None:
            extra = {"event": "reconciliation.failed"}
            message = "reconciliation failed; the next worker continues it"
            logger.error(message, exc_info=error, extra=extra)
