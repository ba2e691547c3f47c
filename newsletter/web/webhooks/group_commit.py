"""
Store webhooks that arrive at the same time in one transaction. `endpoint` passes each one in, and
responds once it is durable.

A commit waits for a lock and for the disk, which takes many times longer than writing a row.
Webhooks that arrive in the meantime go into the next transaction together.
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

# The most webhooks pending at once; beyond that, providers are asked to retry.
MAX_PENDING = 2_000
MAX_PENDING_BYTES = 64 * 1024 * 1024
# The most webhooks in one transaction, because other writers wait for it.
MAX_GROUP = 500
MAX_GROUP_BYTES = 8 * 1024 * 1024
# The pause between two transactions, which lets other writers in and makes groups larger.
PAUSE_S = 0.01


class GroupCommit:
    """
    Group webhooks into transactions. *store_all* stores webhooks in one transaction, all or none,
    and returns whether it did. It runs in its own thread; everything else runs in the event loop.
    """

    def __init__(
        self, store_all: Callable[[Sequence[Arrival]], bool], *, max_pending: int = MAX_PENDING
    ) -> None:
        self._store_all = store_all
        self._max_pending = max_pending
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._pending: deque[tuple[Arrival, asyncio.Future[bool]]] = deque()
        self._pending_bytes = 0
        self._writing: asyncio.Task[None] | None = None

    async def store(self, arrival: Arrival) -> bool:
        """
        Store *arrival*. Return True once it is durable, False if the provider should retry.
        """
        size = len(arrival.raw)
        if (
            len(self._pending) >= self._max_pending
            or self._pending_bytes + size > MAX_PENDING_BYTES
        ):
            return False
        stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((arrival, stored))
        self._pending_bytes += size
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await stored

    async def _write(self) -> None:
        """
        Store what is pending, one transaction after the other, until nothing is.
        """
        loop = asyncio.get_running_loop()
        try:
            while self._pending:
                group = self._next_group()
                arrivals = [arrival for arrival, _ in group]
                is_stored = await loop.run_in_executor(self._writer, self._try_store, arrivals)
                for _, stored in group:
                    # A client that hung up is no longer waiting for a response.
                    if not stored.done():
                        stored.set_result(is_stored)
                await asyncio.sleep(PAUSE_S)
        finally:
            self._writing = None

    def _next_group(self) -> list[tuple[Arrival, asyncio.Future[bool]]]:
        """
        Take the oldest pending webhooks, as many as fit into one transaction, at least one.
        """
        group = [self._pending.popleft()]
        size = len(group[0][0].raw)
        while self._pending and len(group) < MAX_GROUP:
            size += len(self._pending[0][0].raw)
            if size > MAX_GROUP_BYTES:
                break
            group.append(self._pending.popleft())
        self._pending_bytes -= sum(len(arrival.raw) for arrival, _ in group)
        return group

    def _try_store(self, arrivals: Sequence[Arrival]) -> bool:
        """
        Call *store_all* and return its result. If it fails, log the error; none of the webhooks is
        stored.
        """
        extra = {"event": "webhook.not_stored"}
        try:
            return self._store_all(arrivals)
        except NewsletterError as error:
            logger.error(
                "webhooks not stored (%s), providers asked to retry: %s",
                len(arrivals),
                error,
                extra=extra,
            )
        except Exception:
            message = "webhooks not stored (%s), providers asked to retry"
            logger.exception(message, len(arrivals), extra=extra)
        return False
