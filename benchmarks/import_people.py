"""
`import`: a CSV file of people into a list, with validation, suppression, evidence and history,
beside csv.reader, the same validator and a bare insert of people and subscriptions. Each import
runs in a process of its own on an empty database, and its memory is read when it is done.

    python -m benchmarks.import_people ours|floor FOLDER URL FILE

is that process. It prints its seconds, those of the processor, and the most memory it ever held in
kB.
"""

from __future__ import annotations

import csv
import itertools
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation
from benchmarks.installation import BATCH, NOW, SLUG
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.actions.people import subscribers
from newsletter.app import App
from newsletter.model.access import OPERATOR
from newsletter.settings import Settings
from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import subscriber, subscription, suppression
from subscribers.import_export.jobs.connection import open_connection
from subscribers.lists import find_list
from subscribers.validation.address import parse_address
from tests.support.postgres import running_postgres
from tests.support.postgres_databases import Databases

NAME = "import"
SUPPRESSED_EACH = 100
# The first reader is on the list before, because the list is made with them.
FIRST = 2
HEADER = "email,name,status,confirmed_at,timezone\n"


def run(*, full: bool = False) -> list[Row]:
    """
    Measure what importing costs a row, on both databases.
    """
    rows, runs = (1_000_000, 3) if full else (50_000, RUNS)
    with running_postgres() as server, Databases(server) as databases:
        return [
            *measure(people=rows, runs=runs),
            *measure(people=rows, runs=runs, databases=databases),
        ]


def measure(*, people: int, runs: int = RUNS, databases: Databases | None = None) -> list[Row]:
    """
    Return the rows for the time and the memory of an import of that many *people*, of whom one in a
    hundred is suppressed.
    """
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "people.csv"
        with file.open("w", encoding="utf-8") as out:
            out.write(HEADER)
            out.writelines(
                f"reader{n}@example.org,Ada Byron {n},active,2025-0{n % 9 + 1}-03T10:00:00Z,\n"
                for n in range(FIRST, FIRST + people)
            )
        contenders = _Contenders(file, people, databases)
        seconds = interleave(runs, ours=contenders.ours, floor=contenders.floor)
    database = "PostgreSQL" if databases else "SQLite"
    work = f"{people:,} rows, 1 in {SUPPRESSED_EACH} suppressed, {database}"
    whole = max(seconds["ours"]) * people
    memory = (
        f"at most {contenders.most_kb / 1000:,.0f} MB, {whole:,.1f} s, "
        f"{contenders.processor_s:,.1f} s of processor time"
    )
    return [Row(name=NAME, work=work, seconds=seconds), Row(name=NAME, work=work, counted=memory)]


class _Contenders:
    def __init__(self, file: Path, people: int, databases: Databases | None) -> None:
        self.file, self.people, self.databases = file, people, databases
        self.most_kb = 0
        self.processor_s = 0.0

    def ours(self) -> float:
        return self._seconds("ours")

    def floor(self) -> float:
        return self._seconds("floor")

    def _seconds(self, which: str) -> float:
        made = self.databases.empty() if self.databases else nullcontext(None)
        with made as url, installation.opened(1, url=url) as app:
            suppressed = _suppress(app, self.people)
            words = (which, app.settings.folder, app.settings.database_url, self.file)
            ran = subprocess.run(
                [sys.executable, "-m", "benchmarks.import_people", *map(str, words)],
                check=True,
                capture_output=True,
                text=True,
            )
            stored = self.people - (suppressed if which == "ours" else 0)
            assert _count(app) == 1 + stored, "the import was wrong"
        seconds, processor, kilobytes = ran.stdout.split()
        if which == "ours":
            self.most_kb = max(self.most_kb, int(kilobytes))
            self.processor_s = max(self.processor_s, float(processor))
        return float(seconds) / self.people


def _suppress(app: App, people: int) -> int:
    """
    Suppress some of the people to import, and return their number.
    """
    names = ("email_key", "scope", "reason", "since")
    numbers = range(FIRST, FIRST + people, SUPPRESSED_EACH)
    rows = [(installation.address(n), "", "bounce", NOW) for n in numbers]
    with app.database.write() as connection:
        insert_many(connection, suppression, names, rows)
    return len(numbers)


def _count(app: App) -> int:
    with app.database.read() as connection:
        on_list = sa.select(sa.func.count()).select_from(subscription)
        return connection.execute(on_list).scalar_one()


def ours(app: App, file: Path) -> None:
    """
    Import the file as the command does.
    """
    subscribers.import_people(
        app,
        [file],
        SLUG,
        by=OPERATOR,
        consent="signed a form",
        dry_run=False,
        progress=lambda _done, _size: None,
    )


def floor(app: App, file: Path) -> None:
    """
    Insert the people of the file and their subscriptions, and nothing else.
    """
    with app.database.read() as connection:
        list_id = find_list(connection, SLUG).id
    engine = app.database.engine
    with file.open(encoding="utf-8", newline="") as lines, open_connection(engine) as connection:
        rows = csv.reader(lines)
        next(rows)
        while batch := list(itertools.islice(rows, BATCH)):
            with connection.begin():
                _insert(connection, batch, list_id)


def _insert(connection: sa.Connection, batch: list[list[str]], list_id: int) -> None:
    people = [(*parse_address(row[0]), row[1], NOW) for row in batch]
    insert_many(connection, subscriber, ("email", "email_key", "name", "created_at"), people)
    keys = [person[1] for person in people]
    numbers = sa.select(subscriber.c.id).where(subscriber.c.email_key.in_(keys))
    on_list = [(n, list_id, "active", NOW, NOW) for n in connection.scalars(numbers)]
    columns = ("subscriber_id", "list_id", "state", "since", "created_at")
    insert_many(connection, subscription, columns, on_list)


def work(words: Sequence[str]) -> None:
    """
    Import as one contender, and print the seconds and the most memory.
    """
    which, folder, url, file = words
    settings = Settings(folder=Path(folder), database={"url": url})
    with App(settings=settings, clock=lambda: NOW) as app:
        contender = {"ours": ours, "floor": floor}[which]
        seconds = seconds_for(lambda: contender(app, Path(file)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss)


if __name__ == "__main__":
    work(sys.argv[1:])
