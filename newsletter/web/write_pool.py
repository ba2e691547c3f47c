"""
Threads of their own for what writes, what staff and programs look at, and what readers do, so that
none of them waits for another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from newsletter.errors import StoreError

# Fewer than the database's connections, so that some are left for reading. Writers take turns
# anyway.
THREADS = 4
MAX_WAITING = 500
_TOO_MUCH = "too much is waiting to be done: try again later"

P = ParamSpec("P")
T = TypeVar("T")


class WritePool:
    """
    Runs functions, *threads* at a time, while at most *most_waiting* wait.
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
            raise StoreError(_TOO_MUCH)
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(
                lambda: write(*args, **kwargs), limiter=self._limiter
            )
        finally:
            self._waiting -= 1


class FairPool(WritePool):
    """
    Runs functions that may take long, *threads* at a time. For each who asks, *each* run at a time
    and *most_each* wait, so that nobody keeps the others from looking too.
    """

    def __init__(self, threads: int, *, each: int = 1, most_each: int = 8) -> None:
        super().__init__(threads)
        self.each, self.most_each = each, most_each
        self._askers: dict[Hashable, _Asker] = {}

    async def run_for(
        self, who: Hashable, look: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """
        Return the result of *look*, when it is the turn of *who*. If that is nothing, nobody is
        known yet, and all wait alike.

        Raises:
            StoreError: too many others are waiting.
        """
        if not who:
            return await self.run(look, *args, **kwargs)
        asker = self._askers.setdefault(who, _Asker(anyio.Semaphore(self.each)))
        if asker.asked >= self.each + self.most_each:
            raise StoreError(_TOO_MUCH)
        asker.asked += 1
        try:
            async with asker.running:
                return await self.run(look, *args, **kwargs)
        finally:
            asker.asked -= 1
            if not asker.asked:
                del self._askers[who]


@dataclass
class _Asker:
    """
    The turns of one who asks: how many were `asked` for and are not over.
    """

    running: anyio.Semaphore
    asked: int = 0
