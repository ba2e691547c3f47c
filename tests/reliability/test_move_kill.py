"""
kill -9 of the real commands while an installation is moved, at each place where they leave
something behind: no file is half, and no database is, and running them again comes to the same end.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from moved_installation import furnish, rows_of

from newsletter.store.database import Database
from newsletter.store.migrate import head
from reliability.processes.programs import command_for, environment_of_child
from subscribers.database.tables import metadata

pytestmark = pytest.mark.ci

END = "end:1"
OUT = (
    "write_archive:1", "_write_table:1", "_write_table:40", "_write_files:1", "_sync:1", "_link:1",
    "discard:1",
)  # fmt: skip
IN = (
    "read_archive:1", "upgrade_within:1", "insert_rows:1", "insert_rows:7", "finish_filling:1",
    "begin_epoch:1", "_write_contents:1", "_link:1", "_link:3", "finish:1",
)  # fmt: skip
# After the transaction: there is nothing to run again.
IN_AFTER = "_counts:1"
READERS = 300
FILE = "all.zip"
TEMPLATES = {"own.html": "<p>Hello</p>", "words/en.toml": 'hello = "Hello"'}
SETTINGS = """\
[site]
name = "The Institute"
base_url = "https://news.example.org"
templates = "templates"
[sender]
name = "The Desk"
address = "desk@example.org"
[database]
url = "{url}"
"""


def settle(folder: Path, database: Database) -> None:
    folder.mkdir(exist_ok=True)
    url = database.engine.url.render_as_string(hide_password=False)
    (folder / "newsletter.toml").write_text(SETTINGS.format(url=url))


def run(folder: Path, place: str, *words: str) -> None:
    """
    Run a command that is killed at a place, or to its end.
    """
    ran = subprocess.run(
        [*command_for("reliability.processes.killed_command"), place, *words],
        cwd=folder,
        env=environment_of_child(),
        capture_output=True,
        text=True,
        check=False,
    )
    expected = 0 if place == END else -signal.SIGKILL
    assert ran.returncode == expected, f"{place}: {ran.returncode} {ran.stderr}"


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.endswith(".new")]


def is_whole(file: Path) -> bool:
    with zipfile.ZipFile(file) as archive:
        return archive.testzip() is None and "manifest.json" in archive.namelist()


def row_count(database: Database) -> int:
    """
    The rows of all tables that there are.
    """
    with database.read() as connection:
        existing = set(sa.inspect(connection).get_table_names())
        return sum(
            int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for table in metadata.sorted_tables
            if table.name in existing
        )


def different_tables(one: Database, other: Database) -> list[str]:
    """
    The tables that differ, but for those in which every command leaves its own entry.
    """
    ours, theirs = rows_of(one), rows_of(other)
    own = ("audit_entry", "audit_head", "epoch")
    return [name for name in ours if name not in own and ours[name] != theirs[name]]


@pytest.fixture
def here(installation: Installation, tmp_path: Path) -> Path:
    """
    The folder of a furnished installation, with a secret and templates of its own.
    """
    furnish(installation, readers=READERS)
    with installation.app.database.write() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:now)"), {"now": head()})
    folder = tmp_path / "here"
    settle(folder, installation.app.database)
    (folder / "secret.key").write_text("s" * 40)
    for name, text in TEMPLATES.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_move_out_that_is_killed_leaves_a_whole_file_or_none(here: Path) -> None:
    words, file = ("move-out", FILE, "--with-secrets"), here / FILE
    for place in (*OUT, END):
        file.unlink(missing_ok=True)
        run(here, place, *words)
        assert not file.exists() or is_whole(file), place
    assert file.exists()
    assert left_over(here) == []


def test_a_move_in_that_is_killed_leaves_an_empty_database_until_its_end(
    here: Path,
    installation: Installation,
    tmp_path: Path,
    new_postgres: Callable[[], Database],
) -> None:
    source, there = installation.app.database, tmp_path / "there"
    is_from_sqlite = source.file is not None
    database = new_postgres() if is_from_sqlite else Database(f"sqlite:///{tmp_path}/new.db")
    settle(there, database)
    run(here, END, "move-out", FILE, "--with-secrets")
    shutil.copy(here / FILE, there)
    for place in (*IN, IN_AFTER):
        run(there, place, "move-in", FILE)
        for name, text in TEMPLATES.items():
            path = there / "templates" / name
            assert not path.exists() or path.read_text() == text, place
        assert (row_count(database) > 0) == (place == IN_AFTER), place
    assert different_tables(source, database) == []
    assert {name: (there / "templates" / name).read_text() for name in TEMPLATES} == TEMPLATES
    assert (there / "secret.key").read_text() == "s" * 40
    assert left_over(there) == []
    database.close()
