"""
kill -9 of the real commands while an installation is moved, at random: no file is half, and no
database is, and running them again comes to the same end. CI kills each six times, or $MOVE_KILLS.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from moved_installation import furnish, rows_of

from newsletter.store.database import Database
from newsletter.store.migrate import head
from reliability.processes.programs import environment_of_child

pytestmark = pytest.mark.ci

KILLS = int(os.environ.get("MOVE_KILLS", "6"))
READERS = 20_000
SETTINGS = """\
[site]
name = "The Institute"
base_url = "https://news.example.org"
[sender]
name = "The Desk"
address = "desk@example.org"
[database]
url = "{url}"
"""


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from newsletter.cli import main; main()", *words],
        cwd=folder,
        env=environment_of_child(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run(folder: Path, *words: str) -> float:
    """
    Run a command to its end, and return how long it took.
    """
    began_s = time.monotonic()
    process = start(folder, *words)
    _, err = process.communicate()
    assert process.returncode == 0, err
    return time.monotonic() - began_s


def kill(folder: Path, *words: str, after_s: float) -> bool:
    """
    Kill a command after a time, and return whether it was still running.
    """
    process = start(folder, *words)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def settle(folder: Path, url: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "newsletter.toml").write_text(SETTINGS.format(url=url))
    (folder / "secret.key").write_text("s" * 40)


def is_whole(file: Path) -> bool:
    with zipfile.ZipFile(file) as archive:
        return archive.testzip() is None and "manifest.json" in archive.namelist()


def row_count(database: Database) -> int:
    """
    The rows of the first and the last table that are filled, if there are tables.
    """
    with database.read() as connection:
        existing = sa.inspect(connection).get_table_names()
        names = [name for name in ("mailing_list", "subscription") if name in existing]
        counts = [
            connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in names
        ]
    assert 0 not in counts or not any(counts)
    return sum(counts)


def equal_tables(one: Database, other: Database) -> list[str]:
    """
    The tables that differ, but for those in which every command leaves its own entry.
    """
    ours, theirs = rows_of(one), rows_of(other)
    own = ("audit_entry", "audit_head", "epoch")
    return [name for name in ours if name not in own and ours[name] != theirs[name]]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_move_that_is_killed_is_whole_or_not_there_and_can_be_run_again(
    kind: str, installation: Installation, tmp_path: Path, new_postgres: Callable[[], Database]
) -> None:
    furnish(installation, readers=READERS)
    source = installation.app.database
    with source.write() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:now)"), {"now": head()})
    here, there = tmp_path / "here", tmp_path / "there"
    settle(here, source.engine.url.render_as_string(hide_password=False))
    there.mkdir()
    empty = new_postgres() if kind == "postgresql" else Database(f"sqlite:///{there}/new.db")
    settle(there, empty.engine.url.render_as_string(hide_password=False))
    chance = random.Random(kind)

    out_s = run(here, "move-out", "all.zip")
    (here / "all.zip").unlink()
    for _ in range(KILLS):
        kill(here, "move-out", "all.zip", after_s=chance.uniform(0.2, out_s * 0.8))
        assert not (here / "all.zip").exists() or is_whole(here / "all.zip")
        (here / "all.zip").unlink(missing_ok=True)
    run(here, "move-out", "all.zip")
    assert [path.name for path in here.iterdir() if path.name.endswith(".new")] == []

    shutil.move(here / "all.zip", there)
    is_done = False
    for _ in range(KILLS):
        kill(there, "move-in", "all.zip", after_s=chance.uniform(0.2, out_s * 0.8))
        # It was killed after its commit, or the database is as empty as before.
        is_done = is_done or row_count(empty) > 0
        if is_done:
            break
    if not is_done:
        run(there, "move-in", "all.zip")
    assert equal_tables(source, empty) == []
    empty.close()
