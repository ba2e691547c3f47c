"""
The thread of a process that does what staff asked for with many people, step by step.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from newsletter.actions.people.newsroom.bulk_jobs import work_some
from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.store.access.bulk_jobs import running_jobs

logger = logging.getLogger(__name__)

IDLE_POLL_S = 2.0


class BulkJobWorker:
    """
    Works the jobs, each a step at a time. `wait` sleeps for a number of seconds and returns True if
    the process is stopping, which is checked after every step.
    """

    def __init__(self, app: App, *, wait: Callable[[float], bool]) -> None:
        self.app = app
        self.wait = wait
        self._thread = threading.Thread(target=self._run, name="bulk-jobs")
        self._is_failing = False

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """
        Wait until the step that is being done is stored.
        """
        self._thread.join()

    def work_due(self) -> int:
        """
        Do a step of each job that is running, until none is, and return the number of steps.

        Raises:
            StoreError, OSError: the database or machine failed at that moment.
        """
        steps = 0
        while True:
            with self.app.database.read() as connection:
                jobs = running_jobs(connection)
            for job in jobs:
                if self.wait(0):
                    return steps
                work_some(self.app, job)
                steps += 1
            if not jobs:
                return steps

    def _run(self) -> None:
        while not self.wait(IDLE_POLL_S):
            try:
                self.work_due()
                self._is_failing = False
            except Exception as error:
                if not self._is_failing:
                    _log(error)
                self._is_failing = True


def _log(error: Exception) -> None:
    if isinstance(error, NewsletterError | OSError):
        extra = {"event": "bulk_jobs.failed"}
        logger.error("acts on many people cannot be worked: %s", error, extra=extra)
    else:
        extra = {"event": "bulk_jobs.crashed"}
        logger.error("acts on many people crashed", extra=extra, exc_info=error)
