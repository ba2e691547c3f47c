"""
The thread of a process that works imports and exports: those that wait, and those whose process
died.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from newsletter.actions.people.files.work_export import work
from newsletter.app import App
from newsletter.errors import NewsletterError, is_temporary
from newsletter.store.delivery.deliveries import mailed_people
from newsletter.workers.work_loop import WorkLoop
from subscribers.errors import JobLost, JobRefused, SubscribersError
from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.drafts.trial import work_trial
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.files import delete_copies
from subscribers.import_export.jobs.lock import hold, is_held
from subscribers.import_export.jobs.model import DUE, FileJob, JobKind, JobState
from subscribers.import_export.jobs.records import due_jobs, end, find_job
from subscribers.import_export.jobs.undo import undo_import
from subscribers.import_export.jobs.work_import import work_import
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)

# Each has a thread of its own, so that a file can be prepared while another one is imported.
TRIALS = frozenset({JobState.TRYING})
WORK = frozenset(DUE) - TRIALS


class FileJobWorker:
    """
    Works the jobs of one process that are in one of the `states`. `wait` sleeps for a number of
    seconds and returns True if the process is stopping, which is checked after every batch of rows.
    """

    def __init__(
        self, app: App, *, wait: Callable[[float], bool], states: Collection[JobState] = DUE
    ) -> None:
        self.app = app
        self.wait = wait
        self.states = states
        self.loop = WorkLoop("file-jobs", self.work_due, wait=wait, log=_log_unworkable)

    def work_due(self) -> int:
        """
        Work the jobs that are due, and return how many there were. A job whose file is on another
        machine, or that another process works, is left alone. One that fails does not keep the
        others waiting.

        Raises:
            StoreError, OSError: the database or machine failed at that moment.
        """
        with self.app.database.read() as connection:
            due = [job for job in due_jobs(connection) if job.state in self.states]
            jobs = [job for job in due if not is_held(connection, job.id)]
        here = [job for job in jobs if job.state is JobState.UNDOING or _is_here(job)]
        not_yet = None
        for job in here:
            if self._is_stopping():
                break
            not_yet = self._work(job) or not_yet
        if not_yet:
            raise not_yet
        return len(here)

    def _work(self, job: FileJob) -> Exception | None:
        """
        Work the job to its end; return the error if it has to be tried again.
        """
        try:
            if self._to_its_end(job):
                done = {"event": "file_job.ended", "file_job_id": job.id}
                logger.info("%s %s is done", job.kind, job.id, extra=done)
        except (JobRefused, JobLost):
            # Another process took it at the same moment, or removed it.
            pass
        except Exception as error:
            if is_temporary(error):
                return error
            self._end_failed(job, error)
        return None

    def _end_failed(self, job: FileJob, error: Exception) -> None:
        """
        Log why the job failed, and end it, so that it is not tried again before the others.
        """
        is_expected = isinstance(error, SubscribersError | NewsletterError | OSError)
        extra = {"event": "file_job.failed", "file_job_id": job.id}
        logger.error(
            "%s %s failed: %s", job.kind, job.id, error, extra=extra, exc_info=not is_expected
        )
        crash = phrase("{error}: see the log of the server", error=type(error).__name__)
        line = str(error) if is_expected else crash
        engine, number = self.app.database.engine, job.id
        with open_connection(engine) as connection, hold(connection, number) as is_ours:
            if is_ours and find_job(connection, number, job.kind).state in DUE:
                connection.rollback()
                with connection.begin():
                    end(connection, number, JobState.FAILED, now=self.app.clock(), error=line)
                delete_copies(job.files)

    def _to_its_end(self, job: FileJob) -> bool:
        if job.kind is JobKind.EXPORT:
            work(self.app, job.id)
            return True
        if job.state is JobState.TRYING:
            return self._try(job)
        return self._undo(job) if job.state is JobState.UNDOING else self._import(job)

    def _try(self, job: FileJob) -> bool:
        return work_trial(
            self.app.database.engine,
            job.id,
            keyring=self.app.links.keys,
            now=self.app.clock(),
            is_stopping=self._is_stopping,
        )

    def _import(self, job: FileJob) -> bool:
        report = work_import(
            self.app.database.engine,
            job.id,
            keyring=self.app.links.keys,
            now=self.app.clock(),
            clock=self.app.clock,
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


def _log_unworkable(error: Exception) -> None:
    if isinstance(error, NewsletterError | OSError):
        extra = {"event": "file_jobs.failed"}
        logger.error("imports and exports cannot be worked: %s", error, extra=extra)
    else:
        logger.error(
            "imports and exports crashed", extra={"event": "file_jobs.crashed"}, exc_info=error
        )


def _is_here(job: FileJob) -> bool:
    if job.kind is JobKind.EXPORT:
        return all(file.path.parent.is_dir() for file in job.files)
    return all(file.path.is_file() for file in job.files)
