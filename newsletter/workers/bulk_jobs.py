"""
The thread of a process that does what staff asked for with many people, step by step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from newsletter.actions.people.newsroom.bulk_jobs import work_some
from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.store.access.bulk_jobs import running_jobs
from newsletter.workers.work_loop import WorkLoop

logger = logging.getLogger(__name__)


class BulkJobWorker:
    """
    Works the jobs, each a step at a time. `wait` sleeps for a number of seconds and returns True if
    the process is stopping, which is checked after every step.
    """

    def __init__(self, app: App, *, wait: Callable[[float], bool]) -> None:
        self.app = app
        self.wait = wait
        self.loop = WorkLoop("bulk-jobs", self.work_due, wait=wait, log=_log)

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


def _log(error: Exception) -> None:
    if isinstance(error, NewsletterError | OSError):
        extra = {"event": "bulk_jobs.failed"}
        logger.error("acts on many people cannot be worked: %s", error, extra=extra)
    else:
        extra = {"event": "bulk_jobs.crashed"}
        logger.error("acts on many people crashed", extra=extra, exc_info=error)
