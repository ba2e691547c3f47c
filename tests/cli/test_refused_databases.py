"""
Databases that cannot be used as they are: what the command line says, and that nothing changed.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import Cli, Ran

NOBODY = 65534


@pytest.fixture
def held(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """
    An installation whose database another connection is writing to.
    """
    monkeypatch.setenv("NEWSLETTER_DATABASE__BUSY_TIMEOUT_MS", "50")
    other = sqlite3.connect(office / "newsletter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield office
    other.close()


@pytest.fixture
def guarded(made_once: Path) -> Iterator[Path]:
    """
    An installation that the user who runs the commands may read and not write.
    """
    with tempfile.TemporaryDirectory(prefix="newsletter-") as name:
        folder = Path(name) / "office"
        shutil.copytree(made_once, folder)
        for path in (Path(name), folder, *folder.iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield folder
        folder.chmod(0o755)
        Path(name).chmod(0o755)


@contextmanager
def somebody_else() -> Iterator[None]:
    """
    Work as a user who owns nothing: file modes do not bind root.
    """
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "words",
    [
        "list add weekly --name Weekly",
        "subscriber add ada@example.org --list daily",
        "subscriber import people.csv --list daily --consent x",
        "suppression add ada@example.org",
        "source add desk folder .",
        "brief add monday.txt",
        "migrate",
    ],
)
def test_a_locked_database_is_said_to_be_locked(
    cli: Cli, people: Path, monday: Path, held: Path, words: str
) -> None:
    refusal = cli(*words.split()).refusal
    assert refusal == (
        f"sqlite:///{held / 'newsletter.db'}: "
        "another process has it locked; try again, or stop that process"
    )


def test_a_locked_database_can_be_read(cli: Cli, held: Path) -> None:
    assert [one["slug"] for one in cli("list", "list", "--json").document] == ["daily"]


def test_doctor_names_a_locked_database_beside_its_other_checks(cli: Cli, held: Path) -> None:
    ran = cli("doctor")
    failing = [line.split()[1] for line in ran.out.splitlines() if line.startswith("FAILS")]
    assert (ran.status, failing) == (1, ["database"])


def test_a_read_only_database_is_said_to_be_read_only(cli: Cli, guarded: Path) -> None:
    before = (guarded / "newsletter.db").read_bytes()
    with somebody_else():
        ran = cli("list", "add", "x", "--name", "X", "--config", guarded / "newsletter.toml")
    assert ran.refusal == (
        f"sqlite:///{guarded / 'newsletter.db'}: it is read-only; give this user write access "
        "to the file and folder"
    )
    assert (guarded / "newsletter.db").read_bytes() == before
    assert [path.name for path in guarded.glob("newsletter.db*")] == ["newsletter.db"]


@pytest.mark.parametrize("words", ["migrate", "list list", "list add x --name X"])
def test_a_file_that_is_no_database_is_left_alone(cli: Cli, office: Path, words: str) -> None:
    content = b"these are minutes of a meeting, and no tables\n" * 40
    (office / "newsletter.db").write_bytes(content)
    refusal = cli(*words.split()).refusal
    assert refusal.endswith("the file is not an SQLite database; check [database] url")
    assert (office / "newsletter.db").read_bytes() == content


@pytest.mark.parametrize("words", ["migrate", "list list", "serve --port 0"])
def test_a_damaged_database_is_said_to_be_damaged(cli: Cli, office: Path, words: str) -> None:
    file = office / "newsletter.db"
    content = file.read_bytes()
    file.write_bytes(content[:4096] + bytes([255]) * (len(content) - 4096))
    reason = f"sqlite:///{file}: the file is damaged; restore it from your backup"
    assert cli(*words.split()).refusal == reason
    checks = {c["name"]: c["detail"] for c in _checks(cli("doctor", "--json"))}
    assert checks["database"] == reason


def test_a_new_database_is_readable_by_its_owner_only(cli: Cli, office: Path) -> None:
    file = office / "newsletter.db"
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    assert cli("migrate").status == 0
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_missing_database_is_not_made_by_looking(cli: Cli, office: Path) -> None:
    (office / "newsletter.db").unlink()
    refusal = cli("list", "list").refusal
    file = office / "newsletter.db"
    assert refusal == f"no database at {file}: run `newsletter migrate` to create it"
    assert not file.exists()


@pytest.mark.parametrize(
    ("revision", "reason"),
    [
        ("2026_12_people", "the database is older than this program: run `newsletter migrate`"),
        ("9999", "the database is newer than this program: install the newer version"),
    ],
)
def test_a_database_of_another_age_is_not_worked_on(
    cli: Cli, office: Path, revision: str, reason: str
) -> None:
    with sqlite3.connect(office / "newsletter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.close()
    assert cli("list", "add", "weekly", "--name", "Weekly").refusal == reason
    checks = {c["name"]: c for c in _checks(cli("doctor", "--json"))}
    assert checks["database"] == {"name": "database", "ok": False, "detail": reason}


def test_a_database_of_an_unreleased_version_is_refused(cli: Cli, office: Path) -> None:
    with sqlite3.connect(office / "newsletter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    connection.close()
    assert {cli(*words.split()).refusal for words in ("list list", "migrate")} == {
        f"sqlite:///{office / 'newsletter.db'}: it was made by an unreleased version: set "
        "[database] url to a new database and run `newsletter migrate`"
    }


@pytest.mark.parametrize("words", ["list list", "migrate"])
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (
            "postgresql://news:geheim@127.0.0.1:1/news",
            "postgresql://news:***@127.0.0.1:1/news: it cannot be reached; check the address, "
            "and that the server is running",
        ),
        (
            "postgresql://news:geheim@nowhere.invalid/news",
            "postgresql://news:***@nowhere.invalid/news: its host was not found; check the address",
        ),
        ("mysql://news:geheim@127.0.0.1/news", "[database] url cannot be opened"),
        ("sqlite://", "[database] url cannot be opened"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_its_password(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch, words: str, url: str, reason: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", url)
    refusal = cli(*words.split()).refusal
    assert refusal.startswith(reason)
    assert "geheim" not in refusal


def _checks(ran: Ran) -> list[dict[str, object]]:
    assert ran.status == 1
    found: list[dict[str, object]] = json.loads(ran.out)["checks"]
    return found


def test_a_full_disk_is_told_as_one_though_sqlite_calls_it_a_fault(office: Path) -> None:
    command = [sys.executable, "-m", "newsletter", "list", "add", "weekly", "--name", "Weekly"]
    no_file_grows = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    ran = subprocess.run(
        command, cwd=office, capture_output=True, text=True, preexec_fn=no_file_grows
    )
    assert (ran.returncode, ran.stderr) == (
        1,
        f"newsletter: sqlite:///{office / 'newsletter.db'}: its disk is full or failing; free some "
        "space, or check the system log\n",
    )
