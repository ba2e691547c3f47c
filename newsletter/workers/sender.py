"""
One sending process: it claims batches, has lanes carry them, and keeps house, until told to stop.

`serve` and `worker` run one for ever, `--wait` on the command line for one issue. Stands above
`app`, which wires its parts.
"""

from __future__ import annotations

import datetime as dt
import gc
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from newsletter.app import App, utc_now
from newsletter.delivery.provider_call import Submission
from newsletter.delivery.queue.job_bridge import JobBridge
from newsletter.delivery.queue.sending_loop import SendingLoop
from newsletter.errors import SettingsError
from newsletter.model.identifiers import instance_name
from newsletter.operations.restore_guard import Marker, require_same_secret, verify_identity
from newsletter.store.delivery import batches, leases
from newsletter.store.flow_control import (
    provider_accounts as accounts,
)
from newsletter.store.queue import jobs
from newsletter.workers.housekeeping import Housekeeping

logger = logging.getLogger(__name__)

# Jobs asked for, a lane: one in hand and one that waits, so that no lane rests between two.
JOBS_A_LANE = 2


def run_until_done(
    app: App,
    *,
    issue_id: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    is_done: Callable[[], bool],
    wall: Callable[[], dt.datetime] = utc_now,
) -> None:
    """
    Hands batches over, of one issue or of all, until *is_done* or told to stop. What a dead
    process left is taken up first. *wall* is the machine's clock, which is watched for jumps.
    """
    with _registered_worker(app, is_stopping, wall=wall) as house:
        dispatcher = house.dispatcher
        SendingLoop(
            prepare=lambda: dispatcher.prepare_next(issue_id) if house.is_steady else None,
            submit=dispatcher.submit,
            record=dispatcher.record_result,
            housekeeping=house,
            count=app.settings.delivery.lanes,
        ).run(is_stopping=is_stopping, is_done=is_done)


def run_forever(
    app: App, *, is_stopping: Callable[[], bool], wall: Callable[[], dt.datetime] = utc_now
) -> None:
    """
    Hands batches over until told to stop: on PostgreSQL those that the queue's jobs name, beside
    any number of other machines; on SQLite whatever the database holds. *wall* as in `hand_over`.
    """
    if app.database.file is not None:
        run_until_done(app, is_stopping=is_stopping, is_done=lambda: False, wall=wall)
        return
    from newsletter.delivery.queue.procrastinate_worker import ProcrastinateWorker

    with _registered_worker(app, is_stopping, wall=wall) as house:
        dispatcher, lanes_count = house.dispatcher, app.settings.delivery.lanes
        asked: JobBridge[Submission] = JobBridge(
            claim=lambda batch_id: dispatcher.prepare_next(batch_id=batch_id),
            settle=dispatcher.record_result,
        )

        def begin() -> Submission | None:
            if not house.is_steady:
                return None
            # Jobs wait here for a turn, so that they are not made anew again and again; what goes
            # by another provider, whose jobs may stand behind them, is found in the table.
            return dispatcher.prepare_next() if dispatcher.is_throttled else asked.prepare_next()

        def keep_house() -> None:
            house()
            if not house.is_steady:
                # Held here, they would be nobody else's until somebody sets the clock.
                asked.release_waiting()

        lanes = SendingLoop(
            prepare=begin,
            submit=dispatcher.submit,
            record=asked.record_result,
            housekeeping=keep_house,
            count=lanes_count,
        )
        asked.on_request = lanes.wake
        engine = ProcrastinateWorker(
            submit=asked.submit,
            url=app.database.engine.url,
            count=lanes_count * JOBS_A_LANE,
        )
        with engine.running():
            try:
                lanes.run(is_stopping=is_stopping, is_done=lambda: False)
            finally:
                asked.close()


@contextmanager
def _registered_worker(
    app: App, is_stopping: Callable[[], bool], *, wall: Callable[[], dt.datetime] = utc_now
) -> Iterator[Housekeeping]:
    """
    Register a new worker, and yield its housekeeping; unregister it in the end.
    """
    folder = app.settings.folder
    verify_identity(app.database, folder, now=app.clock())
    require_same_secret(app.database, instance_name(app.secret))
    _note_accounts(app)
    worker_id = uuid.uuid4().hex[:12]
    lock = leases.WorkerLock(app.database.file, worker_id) if app.database.file else None
    dispatcher = app.dispatcher(worker_id)
    memory = Marker(app.database, folder)
    # What is loaded by now stays: a batch is thousands of objects, and for each few batches the
    # collector would look through all of it again.
    gc.freeze()
    house = Housekeeping(app, dispatcher, memory, is_stopping, clock=wall)
    try:
        yield house
    finally:
        gc.unfreeze()
        try:
            house.doubting.close()
            dispatcher.release_interrupted()
            with app.database.write() as connection:
                leases.unregister(connection, worker_id)
                memory.advance(connection, dispatcher.intents_written)
                # Two processes that settled the last batches at once left the end to nobody.
                batches.submit_finished_issues(connection, now=app.clock())
                jobs.enqueue_forgotten(connection, now=app.clock())
            memory.keep()
        finally:
            if lock is not None:
                lock.close()


def _note_accounts(app: App) -> None:
    with app.database.write() as connection:
        for name in app.settings.provider:
            # One whose key is missing cannot be opened either.
            with suppress(SettingsError):
                account = app.settings.account_of(name)
                accounts.note_account(connection, name, account, now=app.clock())
