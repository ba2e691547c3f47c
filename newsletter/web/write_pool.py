"""
Threads of their own for pages that write, so that a locked database does not keep the pages that
only read from responding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from newsletter.errors import StoreError

# Fewer than the database's connections, so that some are left for reading. Writers take turns
# anyway.
THREADS = 4
MAX_WAITING = 500

P = ParamSpec("P")
T = TypeVar("T")


class WritePool:
    """
    Runs functions that write, *threads* at a time, while at most *most_waiting* wait.
    """

    def __init__(self, threads: int = THREADS, most_waiting: int = MAX_WAITING) -> None:
        self.most_waiting = most_waiting
        self._limiter = anyio.CapacityLimiter(threads)
        self._waiting = 0

    async def run(self, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Return the result of *write*.

        Raises:
            StoreError: too many others are waiting.
        """
        if self._waiting >= self.most_waiting:
            raise StoreError("too many changes are waiting for the database: try again later")
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(
                lambda: write(*args, **kwargs), limiter=self._limiter
            )
        finally:
            self._waiting -= 1
