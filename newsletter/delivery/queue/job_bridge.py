"""
Where an engine's jobs meet the one thread that keeps the book: each asks for a batch by its
number, and waits until the hand-over of that batch is over.
"""

from __future__ import annotations

import collections
import concurrent.futures as cf
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from newsletter.model.delivery import BatchResult

H = TypeVar("H")


class Closed(Exception):
    """
    The process hands nothing over any more; the batch is for another one.
    """


@dataclass(kw_only=True)
class JobBridge(Generic[H]):
    """
    The batches this process was asked for. `claim` begins the hand-over of one, or gives None
    when it may not go (any more); `settle` keeps its answer; `on_asked` hears of each.

    `hand_over` and `close` may be called in any thread, `begin` and `finish` by the book's alone.
    """

    claim: Callable[[int], H | None]
    settle: Callable[[H, BatchResult], None]
    on_request: Callable[[], None] = lambda: None
    _waiting: collections.deque[tuple[int, cf.Future[None]]] = field(
        default_factory=collections.deque
    )
    _in_flight: dict[int, cf.Future[None]] = field(default_factory=dict)
    _is_closed: bool = False

    def submit(self, batch_id: int) -> cf.Future[None]:
        """
        Done when the batch was handed over, or may not be; Closed when nobody looked at it.
        """
        over: cf.Future[None] = cf.Future()
        self._waiting.append((batch_id, over))
        if self._is_closed:
            self.close()
        self.on_request()
        return over

    def prepare_next(self) -> H | None:
        """
        The hand-over of the next batch asked for. One whose claim raises is asked for again.
        """
        while self._waiting:
            batch_id, over = self._waiting[0]
            begun = self.claim(batch_id)
            self._waiting.popleft()
            if begun is not None:
                self._in_flight[id(begun)] = over
                return begun
            _end(over)
        return None

    def record_result(self, begun: H, result: BatchResult) -> None:
        """
        Keeps the answer, and lets the job go, if it was one that brought the batch.
        """
        self.settle(begun, result)
        over = self._in_flight.pop(id(begun), None)
        if over is not None:
            _end(over)

    def close(self) -> None:
        """
        Turns away who waits, and who comes later.
        """
        self._is_closed = True
        self._end_waiting(Closed())

    def release_waiting(self) -> None:
        """
        Ends the jobs that wait, whose batches another process may be asked for.
        """
        self._end_waiting(None)

    def _end_waiting(self, error: Exception | None) -> None:
        # Two threads may be at it.
        with contextlib.suppress(IndexError):
            while True:
                _end(self._waiting.popleft()[1], error)


def _end(over: cf.Future[None], error: Exception | None = None) -> None:
    # A job that was given up meanwhile waits for nothing.
    if not over.set_running_or_notify_cancel():
        return
    if error is None:
        over.set_result(None)
    else:
        over.set_exception(error)
