"""
`newsletter restore` goes on whatever has become of the database, and keeps what was there.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from running import Cli


def zero_the_header(file: Path) -> None:
    with file.open("r+b") as database:
        database.write(bytes(100))


def cut_in_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwrite_pages(file: Path) -> None:
    with file.open("r+b") as database:
        database.seek(4096)
        database.write(os.urandom(file.stat().st_size - 4096))


def cut_within_the_header(file: Path) -> None:
    os.truncate(file, 50)


def replace_by_text(file: Path) -> None:
    file.write_text("no database at all, only words of some length")


def replace_by_another_program_s_database(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")


def leave_only_the_logs(file: Path) -> None:
    file.unlink()
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).write_bytes(os.urandom(8192))


DAMAGES = [
    zero_the_header,
    cut_in_half,
    overwrite_pages,
    cut_within_the_header,
    replace_by_text,
    replace_by_another_program_s_database,
    leave_only_the_logs,
]


@pytest.fixture
def backed_up(cli: Cli, office: Path) -> Path:
    """
    An installation with one reader and a backup.
    """
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("backup", "kept.db")
    return office


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_backup_is_restored_over_a_database_in_any_state(
    cli: Cli, backed_up: Path, damage: Callable[[Path], None]
) -> None:
    database = backed_up / "newsletter.db"
    damage(database)
    ran = cli("restore", "kept.db", "--yes", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert cli("why", "ada@example.org").status == 0
    assert cli("resume", "--only-copy", "--yes").status == 0
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("damage", [zero_the_header, replace_by_text])
def test_a_damaged_database_and_its_logs_are_kept_byte_for_byte(
    cli: Cli, backed_up: Path, damage: Callable[[Path], None]
) -> None:
    database, logs = backed_up / "newsletter.db", ("-wal", "-shm", "-journal")
    damage(database)
    for end in logs:
        database.with_name(database.name + end).write_bytes(end.encode() * 1000)
    content = database.read_bytes()
    before = Path(cli("restore", "kept.db", "--yes", "--json").document["before"])
    assert before.read_bytes() == content
    assert [before.with_name(before.name + end).read_bytes() for end in logs] == [
        end.encode() * 1000 for end in logs
    ]


def test_a_damaged_database_is_not_replaced_under_a_process_that_sends(
    cli: Cli, backed_up: Path
) -> None:
    database = backed_up / "newsletter.db"
    zero_the_header(database)
    with database.with_name("newsletter.db-worker-0123456789ab").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = cli("restore", "kept.db", "--yes").refusal
    assert refused == "a process is sending: stop `newsletter serve` first, then restore"
    assert database.read_bytes()[:100] == bytes(100)


def test_a_backup_that_cannot_be_copied_leaves_the_damaged_database_where_it_is(
    cli: Cli, backed_up: Path
) -> None:
    database = backed_up / "newsletter.db"
    zero_the_header(database)
    (backed_up / "newsletter.db.new").mkdir()
    assert cli("restore", "kept.db", "--yes").status == 1
    assert database.read_bytes()[:100] == bytes(100)


def test_the_database_itself_is_no_backup_to_restore(cli: Cli, backed_up: Path) -> None:
    assert cli("restore", "newsletter.db", "--yes").refusal == (
        "newsletter.db is the database itself: give the file that `newsletter backup` wrote"
    )
    assert not list(backed_up.glob("newsletter.db.before-*"))


def test_two_restores_in_one_second_keep_both_databases(cli: Cli, backed_up: Path) -> None:
    names = {cli("restore", "kept.db", "--yes", "--json").document["before"] for _ in range(3)}
    assert len(names) == len(list(backed_up.glob("newsletter.db.before-*Z*"))) == 3
