"""
Doubt looked at beside the hand-over, in one thread of its own: a provider that hangs when it is
asked would else hold up the beats of its process, and the mails that go through others.

`sender` has it look at each beat; the rules are in `doubt`.
"""

from __future__ import annotations

import concurrent.futures as cf
import logging
import time
from collections.abc import Callable

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.queue.sending_loop import BEAT_S
from newsletter.delivery.reconciliation import reconcile_next

logger = logging.getLogger(__name__)

# What answers as fast as a provider should is waited for.
PATIENCE_S = 0.5


class ReconciliationThread:
    """
    The doubt of one process. *dispatcher* is for that thread alone: it shares nothing with the one
    that hands over but the database, as another process would. *may_ask* says whether to go on.
    """

    def __init__(self, dispatcher: Dispatcher, may_ask: Callable[[], bool]) -> None:
        self._dispatcher, self._may_ask = dispatcher, may_ask
        dispatcher.rate_limiter = dispatcher.rate_limiter.for_another_thread()
        self._pool = cf.ThreadPoolExecutor(1, thread_name_prefix="doubt")
        self._asked: cf.Future[None] | None = None

    @property
    def is_running(self) -> bool:
        """
        Whether an answer is waited for.
        """
        return self._asked is not None and not self._asked.done()

    def poll(self) -> None:
        """
        Looks at what is due, unless an answer is still waited for.

        Raises:
            StoreError: the database could not be used, now or at the look before.
        """
        if self._asked is None:
            self._asked = self._pool.submit(self._resolve)
            cf.wait([self._asked], timeout=PATIENCE_S)
        if self._asked.done():
            asked, self._asked = self._asked, None
            asked.result()

    def _resolve(self) -> None:
        until_s = time.monotonic() + BEAT_S
        while self._may_ask() and reconcile_next(self._dispatcher):
            if time.monotonic() >= until_s:
                return

    def close(self) -> None:
        """
        Ends once the last answer is written down. What breaks now has nobody else to hear of it.
        """
        self._pool.shutdown()
        error = self._asked.exception() if self._asked is not None else None
        if error is not None:
            told = {"event": "doubt.broke"}
            logger.error("doubt is left to the next process", exc_info=error, extra=told)
