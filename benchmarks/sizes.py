"""
`sizes`: the bytes that a person on one list, imported with their consent, and a delivery of an
issue take on each database, with all indexes, history and evidence.

    python -m benchmarks.sizes [PEOPLE]

prints every table and index of which they take more than a byte.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import installation, pages
from benchmarks.installation import NOW, SLUG
from benchmarks.measure import Row
from newsletter.app import App
from newsletter.store.database import Database
from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.importer import import_csv
from subscribers.lists import find_list
from tests.support.postgres import running_postgres
from tests.support.postgres_databases import Databases

NAME = "sizes"
ISSUES = 2
HEADER = "email,name,status,confirmed_at\n"
BY = Origin(kind=OriginKind.SYSTEM, name="benchmark")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """
    Hold the bytes that a person and a delivery take in each table and index, by name.
    """

    person: Mapping[str, float]
    delivery: Mapping[str, float]

    def __str__(self) -> str:
        person, delivery = sum(self.person.values()), sum(self.delivery.values())
        return f"{person:.0f} B a person, {delivery:.0f} B a delivery"


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the sizes on both databases.
    """
    people = 1_000_000 if full else 50_000
    return [
        Row(name=NAME, work=f"{people:,} people, {ISSUES} issues, {name}", counted=str(found))
        for name, found in measure(people=people)
    ]


def measure(*, people: int) -> Iterator[tuple[str, Sizes]]:
    """
    Yield the sizes on SQLite, then on PostgreSQL.
    """
    yield "SQLite", _measured(people, None)
    with running_postgres() as server, Databases(server) as databases, databases.empty() as url:
        yield "PostgreSQL", _measured(people, url)


def _measured(people: int, url: str | None) -> Sizes:
    with installation.opened(1, url=url) as app:
        empty = _sizes(app.database)
        _import(app, people)
        imported = _sizes(app.database)
        mail = pages.mail_of(pages.page(4_000))
        for _ in range(ISSUES):
            installation.freeze(app, installation.add_issue(app, mail), mail)
        frozen = _sizes(app.database)
    return Sizes(
        person=_growth(empty, imported, people), delivery=_growth(imported, frozen, ISSUES * people)
    )


def _growth(before: Counter[str], after: Counter[str], count: int) -> Mapping[str, float]:
    grown = {name: (after[name] - before[name]) / count for name in after}
    return {name: each for name, each in grown.items() if each >= 0.5}


def _import(app: App, people: int) -> None:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        file = Path(name) / "people.csv"
        out = stack.enter_context(file.open("w", encoding="utf-8"))
        out.write(HEADER)
        out.writelines(
            f"ada.byron{n}@post{n % 97}.example.org,Ada Byron {n},active,2025-0{n % 9 + 1}-03\n"
            for n in range(people)
        )
        out.flush()
        with app.database.read() as connection:
            mailing_list = find_list(connection, SLUG)
        import_csv(
            app.database.engine,
            file,
            mailing_list=mailing_list,
            consent="subscribed on the website",
            source="import",
            dry_run=False,
            now=NOW,
            by=BY,
        )


def _sizes(database: Database) -> Counter[str]:
    """
    Return the bytes of every table and index.
    """
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            asked = (
                "SELECT relname, pg_table_size(oid) FROM pg_class "
                "WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
            )
        else:
            asked = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
        found = connection.exec_driver_sql(asked)
        return Counter({str(name): int(size) for name, size in found})


def main(arguments: list[str]) -> None:
    """
    Print the sizes in each table and index, the largest first.
    """
    for database, found in measure(people=int(arguments[0]) if arguments else 50_000):
        for what, sizes in (("a person", found.person), ("a delivery", found.delivery)):
            print(f"{database}: {what} {sum(sizes.values()):.0f} bytes")
            for name, each in sorted(sizes.items(), key=lambda item: -item[1]):
                print(f"{each:8.1f}  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
