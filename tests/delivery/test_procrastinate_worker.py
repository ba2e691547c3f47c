"""
The Procrastinate worker in its thread: jobs arrive, a failure is logged once, and it stops soon.
"""

from __future__ import annotations

import concurrent.futures as cf
import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import Scripted, sending

from newsletter.delivery.queue.procrastinate_worker import ProcrastinateWorker


def at_once(batch_id: int) -> cf.Future[None]:
    over: cf.Future[None] = cf.Future()
    over.set_result(None)
    return over


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_each_frozen_batch_is_brought_and_its_job_is_gone_afterwards(
    installation: Installation,
) -> None:
    brought: list[int] = []

    def submit_next(batch_id: int) -> cf.Future[None]:
        brought.append(batch_id)
        return at_once(batch_id)

    sending(installation, Scripted([]), readers=5)
    with ProcrastinateWorker(
        submit=submit_next, url=installation.app.database.engine.url, count=2
    ).running():
        ends_s = time.monotonic() + 30
        while jobs_left(installation) and time.monotonic() < ends_s:
            time.sleep(0.05)
    assert (sorted(brought), jobs_left(installation)) == ([1, 2, 3], 0)


def jobs_left(installation: Installation) -> int:
    with installation.app.database.read() as connection:
        counted = sa.text("SELECT count(*) FROM procrastinate.procrastinate_jobs")
        return int(connection.execute(counted).scalar_one())


def test_a_server_that_is_away_is_said_once_and_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nowhere = sa.make_url("postgresql+psycopg://news@127.0.0.1:1/news")
    ending = threading.Event()
    thread = threading.Thread(
        target=ProcrastinateWorker(submit=at_once, url=nowhere, count=1).run, args=(ending,)
    )
    thread.start()
    time.sleep(2.5)
    ending.set()
    thread.join(10)
    assert not thread.is_alive()
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("the job queue does not work: connection failed")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_it_says_that_jobs_come_again(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "newsletter.delivery.queue.procrastinate_worker")

    def said(words: str) -> bool:
        return any(words in record.getMessage() for record in caplog.records)

    rename(installation, "procrastinate", "elsewhere")
    with ProcrastinateWorker(
        submit=at_once, url=installation.app.database.engine.url, count=1
    ).running():
        wait_until(lambda: said("the job queue does not work"))
        rename(installation, "elsewhere", "procrastinate")
        wait_until(lambda: said("the job queue works again"))


def rename(installation: Installation, old: str, new: str) -> None:
    with installation.app.database.write() as connection:
        connection.execute(sa.text(f"ALTER SCHEMA {old} RENAME TO {new}"))


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < ends_s
        time.sleep(0.05)
