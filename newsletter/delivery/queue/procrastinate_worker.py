"""
Procrastinate's worker in a thread of its own: it brings batches to this process as jobs, beside
any number of others on other machines. The only importer of procrastinate but the migrations.

Its loop does nothing but wait, so that its heartbeat is in time; the work is done by whoever was
handed in. When the database is away it ends, and is started again until it works.
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

BEAT_S = 1.0
# A job that was put back makes no noise (NOTIFY is for new ones); it is found by looking.
LOOK_S = 1.0
# How long a database rests that could not be used, and how long it may take to answer.
TROUBLE_S = 1.0
PATIENCE_S = 5.0
# Who brought jobs for so long is over a trouble: a lost server is noticed within PATIENCE_S.
STEADY_S = 6.0
# How soon an end is seen that another thread asked for.
END_S = 0.1
# A job's state may be lost with the server's last moment: it is only done twice, to no effect.
OPTIONS = "-c search_path=procrastinate -c synchronous_commit=off"


@dataclass
class Trouble:
    """
    Whether jobs come, in the log: once when they stop, once when they come again.
    """

    is_on: bool = False

    def begin(self, why: str) -> None:
        if not self.is_on:
            logger.error("no jobs come just now: %s", why, extra={"event": "queue.failed"})
        self.is_on = True

    def end(self) -> None:
        if self.is_on:
            logger.info("jobs come again", extra={"event": "queue.works"})
        self.is_on = False


@dataclass(frozen=True, kw_only=True)
class ProcrastinateWorker:
    """
    `hand_over` is called with a batch's number and is over when its future is; `count` of them
    are asked for at a time. `url` is the database's.
    """

    submit: Callable[[int], cf.Future[None]]
    url: sa.URL
    count: int

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """
        Jobs come until the end of the block. Whoever is asked then must answer soon.
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
        Works until *ending*, anew after each trouble; says once that there is some, and once that
        it is over.
        """
        trouble = Trouble()
        while not ending.is_set():
            try:
                asyncio.run(self._work(ending, trouble))
            except Exception as error:
                trouble.begin(_first_line(error))
                ending.wait(TROUBLE_S)

    async def _work(self, ending: threading.Event, trouble: Trouble) -> None:
        asyncio.get_running_loop().set_exception_handler(_say_in_one_line)
        arguments = _arguments(self.url) | {"options": OPTIONS}
        # Without a server the pool would try for half a minute, ever more seldom.
        async with await psycopg.AsyncConnection.connect(**arguments):
            app = self._app(arguments)
        async with app.open_async():
            worker = asyncio.ensure_future(
                app.run_worker_async(
                    concurrency=self.count,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=LOOK_S,
                    update_heartbeat_interval=BEAT_S,
                    stalled_worker_timeout=STALLED.total_seconds(),
                )
            )
            steady_at_s = time.monotonic() + STEADY_S
            while not ending.is_set() and not worker.done():
                await asyncio.wait([worker], timeout=END_S)
                if time.monotonic() > steady_at_s:
                    trouble.end()
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
                raise ConnectionError("its heartbeat or its ear for new jobs broke")

    def _app(self, arguments: dict[str, Any]) -> procrastinate.App:
        connector = procrastinate.PsycopgConnector(
            kwargs=arguments,
            min_size=1,
            max_size=self.count + 2,
            timeout=PATIENCE_S,
            reconnect_timeout=PATIENCE_S,
        )
        app = procrastinate.App(connector=connector)

        @app.task(name="hand_over")
        async def hand_over(batch_id: int) -> None:
            await asyncio.wrap_future(self.submit(batch_id))

        return app


def _arguments(url: sa.URL) -> dict[str, Any]:
    """
    The driver's words for the address of a database.
    """
    _, arguments = url.get_dialect()().create_connect_args(url)
    return {**GIVEN_UP, "connect_timeout": int(PATIENCE_S), **arguments}


def _say_in_one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """
    What became of a job after it ran is worth a line and no more: the batch is the truth.
    """
    error = context.get("exception")
    what = _first_line(error) if isinstance(error, BaseException) else context["message"]
    logger.info("a job was left: %s", what, extra={"event": "queue.job_left"})


def _first_line(error: BaseException) -> str:
    if isinstance(error.__cause__ or error, psycopg.errors.ForeignKeyViolation):
        # Its row among the workers is gone, which the others take away after STALLED.
        return "the queue took this process for dead meanwhile; it begins anew"
    told = str(error.__cause__ or error).strip() or type(error).__name__
    return told.splitlines()[0]
