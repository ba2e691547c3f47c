"""
The bridge between queue jobs and the coordinating thread: each job requests a batch by number and
waits until it has been submitted.
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
    This worker no longer submits anything; another one may submit the batch.
    """


@dataclass(kw_only=True)
class JobBridge(Generic[H]):
    """
    The batches that jobs ask for. `claim` prepares a submission, or returns None if the batch
    cannot be submitted; `settle` records its result; `on_request` is called for each.

    `submit` and `close` may be called in any thread, `prepare_next` and `record_result` only in the
    coordinating one.
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
        Request a batch. The future is done once the batch was submitted or cannot be submitted; it
        raises Closed if this worker did not try.
        """
        done: cf.Future[None] = cf.Future()
        self._waiting.append((batch_id, done))
        if self._is_closed:
            self.close()
        self.on_request()
        return done

    def prepare_next(self) -> H | None:
        """
        Prepare the submission of the next requested batch. If the claim raises, the batch stays
        first in line.
        """
        while self._waiting:
            batch_id, done = self._waiting[0]
            submission = self.claim(batch_id)
            self._waiting.popleft()
            if submission is not None:
                self._in_flight[id(submission)] = done
                return submission
            _end(done)
        return None

    def record_result(self, submission: H, result: BatchResult) -> None:
        """
        Record the result, and end the job that requested the batch, if any.
        """
        self.settle(submission, result)
        done = self._in_flight.pop(id(submission), None)
        if done is not None:
            _end(done)

    def close(self) -> None:
        """
        Refuse all waiting and later jobs.
        """
        self._is_closed = True
        self._end_waiting(Closed())

    def release_waiting(self) -> None:
        """
        End the waiting jobs, so that other workers can get their batches.
        """
        self._end_waiting(None)

    def _end_waiting(self, error: Exception | None) -> None:
        # Two threads may run this at once.
        with contextlib.suppress(IndexError):
            while True:
                _end(self._waiting.popleft()[1], error)


def _end(done: cf.Future[None], error: Exception | None = None) -> None:
    # A job that was cancelled in the meantime no longer waits.
    if not done.set_running_or_notify_cancel():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
