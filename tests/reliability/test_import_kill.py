"""
kill -9 of the real command while it imports, many times at random: the import comes to the same end
as one that nothing interrupted, in every table and in the file of errors. `make import-kills` kills
it 20 times, CI five times.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.people import subscribers
from newsletter.model.access import OPERATOR
from newsletter.store.migrate import head
from newsletter.workers.file_jobs import FileJobWorker
from reliability.processes.programs import environment_of_child
from subscribers.database.job_tables import file_job
from subscribers.database.tables import metadata
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType

pytestmark = pytest.mark.ci

KILLS = int(os.environ.get("IMPORT_KILLS", "5"))
# More batches than kills, so that each kill finds the import under way.
ROWS = 2_000 * KILLS
LONGEST_S = 600.0
LIST = "daily"
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


def rows() -> Iterator[str]:
    words = itertools.cycle(["active", "unsubscribed", "bounced", "pending", "what", "active"])
    yield "email,name,status,timezone,edition\n"
    for number in range(ROWS):
        # Every tenth person is in the file twice, most of them in another batch.
        person = number // 2 if number % 10 == 0 else number
        zone = "Mars/Base" if number % 50 == 0 else "Europe/Oslo"
        yield f"p{person}@example.org,Name {number},{next(words)},{zone},north {number % 7}\n"
        if number % 900 == 0:
            yield "nobody,,,,\n"


def prepare(installation: Installation) -> Path:
    installation.add_list(LIST)
    with installation.app.database.write() as connection:
        add_field(connection, "edition", FieldType.TEXT, labels={})
    file = installation.folder / "people.csv"
    with file.open("w", encoding="utf-8") as out:
        out.writelines(rows())
    return file


def mark_current(installation: Installation) -> None:
    """
    Say in the database, whose tables were not made by migrations, that it needs none.
    """
    made = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
    with installation.app.database.write() as connection:
        connection.execute(sa.text(made))
        stored = sa.text("INSERT INTO alembic_version VALUES (:head)")
        connection.execute(stored, {"head": head()})


def contents(installation: Installation) -> dict[str, list[tuple[Any, ...]]]:
    """
    Return the rows of every table but those of the jobs, without the numbers of their rows where
    nothing names them: a transaction that was undone uses some up on PostgreSQL.
    """
    found = {}
    with installation.app.database.read() as connection:
        people = dict(
            connection.execute(sa.text("SELECT id, coalesce(email, '') FROM subscriber")).all()
        )
        on_list = dict(
            connection.execute(sa.text("SELECT id, subscriber_id FROM subscription")).all()
        )
        for table in metadata.sorted_tables:
            # Each command that was begun has an entry of its own.
            if table.name.startswith("audit_"):
                continue
            if table.name in ("file_job", "epoch", "database_identity"):
                continue
            rows = []
            for row in connection.execute(sa.select(table)).mappings():
                values = {name: value for name, value in row.items() if name != "id"}
                if "subscriber_id" in values:
                    values["subscriber_id"] = people.get(values["subscriber_id"])
                if "subscription_id" in values:
                    values["subscription_id"] = people[on_list[values["subscription_id"]]]
                rows.append(repr(sorted(values.items())))
            found[table.name] = sorted(rows)
    return found


def job_of(installation: Installation) -> sa.Row[Any] | None:
    with installation.app.database.read() as connection:
        return connection.execute(sa.select(file_job)).one_or_none()


def start(installation: Installation) -> subprocess.Popen[bytes]:
    config = installation.folder / "newsletter.toml"
    words = ["--config", str(config), "subscriber", "import", "people.csv", "--list", LIST]
    return subprocess.Popen(
        [sys.executable, "-m", "newsletter", *words, "--consent", "a form"],
        cwd=installation.folder,
        env=environment_of_child(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def rows_done(installation: Installation) -> int:
    job = job_of(installation)
    return job.position if job else 0


def errors_written_at(installation: Installation) -> int:
    """
    Return when the file that becomes the file of errors was last changed: a process that continues
    the import first cuts it to where the last batch ended.
    """
    return max((path.stat().st_mtime_ns for path in files_at_work(installation)), default=0)


def files_at_work(installation: Installation) -> list[Path]:
    return [path for path in installation.folder.iterdir() if "import-1" in path.name]


def kill_once(installation: Installation, chance: random.Random) -> bool:
    """
    Let the command begin to work, or end a batch, and kill it a moment later. Return False if it
    came to its end first.
    """
    seen = chance.choice([rows_done, errors_written_at])
    before = seen(installation)
    process = start(installation)
    ends_at = time.monotonic() + LONGEST_S
    while process.poll() is None and time.monotonic() < ends_at and seen(installation) == before:
        time.sleep(0.002)
    time.sleep(chance.random() * 0.05)
    process.kill()
    return process.wait() == -signal.SIGKILL


@pytest.fixture
def reference(
    installation: Installation, sqlite_template: Path, tmp_path: Path
) -> Iterator[Installation]:
    """
    Another installation, for an import that nothing interrupts.
    """
    folder = tmp_path / "reference"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "newsletter.db")
    made = Installation(folder, f"sqlite:///{folder / 'newsletter.db'}", now=installation.now)
    yield made
    made.close()


def import_whole(reference: Installation, now: dt.datetime) -> dict[str, Any]:
    file = prepare(reference)
    reference.now = now
    reports = subscribers.import_people(
        reference.app,
        [file],
        LIST,
        by=OPERATOR,
        consent="a form",
        dry_run=False,
        progress=lambda _done, _size: None,
    )
    return reports[LIST].as_json()


@pytest.mark.parametrize("ends_in", ["command", "serve"])
def test_an_import_killed_at_random_comes_to_the_same_end(
    installation: Installation, reference: Installation, ends_in: str
) -> None:
    prepare(installation)
    mark_current(installation)
    settings = SETTINGS.format(url=installation.app.settings.database_url)
    (installation.folder / "newsletter.toml").write_text(settings)
    chance = random.Random(ends_in)
    kills = KILLS if ends_in == "command" else 3

    killed = sum(kill_once(installation, chance) for _ in range(kills))

    assert killed == kills
    if ends_in == "command":
        assert start(installation).wait(LONGEST_S) == 0
    else:
        assert FileJobWorker(installation.app, wait=lambda _seconds: False).work_due() == 1
    job = job_of(installation)
    assert job is not None
    whole = import_whole(reference, job.started_at)
    assert (job.state, job.position) == ("done", ROWS + len(range(0, ROWS, 900)))
    counted = {name: whole[name] for name in job.counts if name != "errors_file"}
    assert {name: n for name, n in job.counts.items() if name != "errors_file"} == counted
    assert contents(installation) == contents(reference)
    errors = (installation.folder / "people.errors.csv").read_bytes()
    assert errors == (reference.folder / "people.errors.csv").read_bytes()
    assert files_at_work(installation) == []
