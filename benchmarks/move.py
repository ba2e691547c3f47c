"""
`move`: a whole installation written to one file and read into an empty database, and the same way
back, by the real commands. Each is a process of its own, whose memory is read when it is done.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks import installation, pages
from benchmarks.growth import most_kb
from benchmarks.measure import Row
from newsletter.app import App
from subscribers.database.bulk_insert import insert_many
from subscribers.database.history_tables import history
from subscribers.database.tables import consent
from tests.support.postgres import running_postgres

NAME = "move"
SUPPRESSED_EACH = 100
_AGREED = dt.datetime(2026, 1, 31, 9, 0, tzinfo=dt.UTC)
_SLICE = 50_000
# In these, a move leaves its own entry, and the stop that makes a copy of the new database.
_OWN = frozenset({"audit_entry", "audit_head", "database_identity", "epoch", "kill_switch"})
_FILE = "everything.zip"
_SETTINGS = """\
[site]
base_url = "https://news.example.org"
[sender]
address = "desk@example.org"
[database]
url = "{url}"
"""
_COMMAND = """\
import sys
from newsletter.cli import main
try:
    main()
finally:
    print(open("/proc/self/status").read(), file=sys.stderr)
"""


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the way there and back, by SQLite and by PostgreSQL.
    """
    return measure(people=1_000_000 if full else 20_000)


def measure(*, people: int) -> list[Row]:
    """
    Return a row for each kind of database that is moved to. There are that many people, who agreed,
    whose history has two events each, and for whom an issue was frozen.
    """
    with installation.opened(people, suppressed_each=SUPPRESSED_EACH) as app:
        _add_past(app, people)
        mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
        installation.freeze(app, installation.add_issue(app, mail), mail)
        source = app.settings.database_url
        rows = [_there_and_back(source, people, "SQLite")]
        with running_postgres() as url:
            rows.append(_there_and_back(source, people, "PostgreSQL", url))
    return rows


def _add_past(app: App, people: int) -> None:
    of_consent = ("subscription_id", "text", "source", "given_at", "recorded_at")
    of_history = ("subscriber_id", "list_id", "at", "what", "by", "through")
    for start in range(1, people + 1, _SLICE):
        numbers = range(start, min(start + _SLICE, people + 1))
        agreed = [(n, "I agree to get emails", f"form line {n}", _AGREED, _AGREED) for n in numbers]
        events = [
            (n, 1, _AGREED, what, "reader", "the join page")
            for n in numbers
            for what in ("joined", "confirmed")
        ]
        with app.database.write() as connection:
            insert_many(connection, consent, of_consent, agreed)
            insert_many(connection, history, of_history, events)


def _there_and_back(source: str, people: int, kind: str, url: str | None = None) -> Row:
    """
    Move the database at *source* to the empty one at *url*, or on SQLite, and from there to one
    more on SQLite.
    """
    with _folders() as (here, there, back):
        _settle(here, source)
        _settle(there, url or f"sqlite:///{there}/newsletter.db")
        _settle(back, f"sqlite:///{back}/newsletter.db")
        seconds: list[float] = []
        peaks: list[int] = []
        for source_folder, target in ((here, there), (there, back)):
            file = source_folder / _FILE
            for folder, command in ((source_folder, "move-out"), (target, "move-in")):
                began_s = time.perf_counter()
                peaks.append(_peak_kb(folder, command, str(file)))
                seconds.append(time.perf_counter() - began_s)
        _peak_kb(back, "move-out", str(back / _FILE))
        rows = [_require_equal(here / _FILE, folder / _FILE) for folder in (there, back)]
    steps = " + ".join(f"{each:.0f}" for each in seconds)
    return Row(
        name=NAME,
        work=f"{people:,} people, {rows[0]:,} rows, from SQLite to {kind} and back",
        counted=f"{sum(seconds):.0f} s ({steps}), at most {max(peaks) / 1000:.0f} MB",
    )


@contextlib.contextmanager
def _folders() -> Iterator[tuple[Path, Path, Path]]:
    with tempfile.TemporaryDirectory() as name:
        here, there, back = (Path(name) / each for each in ("here", "there", "back"))
        yield here, there, back


def _settle(folder: Path, url: str) -> None:
    folder.mkdir()
    (folder / "newsletter.toml").write_text(_SETTINGS.format(url=url))
    (folder / "secret.key").write_text("s" * 40)


def _peak_kb(folder: Path, *words: str) -> int:
    """
    Run a command in a folder, and return the most memory that it held.
    """
    command = [sys.executable, "-c", _COMMAND, *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return most_kb(ran.stderr)


def _require_equal(one: Path, other: Path) -> int:
    """
    Check that two archives have the same rows, and return how many.
    """
    ours, theirs = _tables(one), _tables(other)
    different = [
        name
        for name, table in ours.items()
        if name not in _OWN and table["sha256"] != theirs[name]["sha256"]
    ]
    assert not different, f"not the same after the move: {', '.join(different)}"
    return sum(table["rows"] for table in ours.values())


def _tables(file: Path) -> dict[str, dict[str, Any]]:
    with zipfile.ZipFile(file) as archive:
        tables: dict[str, dict[str, Any]] = orjson.loads(archive.read("manifest.json"))["tables"]
    return tables
