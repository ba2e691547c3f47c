"""
Run `scheduler.tick` in this process, at each schedule's next slot and every few seconds.
APScheduler is only the timer; schedules and slots live in our tables.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.errors import NewsletterError, Refused
from newsletter.issues.context import PublishingContext
from newsletter.operations.clock_watch import ClockWatch
from newsletter.scheduling.firing import upcoming
from newsletter.store.scheduling import schedules
from newsletter.workers.polls import Polls
from newsletter.workers.scheduler import tick

logger = logging.getLogger(__name__)

# How often the timer rereads the schedules and resumes unfinished work.
SYNC_S = 5


class Timer:
    """
    Run `tick` at each schedule's next slot, and every few seconds to keep up with the schedules.
    """

    def __init__(self, context: PublishingContext, *, is_stopping: Callable[[], bool]) -> None:
        self.context = context
        self.is_stopping = is_stopping
        self._ticking = threading.Lock()
        self._clock_watch = ClockWatch()
        self._polls = Polls(context)
        self._last_failure = ""
        # misfire_grace_time: its default of 1 s would drop a late wake-up.
        self._scheduler = BackgroundScheduler(
            timezone=dt.UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """
        Start the timer. The first tick is now.
        """
        self._scheduler.add_job(
            self._wake,
            IntervalTrigger(seconds=SYNC_S, timezone=dt.UTC),
            id="sync",
            next_run_time=dt.datetime.now(dt.UTC),
        )
        self._scheduler.start()

    def stop(self) -> None:
        """
        Stop the timer, and wait for the running tick and the running polls.
        """
        # Not shutdown(wait=True): it waits for the tick and holds the lock that `add_job` needs.
        self._scheduler.shutdown(wait=False)
        with self._ticking:
            pass
        self._polls.stop()

    def _wake(self) -> None:
        with self._ticking:
            if self.is_stopping():
                return
            try:
                self._require_steady_clock()
                tick(self.context, poll=self._polls.start)
                self._plan()
                self._last_failure = ""
            except NewsletterError as error:
                if str(error) != self._last_failure:
                    extra = {"event": "timer.failed"}
                    logger.error("schedules cannot be run: %s", error, extra=extra)
                self._last_failure = str(error)

    def _require_steady_clock(self) -> None:
        """
        Check that the machine's clock can be trusted.

        Raises:
            Refused: it jumped, or is far from the database's.
        """
        database_clock = self.context.database.clock
        problem = self._clock_watch.problem(
            dt.datetime.now(dt.UTC), time.monotonic(), database_clock
        )
        if problem is not None:
            raise Refused(problem)

    def _plan(self) -> None:
        """
        Plan one tick for each schedule, at its next slot.
        """
        with self.context.database.read() as connection:
            rules = [r for r in schedules.all_schedules(connection) if not r.is_paused]
        for rule in rules:
            coming = upcoming(rule, now=self.context.clock(), count=1)
            if coming:
                # The next plan replaces it. The job of a DateTrigger is removed when it fires: that
                # fails in the scheduler thread (JobLookupError) while it is being shut down.
                self._scheduler.add_job(
                    self._wake_for_slot,
                    IntervalTrigger(weeks=52, timezone=dt.UTC),
                    id=f"slot-{rule.id}",
                    next_run_time=coming[0].due,
                    replace_existing=True,
                )

    def _wake_for_slot(self) -> None:
        # If a slot comes due while the timer is stopping, the job no longer exists.
        with contextlib.suppress(JobLookupError):
            self._scheduler.modify_job("sync", next_run_time=dt.datetime.now(dt.UTC))
