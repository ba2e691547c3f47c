"""
The sending loop of a worker: sending threads make the calls, one coordinating thread does the rest.

It knows nothing of the pipeline: the functions that prepare, submit and record are passed in.
"""

from __future__ import annotations

import concurrent.futures as cf
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from newsletter.errors import StoreError, UnsafeStore
from newsletter.model.delivery import BatchResult

logger = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
IDLE_S = 0.25
# How long to wait for a database that could not be used.
RETRY_S = 1.0

H = TypeVar("H")


@dataclass(kw_only=True)
class SendingLoop(Generic[H]):
    """
    `prepare` returns the next submission or None, `submit` makes its call in a thread, `record`
    records the result, `housekeeping` is called every two seconds. All but `submit` run in the
    caller's thread.
    """

    prepare: Callable[[], H | None]
    submit: Callable[[H], BatchResult]
    record: Callable[[H, BatchResult], None]
    housekeeping: Callable[[], None]
    count: int
    _results: list[tuple[H, BatchResult]] = field(default_factory=list)
    _wakeup: threading.Event = field(default_factory=threading.Event)
    _housekeeping_at: float = -HEARTBEAT_S
    _failing: set[str] = field(default_factory=set)

    def run(self, *, is_stopping: Callable[[], bool], is_done: Callable[[], bool]) -> None:
        """
        Submit batches until *is_stopping*, or until nothing is in flight and *is_done*. Calls in
        flight always finish, and their results are recorded before this returns.
        """
        in_flight: dict[cf.Future[BatchResult], H] = {}
        with cf.ThreadPoolExecutor(self.count, thread_name_prefix="sending") as pool:
            try:
                while True:
                    self._housekeeping_if_due()
                    if not is_stopping():
                        self._fill(pool, in_flight)
                    if not in_flight and not self._results and (is_stopping() or is_done()):
                        return
                    self._wakeup.wait(IDLE_S)
                    # Cleared first, so that a result that arrives while we collect wakes the next
                    # round.
                    self._wakeup.clear()
                    self._collect(in_flight)
            finally:
                self._record_in_flight(in_flight)

    def wake(self) -> None:
        """
        Wake the coordinating thread. Any thread may call this when there is something to submit.
        """
        self._wakeup.set()

    def _fill(self, pool: cf.Executor, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        while len(in_flight) < self.count and not self._results:
            try:
                submission = self.prepare()
            except StoreError as error:
                self._report_failure("begin", "nothing is sent", error)
                return
            self._report_recovery("begin")
            if submission is None:
                return
            future = pool.submit(self.submit, submission)
            in_flight[future] = submission
            future.add_done_callback(lambda _: self.wake())

    def _collect(self, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        # One at a time: a thread that raised must not lose the results of the others.
        for future in [each for each in in_flight if each.done()]:
            self._results.append((in_flight.pop(future), future.result()))
        # Keep a result that cannot be recorded, and try again: it is all we know about these
        # recipients.
        while self._results:
            try:
                self.record(*self._results[0])
            except StoreError as error:
                self._report_failure("finish", "the result of a call is not recorded yet", error)
                return
            self._results.pop(0)
            self._report_recovery("finish")

    def _record_in_flight(self, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        """
        Record the results of calls in flight after something else failed, trying each once. A
        thread that raised has no result.
        """
        cf.wait(in_flight)
        whole = [future for future in in_flight if future.exception() is None]
        self._results += [(in_flight[future], future.result()) for future in whole]
        for submission, result in self._results:
            try:
                self.record(submission, result)
            except Exception:
                logger.exception(
                    "the result of a call could not be recorded",
                    extra={"event": "sender.result_lost"},
                )

    def _housekeeping_if_due(self) -> None:
        if time.monotonic() - self._housekeeping_at < HEARTBEAT_S:
            return
        try:
            self.housekeeping()
        except StoreError as error:
            self._report_failure("house", "nothing is sent", error)
        else:
            self._report_recovery("house")
        self._housekeeping_at = time.monotonic()

    def _report_failure(self, work: str, what: str, error: StoreError) -> None:
        """
        Log a database error once, and wait. The loop continues when the database works again,
        unless its disk lost written data.
        """
        if isinstance(error, UnsafeStore):
            raise error
        if not self._failing:
            logger.error(
                "database error: %s: %s",
                what,
                error,
                extra={"event": "sender.database_unavailable"},
            )
        self._failing.add(work)
        time.sleep(RETRY_S)

    def _report_recovery(self, work: str) -> None:
        """
        Log that the database works again. This is called once the work that failed has succeeded,
        because other work may need no database.
        """
        if self._failing == {work}:
            logger.info("the database works again", extra={"event": "sender.database_recovered"})
        self._failing.discard(work)
