"""
`export`: everybody on a list written as CSV with their consents and suppressions, beside a bare
SELECT of the same columns, as the driver returns them, into csv.writer.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from pathlib import Path
from typing import IO

from benchmarks import installation
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.app import App
from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import consent
from subscribers.import_export.export.canonical_csv import export_csv
from subscribers.import_export.export.select_rows import select_rows
from subscribers.import_export.export.who import ExportedPeople
from subscribers.lists import find_list

NAME = "export"
SUPPRESSED_EACH = 100
_AGREED = dt.datetime(2026, 1, 31, 9, 0, tzinfo=dt.UTC)
_SLICE = 50_000


def run(*, full: bool = False) -> Row:
    """
    Measure what exporting costs a person.
    """
    return measure(people=1_000_000 if full else 50_000)


def measure(*, people: int, runs: int = RUNS) -> Row:
    """
    Return the row for a list of that many people, of whom one in a hundred is suppressed.
    """
    with (
        installation.opened(people, suppressed_each=SUPPRESSED_EACH) as app,
        tempfile.TemporaryDirectory() as folder,
    ):
        _add_consents(app, people)
        file = Path(folder) / "people.csv"
        seconds = interleave(
            runs, ours=lambda: _exported(app, file, people), floor=lambda: _bare(app, file, people)
        )
    work = f"{people:,} people, 1 in {SUPPRESSED_EACH} suppressed, SQLite"
    return Row(name=NAME, work=work, seconds=seconds)


def _add_consents(app: App, people: int) -> None:
    names = ("subscription_id", "text", "source", "given_at", "recorded_at")
    for start in range(1, people + 1, _SLICE):
        numbers = range(start, min(start + _SLICE, people + 1))
        rows = [(n, "I agree to get emails", f"form line {n}", _AGREED, _AGREED) for n in numbers]
        with app.database.write() as connection:
            insert_many(connection, consent, names, rows)


def _exported(app: App, file: Path, people: int) -> float:
    def work(out: IO[str]) -> None:
        with app.database.read() as connection:
            who = ExportedPeople(mailing_list=find_list(connection, installation.SLUG))
            assert export_csv(connection, out, who=who) == people, "the export left people out"

    with file.open("w", encoding="utf-8", newline="") as out:
        seconds = seconds_for(lambda: work(out))
    _require_lines(file, people + 1)
    return seconds / people


def _bare(app: App, file: Path, people: int) -> float:
    def work(out: IO[str]) -> None:
        with app.database.read() as connection:
            who = ExportedPeople(mailing_list=find_list(connection, installation.SLUG))
            query = select_rows(who).compile(connection, compile_kwargs={"literal_binds": True})
            cursor = connection.connection.cursor()
            cursor.execute(str(query))
            csv.writer(out, lineterminator="\n").writerows(cursor)
            cursor.close()

    with file.open("w", encoding="utf-8", newline="") as out:
        seconds = seconds_for(lambda: work(out))
    _require_lines(file, people)
    return seconds / people


def _require_lines(file: Path, lines: int) -> None:
    with file.open("rb") as written:
        assert sum(1 for _ in written) == lines, "the file has other rows"
