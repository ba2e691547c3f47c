"""
Which workers count as dead (never one whose lock is held), what live workers keep, and which
uncertain batch is reconciled next.
"""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest
from installation import Installation
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    UNCERTAIN,
    Scripted,
    all_of,
    batches_of,
    sending,
    states,
    submit_next,
)

from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.reconciliation.thread import ReconciliationThread
from newsletter.model.delivery import Attempt, BatchResult, BatchState
from newsletter.operations.restore_guard import Marker
from newsletter.store.database import Database
from newsletter.store.delivery import leases
from newsletter.store.delivery.leases import WorkerLock
from newsletter.workers.housekeeping import Housekeeping


def test_a_worker_whose_first_heartbeat_was_lost_does_not_expire(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))
    file = installation.app.database.file
    lock = WorkerLock(file, "me") if file else None
    dispatcher.prepare_next()
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, file, now=installation.now)
    assert batches_of(installation, issue_id) == [(1, BatchState.SUBMITTING)]
    if lock is not None:
        lock.close()


def test_what_a_dead_process_left_uncertain_is_in_the_log(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    _, dispatcher = sending(installation, Scripted([]))
    dispatcher.prepare_next()
    installation.now += dt.timedelta(minutes=5)
    memory = Marker(installation.app.database, installation.folder)
    Housekeeping(installation.app, installation.app.dispatcher("other"), memory, lambda: False)()
    assert [record.getMessage() for record in caplog.records] == [
        "batch 1 of issue 1 has an uncertain outcome: the worker that sent it died"
    ]


def test_one_database_by_two_names_has_its_locks_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    one = Database(f"sqlite:///{tmp_path / 'real' / 'newsletter.db'}")
    other = Database(f"sqlite:///{tmp_path / 'link' / 'newsletter.db'}")
    assert one.file == other.file


def test_a_provider_that_takes_long_to_answer_is_asked_by_one_process(
    installation: Installation,
) -> None:
    asked, may_answer = [], threading.Event()

    class Slow(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            asked.append(len(attempt.recipients))
            may_answer.wait(timeout=60)
            return all_of(ACCEPTED)(len(attempt.recipients))

    issue_id, dispatcher = sending(installation, Slow([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    memory = Marker(installation.app.database, installation.app.settings.folder)
    keeper = Housekeeping(installation.app, dispatcher, memory, is_stopping=lambda: False)
    for _ in range(5):
        keeper()
        installation.now += leases.LEASE / 2
    assert reconcile_next(installation.app.dispatcher("another")) is False
    may_answer.set()
    keeper.reconciliation.close()
    assert (asked, states(installation, issue_id)) == ([2], {"accepted": 2})


def test_a_batch_that_stays_uncertain_does_not_block_the_others(installation: Installation) -> None:
    asked = []

    class Silent(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            asked.append(attempt.key)
            return all_of(UNCERTAIN)(len(attempt.recipients))

    provider = Silent([all_of(UNCERTAIN)] * 2, capabilities=LOOKS_UP)
    _, dispatcher = sending(installation, provider, readers=4)
    while submit_next(dispatcher):
        pass
    for _ in range(4):
        # Each answer takes so long that the first of them is due again.
        installation.now += dt.timedelta(hours=1)
        reconcile_next(dispatcher)
    assert asked == [asked[0], asked[1]] * 2
    assert asked[0] != asked[1]


def test_what_breaks_while_a_process_ends_is_in_its_log(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    may_answer = threading.Event()

    class Slow(Scripted):
        def look_up(self, attempt: Attempt) -> BatchResult:
            may_answer.wait(timeout=60)
            return all_of(ACCEPTED)(len(attempt.recipients))

    def clock() -> dt.datetime:
        if may_answer.is_set():
            raise RuntimeError("no time")
        return installation.now

    issue_id, dispatcher = sending(installation, Slow([all_of(UNCERTAIN)], capabilities=LOOKS_UP))
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    dispatcher.clock = clock
    reconciliation = ReconciliationThread(dispatcher, lambda: True)
    reconciliation.poll()
    may_answer.set()
    reconciliation.close()
    assert "RuntimeError: no time" in caplog.text
    assert states(installation, issue_id) == {"uncertain": 2}
