"""
Webhooks that come at the same time, kept in one transaction: `hooks` brings each, and answers it
when that is durable.

A commit waits for its turn and for the disk, many times as long as a row takes to write. Whatever
comes in meanwhile goes into the next one together.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from newsletter.errors import NewsletterError
from newsletter.store.events.inbox import Arrival

logger = logging.getLogger(__name__)

# Held here at once; whatever comes beyond is told to come again.
MOST_HELD = 2_000
MOST_BYTES_HELD = 64 * 1024 * 1024
# In one transaction: others that write wait meanwhile.
MOST_TOGETHER = 500
MOST_BYTES_TOGETHER = 8 * 1024 * 1024
# Between two transactions, for others that write, and for more to come together.
REST_S = 0.01


class GroupCommit:
    """
    *keep_all* keeps webhooks in one transaction, all or none, and says whether it did. It runs in
    one thread of its own; everything else here belongs to the event loop.
    """

    def __init__(
        self, keep_all: Callable[[Sequence[Arrival]], bool], *, most_held: int = MOST_HELD
    ) -> None:
        self._keep_all = keep_all
        self._most_held = most_held
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._held: deque[tuple[Arrival, asyncio.Future[bool]]] = deque()
        self._bytes_held = 0
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, arrival: Arrival) -> bool:
        """
        True once *arrival* is durable; False where it is not kept, and may come again.
        """
        size = len(arrival.raw)
        if len(self._held) >= self._most_held or self._bytes_held + size > MOST_BYTES_HELD:
            return False
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._held.append((arrival, kept))
        self._bytes_held += size
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await kept

    async def _write(self) -> None:
        """
        Keeps what is held, one transaction after the other, until nothing is.
        """
        loop = asyncio.get_running_loop()
        try:
            while self._held:
                together = self._next()
                arrivals = [arrival for arrival, _ in together]
                is_kept = await loop.run_in_executor(self._writer, self._kept, arrivals)
                for _, kept in together:
                    # Who hung up waits for no answer.
                    if not kept.done():
                        kept.set_result(is_kept)
                await asyncio.sleep(REST_S)
        finally:
            self._writing = None

    def _next(self) -> list[tuple[Arrival, asyncio.Future[bool]]]:
        """
        The first of those held, as many as one transaction may have; one at least.
        """
        together = [self._held.popleft()]
        size = len(together[0][0].raw)
        while self._held and len(together) < MOST_TOGETHER:
            size += len(self._held[0][0].raw)
            if size > MOST_BYTES_TOGETHER:
                break
            together.append(self._held.popleft())
        self._bytes_held -= sum(len(arrival.raw) for arrival, _ in together)
        return together

    def _kept(self, arrivals: Sequence[Arrival]) -> bool:
        """
        What *keep_all* says; whatever breaks is in the log once, and nobody's webhook is kept.
        """
        told = {"event": "webhook.not_kept"}
        try:
            return self._keep_all(arrivals)
        except NewsletterError as error:
            logger.error("%s webhooks wait outside: %s", len(arrivals), error, extra=told)
        except Exception:
            logger.exception("%s webhooks wait outside", len(arrivals), extra=told)
        return False
