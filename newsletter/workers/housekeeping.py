"""
What a sending process does beside sending: count, expire, clean up.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation_thread import ReconciliationThread
from newsletter.delivery.result_log import log_orphaned, log_submitted
from newsletter.delivery.waves import defer_in_quiet_hours
from newsletter.operations.clock_watch import ClockWatch
from newsletter.operations.restore_guard import Marker
from newsletter.store.delivery import batches
from newsletter.store.delivery import leases as owners
from newsletter.store.events import issue_reputation
from newsletter.store.flow_control import canary, kill_switch
from newsletter.store.operations.clock_repair import mend_times
from newsletter.store.queue import jobs

logger = logging.getLogger(__name__)

# How often the bounces and complaints of the issues on their way are counted.
COUNT_EVERY_S = 30.0


@dataclass
class Housekeeping:
    """
    What a sending process does every two seconds: says that it lives, takes up what the dead left,
    and ends what has no open batch any more. Nothing is claimed while the clock is not `is_steady`.
    """

    app: App
    dispatcher: Dispatcher
    memory: Marker
    is_stopping: Callable[[], bool]
    clock: Callable[[], dt.datetime] = utc_now
    is_steady: bool = True
    _is_mended: bool = False
    _clocks: ClockWatch = field(default_factory=ClockWatch)
    _stopped: str = ""
    _counted_at_s: float = float("-inf")

    def __post_init__(self) -> None:
        def may_ask() -> bool:
            return self.is_steady and not self.is_stopping()

        self.doubting = ReconciliationThread(
            self.app.dispatcher(self.dispatcher.worker_id), may_ask
        )

    def __call__(self) -> None:
        self._read_clocks()
        with self.app.database.write() as connection:
            now = self.app.clock()
            owners.heartbeat(connection, self.dispatcher.worker_id, now=now)
            if self.doubting.is_running:
                owners.extend_uncertain_leases(connection, self.dispatcher.worker_id, now=now)
            self.memory.watch(connection, now=now)
            self.memory.advance(connection, self.dispatcher.intents_written)
            buried = []
            if self.is_steady:
                buried = owners.expire_dead_workers(connection, self.app.database.file, now=now)
            self._mend_times(connection, now)
            defer_in_quiet_hours(connection, now=now)
            self.dispatcher.failover.on_cooldowns(connection, now=now)
            canary.extend_hold(connection, now=now)
            submitted = batches.submit_finished_issues(connection, now=now)
            stopped = kill_switch.active_stop(connection)
        for issue_id in submitted:
            log_submitted(issue_id)
        for one in buried:
            log_orphaned(one)
        self.memory.keep()
        self.dispatcher.release_interrupted()
        # Apart from the beat, which must not wait for it nor break with it.
        with self.app.database.write() as connection:
            jobs.enqueue_forgotten(connection, now=now)
        self._tell(str(stopped or ""))
        # One round: what comes faster is worked off by the process that hears it.
        self.app.event_processor.process_due()
        self._protect_readers()
        self.doubting.poll()

    def _read_clocks(self) -> None:
        """
        A clock that jumped is not believed before the next beat, nor one far from the database's:
        leases, pauses and the time of day of readers all go by it.
        """
        trouble = self._clocks.trouble(self.clock(), time.monotonic(), self.app.database.clock)
        if trouble is not None and self.is_steady:
            logger.error("nothing is handed over: %s", trouble, extra={"event": "clock.wrong"})
        self.is_steady = trouble is None

    def _mend_times(self, connection: sa.Connection, now: dt.datetime) -> None:
        """
        Once at the start, and again whenever the clock was wrong and is right.
        """
        if self.is_steady and not self._is_mended:
            mended = mend_times(connection, now=now)
            if mended:
                told = {"event": "clock.mended"}
                logger.warning("%s batches waited by a wrong clock", mended, extra=told)
        self._is_mended = self.is_steady

    def _protect_readers(self) -> None:
        """
        Pauses the issues of whose readers too many bounced or complained.
        """
        if time.monotonic() - self._counted_at_s < COUNT_EVERY_S:
            return
        self._counted_at_s = time.monotonic()
        with self.app.database.write() as connection:
            tripped = issue_reputation.pause_harmful_issues(connection, now=self.app.clock())
        for issue_id, reason in tripped:
            told = {"event": "issue.tripped", "issue_id": issue_id}
            logger.error("issue %s is paused: %s", issue_id, reason, extra=told)

    def _tell(self, stopped: str) -> None:
        if stopped == self._stopped:
            return
        self._stopped = stopped
        if stopped:
            logger.warning("%s", stopped, extra={"event": "sender.stopped"})
        else:
            logger.info("batches are handed over again", extra={"event": "sender.started"})
