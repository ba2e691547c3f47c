"""
`import`: a CSV file of people into a list, with validation, suppression, evidence and history,
beside csv.reader, the same validator and bare inserts: of people and subscriptions only, and of all
the rows that the import writes; and beside the same import without the indexes by which people are
searched for. Each import runs in a process of its own on an empty database, and its memory is read
when it is done.

    python -m benchmarks.import_people ours|unsearched|floor|all_rows FOLDER URL FILE

is that process. It prints its seconds, those of the processor, and the most memory it ever held in
kB.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from benchmarks import installation
from benchmarks.import_floors import write_all, write_people
from benchmarks.installation import NOW, SLUG
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.actions.people import subscribers
from newsletter.app import App
from newsletter.model.access import OPERATOR
from newsletter.settings import Settings
from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import subscriber, subscription, suppression
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
        imports = _Imports(file, people, databases)
        seconds = interleave(
            runs,
            ours=imports.ours,
            unsearched=imports.unsearched,
            floor=imports.floor,
            all_rows=imports.all_rows,
        )
    database = "PostgreSQL" if databases else "SQLite"
    work = f"{people:,} rows, 1 in {SUPPRESSED_EACH} suppressed, {database}"
    of_all = {"ours": seconds["ours"], "floor": seconds.pop("all_rows")}
    unsearched = {"ours": seconds["ours"], "floor": seconds.pop("unsearched")}
    return [
        Row(name=NAME, work=work, seconds=seconds),
        Row(name=NAME, work="the same; floor: all the rows that it writes", seconds=of_all),
        Row(name=NAME, work="the same; floor: without the search indexes", seconds=unsearched),
        Row(name=NAME, work=work, counted=imports.processor_and_memory()),
    ]


class _Imports:
    """
    Imports the file as each contender does, on a new database each time.
    """

    def __init__(self, file: Path, people: int, databases: Databases | None) -> None:
        self.file, self.people, self.databases = file, people, databases
        self.used: dict[str, list[_Used]] = {}

    def ours(self) -> float:
        return self._seconds("ours")

    def unsearched(self) -> float:
        return self._seconds("unsearched")

    def floor(self) -> float:
        return self._seconds("floor")

    def all_rows(self) -> float:
        return self._seconds("all_rows")

    def processor_and_memory(self) -> str:
        """
        Return the most that an import took, and its processor time beside those of the floors.
        """
        ours = self.used["ours"]
        ratios = [
            statistics.median(
                a.processor_s / b.processor_s for a, b in zip(ours, floor, strict=True)
            )
            for floor in (self.used[name] for name in ("floor", "all_rows", "unsearched"))
        ]
        megabytes = max(used.kilobytes for used in ours) / 1000
        return (
            f"at most {megabytes:,.0f} MB, {max(used.seconds for used in ours):,.1f} s, "
            f"{max(used.processor_s for used in ours):,.1f} s of processor time: "
            f"{ratios[0]:.2f} x, {ratios[1]:.2f} x and {ratios[2]:.2f} x that of the floors"
        )

    def _seconds(self, which: str) -> float:
        made = self.databases.empty() if self.databases else nullcontext(None)
        with made as url, installation.opened(1, url=url) as app:
            suppressed = _suppress(app, self.people)
            if which == "unsearched":
                _drop_search_indexes(app)
            words = (which, app.settings.folder, app.settings.database_url, self.file)
            ran = subprocess.run(
                [sys.executable, "-m", "benchmarks.import_people", *map(str, words)],
                check=True,
                capture_output=True,
                text=True,
            )
            stored = self.people - (0 if which == "floor" else suppressed)
            assert _count(app) == 1 + stored, "the import was wrong"
        seconds, processor_s, kilobytes = ran.stdout.split()
        used = _Used(float(seconds), float(processor_s), int(kilobytes))
        self.used.setdefault(which, []).append(used)
        return used.seconds / self.people


class _Used(NamedTuple):
    """
    What one import took.
    """

    seconds: float
    processor_s: float
    kilobytes: int


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


def _drop_search_indexes(app: App) -> None:
    with app.database.write() as connection:
        for index in subscriber.indexes:
            if str(index.name).endswith("_key"):
                index.drop(connection)


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


_CONTENDERS = {"ours": ours, "unsearched": ours, "floor": write_people, "all_rows": write_all}


def work(words: Sequence[str]) -> None:
    """
    Import as one contender, and print the seconds and the most memory.
    """
    which, folder, url, file = words
    settings = Settings(folder=Path(folder), database={"url": url})
    with App(settings=settings, clock=lambda: NOW) as app:
        began_s = time.process_time()
        seconds = seconds_for(lambda: _CONTENDERS[which](app, Path(file)))
        processor_s = time.process_time() - began_s
    print(seconds, processor_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    work(sys.argv[1:])
