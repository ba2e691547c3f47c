"""
An installation moved from SQLite to PostgreSQL: nothing is missing there, its issues go on, and the
old one sends nothing.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from moved_installation import Remembering, furnish, rows_of, send_half

from newsletter.errors import Refused, StoreError
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.issue import IssueState
from newsletter.operations import restore_guard
from newsletter.operations.move_to_postgres import MigrationReport, move_database
from newsletter.operations.restore_guard import resume_only_copy
from newsletter.store.database import Database
from newsletter.store.delivery import leases
from newsletter.store.events import issue_reputation
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.migrate import revision_of, upgrade
from newsletter.store.operations import database_identity
from newsletter.store.tables import batch
from subscribers.database.tables import mailing_list, metadata
from subscribers.lists import add_list


@pytest.fixture
def old(
    tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    """
    An installation on SQLite.
    """
    file = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, file)
    installation = Installation(tmp_path, f"sqlite:///{file}", now=now, sandbox=warm_sandbox)
    yield installation
    installation.close()


@pytest.fixture
def empty(new_postgres: Callable[[], Database]) -> Database:
    """
    A PostgreSQL database without tables.
    """
    return new_postgres()


def move(installation: Installation, to: Database) -> MigrationReport:
    return move_database(
        installation.app.database,
        to,
        installation.folder,
        now=installation.now,
        report=lambda done, total: None,
    )


def at(installation: Installation, database: Database) -> Installation:
    """
    The same installation with another `[database] url`.
    """
    url = database.engine.url.render_as_string(hide_password=False)
    found = Installation(
        installation.folder, url, now=installation.now, sandbox=installation.app.shared_sandbox
    )
    found.app.providers.update(installation.app.providers)
    return found


def stopped(database: Database) -> str:
    with database.read() as connection:
        found = kill_switch.active_stop(connection)
    return found.reason if found else ""


def jobs_of(database: Database) -> dict[str, int]:
    """
    How many batches of each issue are to be brought to a worker.
    """
    asked = "SELECT queue_name, count(*) FROM procrastinate.procrastinate_jobs GROUP BY 1"
    with database.read() as connection:
        return {str(row[0]): int(row[1]) for row in connection.execute(sa.text(asked))}


def test_the_rest_of_an_issue_goes_out_from_postgresql_and_every_reader_gets_it_once(
    old: Installation, empty: Database
) -> None:
    provider = Remembering()
    old.app.providers["outbox"] = provider
    readers = furnish(old, readers=20_000)
    half, whole = send_half(old)
    left_before = len(provider.taken)
    moved = move(old, empty)
    assert left_before == 4_000
    assert (moved.sending, moved.uncertain_batches) == ([whole, whole + 1], 1)
    assert jobs_of(empty) == {"issue-2": 20, "issue-3": 1}

    new = at(old, empty)
    with new.app.database.write() as connection:
        issue_reputation.resume(connection, half, reason=None, now=new.now)
    new.submit_all()
    got = sorted(provider.taken)
    assert got == sorted([*readers, *readers, "editor@example.org"])
    assert [new.state(number) for number in (half, whole)] == [IssueState.SUBMITTED] * 2
    assert new.counts(half)["accepted"] == len(readers)
    assert stopped(new.app.database) == ""

    old.submit_all(until=lambda: True)
    assert old.app.dispatcher("late").prepare_next(whole) is None
    assert stopped(old.app.database).startswith("this database was moved to postgresql")
    new.close()


def test_every_row_of_every_table_is_the_same(old: Installation, empty: Database) -> None:
    provider = Remembering()
    old.app.providers["outbox"] = provider
    furnish(old, readers=5_000)
    send_half(old)
    moved = move(old, empty)
    there = rows_of(empty)
    assert there == rows_of(old.app.database)
    filled = {name for name, rows in there.items() if rows}
    assert {"delivery", "image", "exclusion", "schedule", "source", "mail"} <= filled
    assert {copied.table: copied.rows for copied in moved.tables if copied.table in there} == {
        name: len(rows) for name, rows in there.items()
    }


def test_an_absent_json_value_stays_absent(old: Installation, empty: Database) -> None:
    old.add_list()
    old.add_issue()
    move(old, empty)
    asked = sa.text("SELECT count(*) FROM issue WHERE timing IS NULL")
    counts = []
    for database in (old.app.database, empty):
        with database.read() as connection:
            counts.append(connection.execute(asked).scalar_one())
    assert counts[0] == counts[1]


def test_new_rows_are_numbered_behind_the_old_ones(old: Installation, empty: Database) -> None:
    old.add_list()
    number = old.add_issue()
    move(old, empty)
    new = at(old, empty)
    new.add_list("weekly")
    assert new.add_issue("Another") == number + 1
    new.close()


def test_the_kill_switch_stays_engaged_in_the_new_database(
    old: Installation, empty: Database
) -> None:
    with old.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="wrong list", now=old.now)
    move(old, empty)
    assert stopped(empty) == "wrong list"


def test_the_new_database_is_the_original_and_counts_on(old: Installation, empty: Database) -> None:
    with old.app.database.write() as connection:
        database_identity.save_identity(
            connection, database_identity.DatabaseIdentity(name="a", place="x", submitted_count=7)
        )
    move(old, empty)
    with empty.read() as connection:
        kept = database_identity.load_identity(connection)
    assert kept is not None
    assert (kept.submitted_count, kept.name == "a") == (7, False)
    assert restore_guard.read_marker(restore_guard.marker_file(empty, old.folder)) == kept
    restore_guard.verify_identity(empty, old.folder, now=old.now)
    assert stopped(empty) == ""


def test_a_database_that_holds_rows_is_not_copied_into(old: Installation, empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        add_list(connection, "weekly", name="Weekly", now=old.now)
    with pytest.raises(Refused, match=r"already has rows \(mailing_list\)"):
        move(old, empty)
    assert stopped(old.app.database) == ""


def test_a_migrated_database_without_rows_will_do(old: Installation, empty: Database) -> None:
    upgrade(empty)
    old.add_list()
    assert move(old, empty).rows == 1


def test_nothing_is_copied_while_a_process_sends(old: Installation, empty: Database) -> None:
    with old.app.database.write() as connection:
        leases.heartbeat(connection, "alive", now=old.now)
    assert old.app.database.file is not None
    lock = leases.WorkerLock(old.app.database.file, "alive")
    with pytest.raises(Refused, match="a process is sending: stop `newsletter serve` first"):
        move(old, empty)
    lock.close()
    assert revision_of(empty) is None


def test_a_value_postgresql_refuses_leaves_both_as_they_were(
    old: Installation, empty: Database
) -> None:
    old.add_list()
    with old.app.database.write() as connection:
        connection.execute(sa.update(mailing_list).values(name="a NUL \0 in it"))
    before = rows_of(old.app.database)
    with pytest.raises(StoreError, match=r"table mailing_list was refused \(.*\): nothing was"):
        move(old, empty)
    assert (rows_of(old.app.database), stopped(old.app.database)) == (before, "")
    with empty.read() as connection:
        assert set(sa.inspect(connection).get_table_names()) & set(metadata.tables) == set()


def test_a_copy_that_is_broken_off_leaves_both_as_they_were(
    old: Installation, empty: Database
) -> None:
    old.add_list()

    def report(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(old.app.database, empty, old.folder, now=old.now, report=report)
    assert (stopped(old.app.database), revision_of(empty)) == ("", None)


@pytest.mark.parametrize(
    ("step", "old_is_stopped"), [("move.copied", False), ("move.marked", True)]
)
def test_a_process_that_dies_between_two_commits_leaves_at_most_one_that_sends(
    old: Installation, empty: Database, step: str, old_is_stopped: bool
) -> None:
    def die(reached: str) -> None:
        if reached == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move_database(
            old.app.database,
            empty,
            old.folder,
            now=old.now,
            report=lambda done, total: None,
            on_step=die,
        )
    assert stopped(empty).startswith("the copy from ")
    assert bool(stopped(old.app.database)) == old_is_stopped


def test_a_call_of_a_dead_sender_is_uncertain_only_once_it_was_copied(
    old: Installation, empty: Database
) -> None:
    provider = Remembering()
    old.app.providers["outbox"] = provider
    furnish(old, readers=5_000)
    send_half(old)
    upgrade(empty)
    with empty.write() as connection:
        add_list(connection, "weekly", name="Weekly", now=old.now)
    with pytest.raises(Refused):
        move(old, empty)
    with old.app.database.read() as connection:
        found = connection.execute(sa.select(batch.c.state).distinct()).scalars().all()
    assert sorted(found) == ["pending", "settled", "submitting"]


def test_a_database_moves_once_and_a_copy_does_not_move(
    old: Installation, new_postgres: Callable[[], Database]
) -> None:
    move(old, new_postgres())
    with pytest.raises(StoreError, match="this database was moved to postgresql"):
        move(old, new_postgres())
    resume_only_copy(old.app.database, old.folder, keys=old.app.signing_keys, now=old.now)
    with old.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.COPY, reason="a backup", now=old.now)
    with pytest.raises(Refused, match="a backup"):
        move(old, new_postgres())


def test_only_sqlite_is_copied_and_only_to_postgresql(old: Installation, empty: Database) -> None:
    with pytest.raises(Refused, match="--to is not a PostgreSQL database"):
        move(old, old.app.database)
    with pytest.raises(Refused, match="there is nothing to copy from"):
        move(at(old, empty), empty)
