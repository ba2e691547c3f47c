"""
`newsletter backup`, `restore` and `resume --only-copy`, as after a disk that died.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from installation import Installation
from running import Cli

from newsletter.errors import Refused
from newsletter.store.operations.backups import write_backup

STOPPED = "to continue, if no other copy sends: `newsletter resume --only-copy`"


@pytest.fixture
def sent(cli: Cli, office: Path) -> Path:
    """
    An installation that sent one issue to its one reader.
    """
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    send(cli)
    return office


def send(cli: Cli) -> int:
    number = cli(
        "issue", "new", "--list", "daily", "--intro", "Hi.", "--subject", "Hello", "--json"
    )
    return cli("issue", "send", number.document["id"], "--wait", "--yes").status


def mails(office: Path) -> int:
    return len(list(office.glob("outbox/*.eml")))


def test_a_restored_backup_sends_nothing_until_it_is_the_only_copy(cli: Cli, sent: Path) -> None:
    assert cli("backup", "kept.db", "--json").document["bytes"] > 100_000
    assert (send(cli), mails(sent)) == (0, 2)
    cli("restore", "kept.db", "--yes")
    assert STOPPED in cli("doctor").out
    assert (send(cli), mails(sent)) == (1, 2)
    resumed = cli("resume", "--only-copy", "--json").document
    (paused,) = resumed["paused"]
    assert (cli("issue", "resume", paused).status, send(cli), mails(sent)) == (0, 0, 3)


def test_the_database_of_before_is_kept_by_a_restore(cli: Cli, sent: Path) -> None:
    cli("backup", "kept.db")
    cli("subscriber", "add", "grace@example.org", "--list", "daily", "--consent", "asked")
    before = cli("restore", "kept.db", "--yes", "--json").document["before"]
    assert cli("why", "grace@example.org").status == 1
    with sqlite3.connect(before) as connection:
        assert connection.execute("SELECT count(*) FROM subscriber").fetchone() == (2,)
    connection.close()


def test_a_copied_folder_sends_nothing(cli: Cli, sent: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sent, copy, ignore=shutil.ignore_patterns("copy"))
    config = str(copy / "newsletter.toml")
    cli("issue", "new", "--list", "daily", "--subject", "Hi", "--intro", "Hi.", "--config", config)
    ran = cli("issue", "send", "2", "--wait", "--yes", "--config", config)
    assert (ran.status, mails(copy)) == (1, 1)
    assert f"it is a copy: it was at {sent}/newsletter.db" in ran.err


def test_a_backup_replaces_no_file_and_an_odd_file_is_not_restored(cli: Cli, sent: Path) -> None:
    assert cli("backup", "newsletter.db").refusal == (
        "newsletter.db belongs to this installation: choose another name"
    )
    (sent / "odd.db").write_text("no database at all, only words of some length")
    assert cli("restore", "odd.db", "--yes").refusal == (
        "odd.db is not a backup of a newsletter (file is not a database)"
    )
    assert cli("resume", "--only-copy").refusal == (
        "this database is not a copy: there is nothing to resume"
    )
    assert cli("resume").status == 1


def test_postgresql_has_tools_of_its_own(installation: Installation, tmp_path: Path) -> None:
    database, file = installation.app.database, tmp_path / "kept.db"
    if database.file is not None:
        assert write_backup(database, file, now=installation.now) == file.stat().st_size
        return
    with pytest.raises(Refused, match="use `pg_dump -Fc` and `pg_restore`"):
        write_backup(database, file, now=installation.now)
