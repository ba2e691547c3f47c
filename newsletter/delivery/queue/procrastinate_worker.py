"""
Procrastinate's worker, in a thread of its own. It brings batches to this process as jobs; other
machines run workers of their own. Only this module and the migrations import procrastinate.

The event loop only waits, so that the heartbeat is on time; the work is done elsewhere. If the
database is not available, the worker ends and is started again until it works.
"""

from __future__ import annotations

import asyncio
import concurrent.futures as cf
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg
import sqlalchemy as sa

from newsletter.store.database import GIVEN_UP
from newsletter.store.queue.jobs import STALLED

logger = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
# A job that was put back sends no NOTIFY, so it is found by polling.
POLL_S = 1.0
# How long to wait for a database that could not be used, and how long it may take to respond.
RETRY_S = 1.0
PATIENCE_S = 5.0
# After this long without a failure the queue counts as working: a lost server is noticed in
# PATIENCE_S.
STEADY_S = 6.0
# How soon the worker notices that another thread asked it to stop.
END_S = 0.1
# A server crash may lose the state of a job, which then runs twice; the second run has no effect.
OPTIONS = "-c search_path=procrastinate -c synchronous_commit=off"


@dataclass
class QueueStatus:
    """
    Log once when jobs stop arriving, and once when they arrive again.
    """

    is_failing: bool = False

    def failed(self, why: str) -> None:
        if not self.is_failing:
            logger.error("the job queue does not work: %s", why, extra={"event": "queue.failed"})
        self.is_failing = True

    def recovered(self) -> None:
        if self.is_failing:
            logger.info("the job queue works again", extra={"event": "queue.recovered"})
        self.is_failing = False


@dataclass(frozen=True, kw_only=True)
class ProcrastinateWorker:
    """
    `submit` is called with a batch's number, and returns a future that is done when the job is;
    `count` jobs run at a time. `url` is the database's.
    """

    submit: Callable[[int], cf.Future[None]]
    url: sa.URL
    count: int

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """
        Bring jobs until the block ends. Running jobs must then end soon.
        """
        ending = threading.Event()
        thread = threading.Thread(target=self.run, args=(ending,), name="queue", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join(PATIENCE_S)

    def run(self, ending: threading.Event) -> None:
        """
        Work until *ending*, and start again after each failure.
        """
        status = QueueStatus()
        while not ending.is_set():
            try:
                asyncio.run(self._work(ending, status))
            except Exception as error:
                status.failed(_first_line(error))
                ending.wait(RETRY_S)

    async def _work(self, ending: threading.Event, status: QueueStatus) -> None:
        asyncio.get_running_loop().set_exception_handler(_say_in_one_line)
        arguments = _arguments(self.url) | {"options": OPTIONS}
        # Without a server the pool would retry for half a minute, less and less often.
        async with await psycopg.AsyncConnection.connect(**arguments):
            app = self._app(arguments)
        async with app.open_async():
            worker = asyncio.ensure_future(
                app.run_worker_async(
                    concurrency=self.count,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL_S,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=STALLED.total_seconds(),
                )
            )
            steady_at_s = time.monotonic() + STEADY_S
            while not ending.is_set() and not worker.done():
                await asyncio.wait([worker], timeout=END_S)
                if time.monotonic() > steady_at_s:
                    status.recovered()
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
                raise ConnectionError("its heartbeat or its listener for new jobs failed")

    def _app(self, arguments: dict[str, Any]) -> procrastinate.App:
        connector = procrastinate.PsycopgConnector(
            kwargs=arguments,
            min_size=1,
            max_size=self.count + 2,
            timeout=PATIENCE_S,
            reconnect_timeout=PATIENCE_S,
        )
        app = procrastinate.App(connector=connector)

        @app.task(name="submit_batch")
        async def submit_batch(batch_id: int) -> None:
            await asyncio.wrap_future(self.submit(batch_id))

        return app


def _arguments(url: sa.URL) -> dict[str, Any]:
    """
    Return the driver's arguments for the URL of a database.
    """
    _, arguments = url.get_dialect()().create_connect_args(url)
    return {**GIVEN_UP, "connect_timeout": int(PATIENCE_S), **arguments}


def _say_in_one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """
    Log a failed job in one line, because only the state of its batch counts.
    """
    error = context.get("exception")
    what = _first_line(error) if isinstance(error, BaseException) else context["message"]
    logger.info(
        "a job of the queue failed, and its batch is queued again: %s",
        what,
        extra={"event": "queue.job_failed"},
    )


def _first_line(error: BaseException) -> str:
    if isinstance(error.__cause__ or error, psycopg.errors.ForeignKeyViolation):
        # Another worker deleted this one's row after STALLED.
        return "the queue considered this process dead; it registers again"
    message = str(error.__cause__ or error).strip() or type(error).__name__
    return message.splitlines()[0]
