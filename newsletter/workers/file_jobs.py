"""
The thread of a process that works imports nobody waits for: those that wait, and those whose
process died.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.store.delivery.deliveries import mailed_people
from subscribers.errors import JobLost, JobRefused, SubscribersError
from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.jobs.lock import is_held
from subscribers.import_export.jobs.model import FileJob, JobState
from subscribers.import_export.jobs.records import due_jobs
from subscribers.import_export.jobs.undo import undo_import
from subscribers.import_export.jobs.work_import import work_import

logger = logging.getLogger(__name__)

IDLE_POLL_S = 2.0


class FileJobWorker:
    """
    Works the jobs of one process. `wait` sleeps for a number of seconds and returns True if the
    process is stopping, which is checked after every batch of rows.
    """

    def __init__(self, app: App, *, wait: Callable[[float], bool]) -> None:
        self.app = app
        self.wait = wait
        self._thread = threading.Thread(target=self._run, name="file-jobs")
        self._is_failing = False

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """
        Wait until the batch of rows that is being imported is stored.
        """
        self._thread.join()

    def work_due(self) -> int:
        """
        Work the jobs that are due, and return how many there were. A job whose file is on another
        machine, or that another process works, is left alone.
        """
        with self.app.database.read() as connection:
            jobs = [job for job in due_jobs(connection) if not is_held(connection, job.id)]
        here = [job for job in jobs if job.state is JobState.UNDOING or _is_here(job)]
        for job in here:
            if self._is_stopping():
                break
            self._work(job)
        return len(here)

    def _run(self) -> None:
        while not self.wait(IDLE_POLL_S):
            try:
                self.work_due()
                self._is_failing = False
            except NewsletterError as error:
                if not self._is_failing:
                    extra = {"event": "file_jobs.failed"}
                    logger.error("imports cannot be worked: %s", error, extra=extra)
                self._is_failing = True
            except Exception:
                logger.exception("an import crashed", extra={"event": "file_jobs.crashed"})

    def _work(self, job: FileJob) -> None:
        try:
            ended = self._undo(job) if job.state is JobState.UNDOING else self._import(job)
        except (JobRefused, JobLost):
            # Another process took it at the same moment, or removed it.
            return
        except SubscribersError as error:
            extra = {"event": "import.failed", "import_id": job.id}
            logger.error("import %s failed: %s", job.id, error, extra=extra)
            return
        if ended:
            done = {"event": "import.ended", "import_id": job.id}
            logger.info("import %s is done", job.id, extra=done)

    def _import(self, job: FileJob) -> bool:
        report = work_import(
            self.app.database.engine,
            job.id,
            keyring=self.app.links.keys,
            now=self.app.clock(),
            is_stopping=self._is_stopping,
        )
        return report is not None

    def _undo(self, job: FileJob) -> bool:
        counts = undo_import(
            self.app.database.engine,
            job.id,
            by=Origin(kind=OriginKind.STAFF, name=job.undo["by"], through=job.undo["through"]),
            mailed=mailed_people,
            now=self.app.clock(),
            is_stopping=self._is_stopping,
        )
        return counts is not None

    def _is_stopping(self) -> bool:
        return self.wait(0)


def _is_here(job: FileJob) -> bool:
    return all(file.path.is_file() for file in job.files)
