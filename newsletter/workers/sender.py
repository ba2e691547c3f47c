"""
One worker: claim batches, submit them through several threads, and do its housekeeping.

`serve` and `worker` run one until they are stopped; `--wait` on the command line runs one for a
single issue. `app` wires the parts.
"""

from __future__ import annotations

import datetime as dt
import gc
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from newsletter.actions.operations.departures import complete_file
from newsletter.app import App, utc_now
from newsletter.delivery.provider_call import Submission
from newsletter.delivery.queue.job_bridge import JobBridge
from newsletter.delivery.queue.sending_loop import SendingLoop
from newsletter.errors import SettingsError
from newsletter.operations.restore_guard import Marker, require_same_secret, verify_identity
from newsletter.store.delivery import finish, leases
from newsletter.store.delivery.reply_journal import journal_start
from newsletter.store.flow_control import provider_accounts
from newsletter.store.operations.database_identity import load_identity
from newsletter.store.queue import jobs
from newsletter.workers.housekeeping import Housekeeping

logger = logging.getLogger(__name__)

# Jobs fetched for each sending thread: one to submit and one in reserve, so that no thread is idle.
JOBS_PER_CONNECTION = 2


def run_until_done(
    app: App,
    *,
    issue_id: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    is_done: Callable[[], bool],
    machine_clock: Callable[[], dt.datetime] = utc_now,
) -> None:
    """
    Submit batches, of one issue or of all, until *is_done* or *is_stopping*. Batches of dead
    workers are claimed first. *machine_clock* is watched for jumps.
    """
    with _registered_worker(app, is_stopping, machine_clock=machine_clock) as housekeeping:
        dispatcher = housekeeping.dispatcher
        SendingLoop(
            prepare=lambda: dispatcher.prepare_next(issue_id) if housekeeping.is_steady else None,
            submit=dispatcher.submit,
            record=dispatcher.record_result,
            housekeeping=housekeeping,
            count=app.settings.delivery.connections,
        ).run(is_stopping=is_stopping, is_done=is_done)


def run_forever(
    app: App, *, is_stopping: Callable[[], bool], machine_clock: Callable[[], dt.datetime] = utc_now
) -> None:
    """
    Submit batches until *is_stopping*: on PostgreSQL those named by the queue's jobs, alongside any
    number of other machines; on SQLite those in the database. *machine_clock* is watched for jumps.
    """
    if app.database.file is not None:
        run_until_done(
            app, is_stopping=is_stopping, is_done=lambda: False, machine_clock=machine_clock
        )
        return
    from newsletter.delivery.queue.procrastinate_worker import ProcrastinateWorker

    with _registered_worker(app, is_stopping, machine_clock=machine_clock) as housekeeping:
        dispatcher, connections = housekeeping.dispatcher, app.settings.delivery.connections
        bridge: JobBridge[Submission] = JobBridge(
            claim=lambda batch_id: dispatcher.prepare_next(batch_id=batch_id),
            settle=dispatcher.record_result,
        )

        def prepare() -> Submission | None:
            if not housekeeping.is_steady:
                return None
            # Jobs stay here while the rate limiter has no slot, so that they are not enqueued again
            # and again. Batches of another provider, and halves that go first, are found in the
            # table, because their jobs may be queued behind others.
            reads_table = dispatcher.is_throttled or dispatcher.claims.has_split
            return dispatcher.prepare_next() if reads_table else bridge.prepare_next()

        def keep_registered() -> None:
            housekeeping()
            if not housekeeping.is_steady:
                # If they were kept here, no other worker could claim them until the clock is set.
                bridge.release_waiting()

        loop = SendingLoop(
            prepare=prepare,
            submit=dispatcher.submit,
            record=bridge.record_result,
            housekeeping=keep_registered,
            count=connections,
        )
        bridge.on_request = loop.wake
        queue_worker = ProcrastinateWorker(
            submit=bridge.submit,
            url=app.database.engine.url,
            count=connections * JOBS_PER_CONNECTION,
        )
        with queue_worker.running():
            try:
                loop.run(is_stopping=is_stopping, is_done=lambda: False)
            finally:
                bridge.close()


@contextmanager
def _registered_worker(
    app: App, is_stopping: Callable[[], bool], *, machine_clock: Callable[[], dt.datetime] = utc_now
) -> Iterator[Housekeeping]:
    """
    Register a new worker and yield its housekeeping; at the end release its claims and unregister
    it.
    """
    folder = app.settings.folder
    verify_identity(app.database, folder, now=app.clock())
    require_same_secret(app.database, app.signing_keys)
    complete_file(app)
    _note_accounts(app)
    worker_id = uuid.uuid4().hex[:12]
    lock = leases.WorkerLock(app.database.file, worker_id) if app.database.file else None
    app.reply_journal.open(
        journal_start(app.database.file, folder), worker_id, database_name=_database_name(app)
    )
    dispatcher = app.dispatcher(worker_id)
    marker = Marker(app.database, folder)
    # A batch has thousands of objects, so every few batches the garbage collector would scan
    # everything that is loaded now and stays.
    gc.freeze()
    housekeeping = Housekeeping(app, dispatcher, marker, is_stopping, clock=machine_clock)
    try:
        yield housekeeping
    finally:
        gc.unfreeze()
        try:
            housekeeping.reconciliation.close()
            dispatcher.release_interrupted()
            with app.database.write() as connection:
                leases.unregister(connection, worker_id)
                marker.advance(connection, dispatcher.intents_written)
                # Two workers that settled the last batches at the same time may not have seen each
                # other's.
                finish.submit_finished_issues(connection, now=app.clock())
                jobs.enqueue_forgotten(connection, now=app.clock())
            marker.write()
        finally:
            app.reply_journal.close()
            if lock is not None:
                lock.close()


def _database_name(app: App) -> str:
    with app.database.read() as connection:
        identity = load_identity(connection)
    # `verify_identity` has given it one.
    assert identity is not None
    return identity.name


def _note_accounts(app: App) -> None:
    with app.database.write() as connection:
        for name in app.settings.provider:
            # A provider whose key is missing cannot be opened either.
            with suppress(SettingsError):
                account = app.settings.account_of(name)
                provider_accounts.note_account(connection, name, account, now=app.clock())
