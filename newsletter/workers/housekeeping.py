"""
Do the housekeeping of a worker: heartbeat, dead workers, kill switch, clock, automatic pauses.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.access.login_limits import forget_failures
from newsletter.access.sessions import delete_ended
from newsletter.actions.access.audit import purge as purge_audit_trail
from newsletter.actions.people.files.drafts import delete_expired as delete_expired_drafts
from newsletter.actions.people.files.exports import delete_expired as delete_expired_exports
from newsletter.actions.people.files.suppression_uploads import (
    delete_expired as delete_expired_suppressions,
)
from newsletter.actions.people.newsroom.bulk_jobs import delete_expired as delete_expired_bulk_jobs
from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation.thread import ReconciliationThread
from newsletter.delivery.result_log import log_orphaned, log_submitted
from newsletter.delivery.waves import defer_in_quiet_hours
from newsletter.operations.clock_watch import ClockWatch
from newsletter.operations.restore_guard import Marker
from newsletter.store.access.api_responses import delete_old_responses
from newsletter.store.delivery import finish, leases
from newsletter.store.events import issue_reputation
from newsletter.store.flow_control import canary, kill_switch
from newsletter.store.flow_control.kill_switch import Stop
from newsletter.store.flow_control.signup_limits import delete_old_signups
from newsletter.store.operations.clock_repair import repair_times
from newsletter.store.queue import jobs
from subscribers.suppression.rules import end_expired

logger = logging.getLogger(__name__)

# How often bounces and complaints of sending issues are counted.
COUNT_EVERY_S = 30.0
# How often sign-ups and log-ins that no limit counts any more, ended sessions, and old audit
# entries, responses of the API, files of exports and drafts of imports are deleted.
DELETE_EVERY_S = 600.0


@dataclass
class Housekeeping:
    """
    Runs every two seconds during sending: writes the heartbeat, expires dead workers, finishes
    issues without an open batch. Nothing is claimed unless the machine's clock `is_steady`.
    """

    app: App
    dispatcher: Dispatcher
    marker: Marker
    is_stopping: Callable[[], bool]
    clock: Callable[[], dt.datetime] = utc_now
    is_steady: bool = True
    _is_repaired: bool = False
    _clock_watch: ClockWatch = field(default_factory=ClockWatch)
    _stop: Stop | None = None
    _counted_at_s: float = float("-inf")
    _deleted_at_s: float = float("-inf")

    def __post_init__(self) -> None:
        def may_reconcile() -> bool:
            return self.is_steady and not self.is_stopping()

        self.reconciliation = ReconciliationThread(
            self.app.dispatcher(self.dispatcher.worker_id), may_reconcile
        )

    def __call__(self) -> None:
        self._check_clock()
        with self.app.database.write() as connection:
            now = self.app.clock()
            leases.heartbeat(connection, self.dispatcher.worker_id, now=now)
            if self.reconciliation.is_running:
                leases.extend_uncertain_leases(connection, self.dispatcher.worker_id, now=now)
            self.marker.watch(connection, now=now)
            self.marker.advance(connection, self.dispatcher.intents_written)
            orphaned = []
            if self.is_steady:
                orphaned = leases.expire_dead_workers(connection, self.app.database.file, now=now)
            self._repair_times(connection, now)
            defer_in_quiet_hours(connection, now=now)
            end_expired(connection, now=now)
            self.dispatcher.failover.on_cooldowns(connection, now=now)
            canary.extend_hold(connection, now=now)
            submitted = finish.submit_finished_issues(connection, now=now)
            stop = kill_switch.active_stop(connection)
        for issue_id in submitted:
            log_submitted(issue_id)
        for batch in orphaned:
            log_orphaned(batch)
        self.marker.write()
        self.dispatcher.release_interrupted()
        # Outside the heartbeat's transaction, so that the heartbeat neither waits for it nor fails
        # with it.
        with self.app.database.write() as connection:
            jobs.enqueue_forgotten(connection, now=now)
        self._log_kill_switch(stop)
        # One round: the process that receives webhooks handles the rest.
        self.app.event_processor.process_due()
        self._pause_harmful_issues()
        self._delete_old_rows()
        self.reconciliation.poll()

    def _check_clock(self) -> None:
        """
        Stop claiming while the clock jumps or is far from the database's: leases, pauses and the
        local time of readers depend on it.
        """
        problem = self._clock_watch.problem(self.clock(), time.monotonic(), self.app.database.clock)
        if problem is not None and self.is_steady:
            logger.error("nothing is sent: %s", problem, extra={"event": "clock.wrong"})
        self.is_steady = problem is None

    def _repair_times(self, connection: sa.Connection, now: dt.datetime) -> None:
        """
        Repair times in the ledger at the start, and each time a wrong clock has been corrected.
        """
        if self.is_steady and not self._is_repaired:
            repaired = repair_times(connection, now=now)
            if repaired:
                extra = {"event": "clock.repaired"}
                message = "repaired batch times that were set by a wrong clock: %s"
                logger.warning(message, repaired, extra=extra)
        self._is_repaired = self.is_steady

    def _pause_harmful_issues(self) -> None:
        """
        Pause the issues for which too many readers bounced or complained.
        """
        if time.monotonic() - self._counted_at_s < COUNT_EVERY_S:
            return
        self._counted_at_s = time.monotonic()
        with self.app.database.write() as connection:
            paused = issue_reputation.pause_harmful_issues(connection, now=self.app.clock())
        for issue_id, reason in paused:
            extra = {"event": "issue.auto_paused", "issue_id": issue_id}
            logger.error("issue %s is paused: %s", issue_id, reason, extra=extra)

    def _delete_old_rows(self) -> None:
        # By a clock that is ahead, everything is old.
        if not self.is_steady or time.monotonic() - self._deleted_at_s < DELETE_EVERY_S:
            return
        self._deleted_at_s = time.monotonic()
        with self.app.database.write() as connection:
            delete_old_signups(connection, now=self.app.clock())
            delete_ended(connection, now=self.app.clock())
            forget_failures(connection, now=self.app.clock())
            delete_old_responses(connection, now=self.app.clock())
        purge_audit_trail(self.app, now=self.app.clock())
        delete_expired_exports(self.app, now=self.app.clock())
        delete_expired_drafts(self.app, now=self.app.clock())
        delete_expired_suppressions(self.app, now=self.app.clock())
        delete_expired_bulk_jobs(self.app, now=self.app.clock())

    def _log_kill_switch(self, stop: Stop | None) -> None:
        if stop == self._stop:
            return
        self._stop = stop
        if stop is not None:
            logger.warning("nothing is sent: %s", stop, extra={"event": "kill_switch.engaged"})
        else:
            logger.info("sending continues", extra={"event": "kill_switch.disengaged"})
