"""
Hands batches over from this process: lanes carry, one thread keeps the book.

It knows no step of the pipeline; what to begin, carry and finish is handed in.
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

BEAT_S = 2.0
IDLE_S = 0.25
# How long a database rests that could not be used.
TROUBLE_S = 1.0

H = TypeVar("H")


@dataclass(kw_only=True)
class SendingLoop(Generic[H]):
    """
    `begin` gives the next hand-over or None, `carry` makes its call in a thread, `finish` keeps
    the answer, `keep_house` is called every two seconds. All but `carry` run in the caller's
    thread.
    """

    prepare: Callable[[], H | None]
    submit: Callable[[H], BatchResult]
    record: Callable[[H, BatchResult], None]
    housekeeping: Callable[[], None]
    count: int
    _results: list[tuple[H, BatchResult]] = field(default_factory=list)
    _wakeup: threading.Event = field(default_factory=threading.Event)
    _housekeeping_at: float = -BEAT_S
    _troubled: set[str] = field(default_factory=set)

    def run(self, *, is_stopping: Callable[[], bool], is_done: Callable[[], bool]) -> None:
        """
        Hands over until *is_stopping*, or until nothing is in flight and *is_done* says that
        nothing will come. Calls in flight always end and are written down first.
        """
        in_flight: dict[cf.Future[BatchResult], H] = {}
        with cf.ThreadPoolExecutor(self.count, thread_name_prefix="lane") as pool:
            try:
                while True:
                    self._housekeeping_if_due()
                    if not is_stopping():
                        self._fill(pool, in_flight)
                    if not in_flight and not self._results and (is_stopping() or is_done()):
                        return
                    self._wakeup.wait(IDLE_S)
                    # Before looking: what comes while we look is news for the next round.
                    self._wakeup.clear()
                    self._collect(in_flight)
            finally:
                self._write_down(in_flight)

    def wake(self) -> None:
        """
        Has a resting thread look at once; for any thread that brings something to begin.
        """
        self._wakeup.set()

    def _fill(self, pool: cf.Executor, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        while len(in_flight) < self.count and not self._results:
            try:
                hand_over = self.prepare()
            except StoreError as error:
                self._report_failure("begin", "nothing is handed over", error)
                return
            self._report_recovery("begin")
            if hand_over is None:
                return
            carried = pool.submit(self.submit, hand_over)
            in_flight[carried] = hand_over
            carried.add_done_callback(lambda _: self.wake())

    def _collect(self, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        # One at a time: a lane that broke must not take the answers of others with it.
        for future in [each for each in in_flight if each.done()]:
            self._results.append((in_flight.pop(future), future.result()))
        # An answer that cannot be written is kept and tried again: it is all we know of a mail.
        while self._results:
            try:
                self.record(*self._results[0])
            except StoreError as error:
                self._report_failure("finish", "a result waits to be written down", error)
                return
            self._results.pop(0)
            self._report_recovery("finish")

    def _write_down(self, in_flight: dict[cf.Future[BatchResult], H]) -> None:
        """
        Keeps what calls in flight still answer when something else broke: one try for each. A lane
        that broke has none.
        """
        cf.wait(in_flight)
        whole = [future for future in in_flight if future.exception() is None]
        self._results += [(in_flight[future], future.result()) for future in whole]
        for hand_over, result in self._results:
            try:
                self.record(hand_over, result)
            except Exception:
                logger.exception("a result is lost", extra={"event": "sender.result_lost"})

    def _housekeeping_if_due(self) -> None:
        if time.monotonic() - self._housekeeping_at < BEAT_S:
            return
        try:
            self.housekeeping()
        except StoreError as error:
            self._report_failure("house", "nothing is handed over", error)
        else:
            self._report_recovery("house")
        self._housekeeping_at = time.monotonic()

    def _report_failure(self, work: str, what: str, error: StoreError) -> None:
        """
        Rests, and says once what the database cannot do. It goes on by itself when it can again,
        but not on a disk that lost what was written.
        """
        if isinstance(error, UnsafeStore):
            raise error
        if not self._troubled:
            logger.error("%s: %s", what, error, extra={"event": "sender.no_store"})
        self._troubled.add(work)
        time.sleep(TROUBLE_S)

    def _report_recovery(self, work: str) -> None:
        """
        Whatever had trouble must have worked: to find nothing to begin may need no database.
        """
        if self._troubled == {work}:
            logger.info("the database works again", extra={"event": "sender.store_is_back"})
        self._troubled.discard(work)
