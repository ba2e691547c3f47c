"""
PostgreSQL errors that pass are reported as such, so that senders continue after them.
"""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from newsletter.errors import StoreError
from newsletter.store.database import Database

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HEARTBEAT = "UPDATE worker SET heartbeat_at = heartbeat_at + interval '1 s' WHERE name = '{}'"


@pytest.fixture
def two_workers(database: Database) -> Database:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO worker VALUES ('a', now()), ('b', now())")
    return database


def heartbeat_after_another(database: Database) -> None:
    with database.write() as first:
        first.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        first.exec_driver_sql("SELECT count(*) FROM worker")
        with database.write() as second:
            second.exec_driver_sql(HEARTBEAT.format("a"))
        first.exec_driver_sql(HEARTBEAT.format("a"))


def record_heartbeat_with_short_timeout(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '20ms'")
        connection.exec_driver_sql(HEARTBEAT.format("a"))


def record_heartbeat_and_lose_connection(database: Database) -> None:
    with database.write() as first:
        first.exec_driver_sql(HEARTBEAT.format("a"))
        number = first.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.write() as second:
            second.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 5000)")


def test_a_failed_serialization_is_trouble_that_passes(two_workers: Database) -> None:
    with pytest.raises(StoreError, match=r"is failing at the moment \(could not serialize access"):
        heartbeat_after_another(two_workers)
    with two_workers.write() as again:
        again.exec_driver_sql(HEARTBEAT.format("a"))


def test_a_lock_that_was_waited_for_too_long_is_trouble_that_passes(two_workers: Database) -> None:
    with two_workers.write() as first:
        first.exec_driver_sql(HEARTBEAT.format("a"))
        with pytest.raises(StoreError, match=r"is failing at the moment \(canceling statement"):
            record_heartbeat_with_short_timeout(two_workers)


def test_a_commit_whose_connection_is_cut_is_trouble_that_passes(two_workers: Database) -> None:
    with pytest.raises(StoreError, match="the server ended the connection"):
        record_heartbeat_and_lose_connection(two_workers)


def test_one_of_two_that_wait_for_each_other_is_told_so(two_workers: Database) -> None:
    found: list[str] = []
    meet = threading.Barrier(2)

    def cross(mine: str, theirs: str) -> None:
        try:
            with two_workers.write() as connection:
                connection.exec_driver_sql(HEARTBEAT.format(mine))
                meet.wait(10)
                connection.exec_driver_sql(HEARTBEAT.format(theirs))
        except StoreError as error:
            found.append(str(error).rpartition(": ")[2])

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["two processes waited for each other, and one gave way; try again"]


def test_a_server_that_is_not_there_is_told_to_be_looked_for(database: Database) -> None:
    away = Database("postgresql://news@/news?host=/nowhere")
    with pytest.raises(StoreError, match="cannot be reached"), away.read():
        pass
    away.close()


def test_a_mistake_of_ours_is_no_trouble_that_passes(two_workers: Database) -> None:
    with two_workers.read() as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.exec_driver_sql("SELEC 1")
