"""
Transactions on the real databases: who waits, what is rolled back, and what a person is told.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import Refused, StoreError
from newsletter.store.database import Database, require_sqlite
from newsletter.store.driver_errors import shown_url
from newsletter.store.tables import worker

INSERT = "INSERT INTO worker (name, heartbeat_at) VALUES (:name, '2026-03-04 12:00:00')"


def owners_in(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(connection.scalars(sa.select(worker.c.name)))


def test_a_write_is_kept_and_a_failed_one_is_not(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text(INSERT), {"name": "kept"})

    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(sa.text(INSERT), {"name": "lost"})
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        fail_half_way()
    assert owners_in(database) == ["kept"]


def test_a_sqlite_that_is_too_old_is_refused_in_one_line() -> None:
    require_sqlite("3.40.0")
    require_sqlite("4.0")
    with pytest.raises(StoreError) as refused:
        require_sqlite("3.39.4")
    assert str(refused.value) == (
        "this Python has SQLite 3.39.4, which is too old: use a Python with SQLite 3.40 or newer, "
        "or PostgreSQL"
    )


def test_looking_writes_nothing(database: Database) -> None:
    with database.read() as connection:
        connection.execute(sa.text(INSERT), {"name": "seen"})
    assert owners_in(database) == []


def test_a_query_is_stopped_on_postgresql_and_a_change_is_not(
    new_postgres: Callable[[], Database],
) -> None:
    database = new_postgres()
    database.most_reading_s = 0.05
    with database.read() as connection, pytest.raises(StoreError, match="took too long"):
        connection.exec_driver_sql("SELECT pg_sleep(60)")
    with database.look() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(0.2)")
    with database.write() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(0.2)")


def test_a_query_that_somebody_made_up_is_cut_off_and_the_next_is_not(database: Database) -> None:
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) "
        "SELECT count(*) FROM n"
    )

    def look() -> None:
        with database.look(most_s=0.05) as connection:
            connection.execute(sa.text(endless))

    for _ in range(2):
        with pytest.raises(Refused, match="takes too long to find out"):
            look()
        short = endless.replace("1000000000", "100000")
        with database.read() as connection:
            assert connection.scalar(sa.text(short)) == 100_000
        # It is a part of the transaction that is open, and does not end it.
        with database.unit(), database.write() as connection:
            connection.execute(sa.text("DELETE FROM worker"))
            connection.execute(sa.text(INSERT), {"name": "kept"})
            with database.look() as looking:
                assert looking.scalar(sa.select(sa.func.count()).select_from(worker)) == 1
        assert owners_in(database) == ["kept"]


def test_sqlite_is_durable_and_keeps_its_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", busy_timeout_ms=1234)
    with database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    full = 2
    assert found == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 1234,
    }  # fmt: skip


def test_two_writers_alternate_and_both_succeed(database: Database) -> None:
    inside, go = threading.Event(), threading.Event()

    def first() -> None:
        with database.write() as connection:
            connection.execute(sa.text(INSERT), {"name": "first"})
            inside.set()
            go.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(60)
    threading.Timer(0.1, go.set).start()
    with database.write() as connection:
        connection.execute(sa.text(INSERT), {"name": "second"})
    thread.join()
    assert owners_in(database) == ["first", "second"]


def test_a_locked_database_is_told_by_whoever_uses_the_engine(
    tmp_path: Path, sqlite_template: Path
) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{file}", busy_timeout_ms=20)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as refused, database.engine.begin():
        pass
    other.close()
    assert isinstance(refused.value.__cause__, sqlite3.OperationalError)
    assert str(refused.value) == (
        f"sqlite:///{file}: another process has it locked; try again, or stop that process"
    )
    with database.write() as connection:
        connection.execute(sa.text(INSERT), {"name": "after"})
    assert owners_in(database) == ["after"]
    database.close()


def test_a_broken_promise_stays_an_integrity_error(database: Database) -> None:
    twice = [{"name": "twice"}, {"name": "twice"}]
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.text(INSERT), twice)
    assert owners_in(database) == []


def test_missing_tables_are_told_to_migrate(database: Database) -> None:
    with pytest.raises(StoreError) as refused, database.read() as connection:
        connection.execute(sa.text("SELECT * FROM nothing_here"))
    assert str(refused.value).endswith("tables yet; run `newsletter migrate`")


def test_only_a_transaction_that_says_so_is_committed_without_a_sync(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'news.db'}")
    modes = []
    for is_kept in (True, False, False, True):
        with database.write(is_kept=is_kept) as connection:
            modes.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())
    database.close()
    # https://sqlite.org/pragma.html#pragma_synchronous: 2 is FULL, 1 is NORMAL.
    assert modes == [2, 1, 1, 2]


def test_a_postgresql_that_vanishes_is_given_up_in_half_a_minute(postgres_copy: str) -> None:
    database = Database(f"{postgres_copy}&keepalives_interval=2")
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        found = driver.info.get_parameters()
    database.close()
    idle_s, every_s, most = (int(found[f"keepalives_{n}"]) for n in ("idle", "interval", "count"))
    assert (every_s, idle_s + every_s * most <= 30) == (2, True)
    assert int(found["tcp_user_timeout"]) == 30_000


def test_a_connection_the_server_dropped_is_made_anew(
    new_postgres: Callable[[], Database],
) -> None:
    database = new_postgres()
    with database.read() as connection:
        number = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    twin = Database(database.engine.url.render_as_string(hide_password=False))
    with twin.write() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:number)"), {"number": number})
    twin.close()
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != number


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://news:geheim@127.0.0.1/news", "unknown kind"),
        ("sqlite://", "it names no file"),
        ("nonsense", "unknown kind"),
        ("postgresql+nodriver://h/d", "unknown kind"),
        ("postgresql://news:geheim@127.0.0.1:port/news", "its port is not a number"),
    ],
)
def test_an_address_of_no_database_is_refused_at_once(url: str, reason: str) -> None:
    with pytest.raises(StoreError) as refused:
        Database(url)
    assert str(refused.value) == (
        f"[database] url cannot be opened ({reason}): use sqlite:///FILE, or "
        "postgresql://… with `pip install '.[postgres]'` in the checkout"
    )


def test_a_writer_gets_between_the_transactions_of_one_who_writes_all_the_time(
    tmp_path: Path,
) -> None:
    file = tmp_path / "x.db"
    database = Database(f"sqlite:///{file}")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE click (n INTEGER)")
    is_over = threading.Event()
    waits: list[int] = []

    def write_all_the_time() -> None:
        sender = sqlite3.connect(file, isolation_level=None)
        while not is_over.is_set():
            sender.execute("BEGIN IMMEDIATE")
            waits.append(1)
            time.sleep(0.012)
            sender.execute("ROLLBACK")
            time.sleep(0.002)
        sender.close()

    sender = threading.Thread(target=write_all_the_time)
    sender.start()
    waited: list[int] = []
    for number in range(200):
        before = len(waits)
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO click VALUES (?)", (number,))
        waited.append(len(waits) - before)
    is_over.set()
    sender.join()
    database.close()
    # In the other's waits. With SQLite's own waiting the longest was 0.2 to 1.5 s, 14 at least.
    assert max(waited) < 10


def test_no_message_shows_a_password_or_a_parameter(database: Database) -> None:
    url = sa.make_url("postgresql://u:s3cret@h/db?password=s3cret&sslpassword=s3cret&sslmode=allow")
    assert shown_url(url) == "postgresql://u:***@h/db?sslmode=allow"
    with (
        pytest.raises((StoreError, sa.exc.SQLAlchemyError)) as caught,
        database.write() as connection,
    ):
        connection.execute(sa.text("SELECT nothing WHERE 1 = :secret"), {"secret": "s3cret"})
    assert "s3cret" not in str(caught.value)
