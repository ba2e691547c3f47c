"""
Jobs on PostgreSQL are made in the transaction that opens their batch, and none is forgotten.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from scripted_provider import ACCEPTED, Scripted, all_of, each, sending, submit_next

from newsletter import pipeline
from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.store.delivery import claims, finish, leases
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.issues import issues
from newsletter.store.queue import jobs

WAIT = Receipt(kind=ReceiptKind.RETRY, reason="too many", retry_after_s=30.0)
JOBS = "SELECT args->>'batch_id', status, scheduled_at FROM procrastinate.procrastinate_jobs"


pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def jobs_of(installation: Installation) -> list[tuple[int, str, dt.datetime | None]]:
    with installation.app.database.read() as connection:
        rows = connection.exec_driver_sql(f"{JOBS} ORDER BY id").all()
    return [(int(batch_id), status, at) for batch_id, status, at in rows]


def sweep(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        jobs.enqueue_forgotten(connection, now=installation.now)


def lose_all_jobs(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM procrastinate.procrastinate_jobs")


def test_the_freeze_gives_each_batch_its_job(installation: Installation) -> None:
    sending(installation, Scripted([]), readers=5)
    assert jobs_of(installation) == [(1, "todo", None), (2, "todo", None), (3, "todo", None)]


def test_a_freeze_that_is_rolled_back_leaves_no_job(installation: Installation) -> None:
    def on_step(step: str) -> None:
        if step == "freeze.before_commit":
            raise KeyboardInterrupt

    installation.app.on_step = on_step
    with pytest.raises(KeyboardInterrupt):
        sending(installation, Scripted([]))
    assert jobs_of(installation) == []


def test_a_batch_that_waits_is_brought_at_its_time(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(WAIT)]))
    submit_next(dispatcher)
    assert jobs_of(installation)[1:] == [(1, "todo", installation.now + dt.timedelta(seconds=30))]


def test_readers_who_were_asked_to_wait_have_a_job_of_their_own(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([each(ACCEPTED, WAIT)]))
    submit_next(dispatcher)
    assert jobs_of(installation)[1:] == [(2, "todo", installation.now + dt.timedelta(seconds=30))]


def test_a_resumed_issue_has_its_jobs_again(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]), readers=3)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED)
    lose_all_jobs(installation)
    sweep(installation)
    assert jobs_of(installation) == []
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SENDING)
    assert jobs_of(installation) == [(1, "todo", None), (2, "todo", None)]


def test_a_claim_given_back_by_a_beat_is_brought_again(installation: Installation) -> None:
    sending(installation, Scripted([]))
    with installation.app.database.write() as connection:
        jobs.forget_jobs(connection, 1)
        claims.claim_batch(connection, worker_id="me", now=installation.now, lease=leases.LEASE)
        leases.heartbeat(connection, "me", now=installation.now)
    assert jobs_of(installation) == [(1, "todo", None)]


def test_a_batch_whose_job_was_lost_gets_another_once(installation: Installation) -> None:
    sending(installation, Scripted([]), readers=3)
    lose_all_jobs(installation)
    sweep(installation)
    sweep(installation)
    assert jobs_of(installation) == [(1, "todo", None), (2, "todo", None)]


def test_nothing_is_brought_while_everything_is_stopped(installation: Installation) -> None:
    sending(installation, Scripted([]))
    lose_all_jobs(installation)
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=installation.now)
    sweep(installation)
    assert jobs_of(installation) == []
    with installation.app.database.write() as connection:
        kill_switch.disengage(connection, StopKind.ALL)
    sweep(installation)
    assert jobs_of(installation) == [(1, "todo", None)]


@pytest.mark.parametrize(("silent_s", "is_taken_over"), [(2, False), (5, True)])
def test_the_job_of_a_silent_worker_is_anybodys_after_four_seconds(
    installation: Installation, silent_s: int, is_taken_over: bool
) -> None:
    sending(installation, Scripted([]))
    with installation.app.database.write() as connection:
        worker = connection.exec_driver_sql(
            "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) "
            f"VALUES (now() - interval '{silent_s} s') RETURNING id"
        ).scalar_one()
        connection.exec_driver_sql(
            f"UPDATE procrastinate.procrastinate_jobs SET status = 'doing', worker_id = {worker}"
        )
    sweep(installation)
    assert jobs_of(installation) == [(1, "todo" if is_taken_over else "doing", None)]


def test_a_submitted_or_cancelled_issue_leaves_no_job(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]))
    submit_next(dispatcher)
    assert jobs_of(installation) == []
    second = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, second)
    assert len(jobs_of(installation)) == 1
    with installation.app.database.write() as connection:
        finish.cancel_open(connection, second, now=installation.now)
    assert jobs_of(installation) == []
