"""
The floors of `import`: csv.reader, the same validator and bare statements, batch by batch. One
writes people and subscriptions; the other all the rows that an import writes, with their evidence
and history, and leaves out the suppressed.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from pathlib import Path

import orjson
import sqlalchemy as sa

from benchmarks.installation import BATCH, NOW, SLUG
from newsletter.app import App
from subscribers.database.bulk_insert import insert_many
from subscribers.database.history_tables import history
from subscribers.database.tables import consent, subscriber, subscription, suppression
from subscribers.import_export.jobs.connection import open_connection
from subscribers.lists import find_list
from subscribers.validation.address import parse_address

_DETAIL = {"state": {"before": None, "after": "active"}}
_PERSON = ("email", "email_key", "name", "created_at")
_ON_LIST = ("subscriber_id", "list_id", "state", "since", "created_at")
_CONSENT = ("subscription_id", "text", "source", "given_at", "recorded_at", "evidence")
_HISTORY = ("subscriber_id", "list_id", "at", "what", "by", "by_name", "through", "detail")


def write_people(app: App, file: Path) -> None:
    """
    Insert the people of the file and their subscriptions, and nothing else.
    """
    _Floor(app, writes_all=False).write(file)


def write_all(app: App, file: Path) -> None:
    """
    Insert the people of the file who are not suppressed, their subscriptions, consents with the
    evidence, and history.
    """
    _Floor(app, writes_all=True).write(file)


class _Floor:
    def __init__(self, app: App, *, writes_all: bool) -> None:
        self._engine = app.database.engine
        self._writes_all = writes_all
        with app.database.read() as connection:
            self._list_id = find_list(connection, SLUG).id

    def write(self, file: Path) -> None:
        with (
            file.open(encoding="utf-8", newline="") as lines,
            open_connection(self._engine) as connection,
        ):
            rows = csv.reader(lines)
            header = next(rows)
            while batch := list(itertools.islice(rows, BATCH)):
                with connection.begin():
                    if self._writes_all:
                        self._write_all(connection, batch, header)
                    else:
                        self._write_people(connection, batch)

    def _write_people(self, connection: sa.Connection, batch: list[list[str]]) -> None:
        people = [(*parse_address(row[0]), row[1], NOW) for row in batch]
        insert_many(connection, subscriber, _PERSON, people)
        numbers = _numbers(connection, [person[1] for person in people])
        on_list = [(number, self._list_id, "active", NOW, NOW) for number in numbers.values()]
        insert_many(connection, subscription, _ON_LIST, on_list)

    def _write_all(
        self, connection: sa.Connection, batch: list[list[str]], header: list[str]
    ) -> None:
        rows = {address.key: (address, row) for row in batch if (address := parse_address(row[0]))}
        against = suppression.c.email_key
        for key in connection.scalars(sa.select(against).where(against.in_(rows))):
            del rows[key]
        times = [dt.datetime.fromisoformat(row[3]) for _, row in rows.values()]
        people = [
            (*address, row[1], at) for (address, row), at in zip(rows.values(), times, strict=True)
        ]
        insert_many(connection, subscriber, _PERSON, people)
        found = _numbers(connection, list(rows))
        numbers = [found[key] for key in rows]
        on_list = [
            (number, self._list_id, "active", NOW, at)
            for number, at in zip(numbers, times, strict=True)
        ]
        insert_many(connection, subscription, _ON_LIST, on_list)
        ids = sa.select(subscription.c.subscriber_id, subscription.c.id).where(
            subscription.c.subscriber_id.in_(numbers), subscription.c.list_id == self._list_id
        )
        subscriptions: dict[int, int] = dict(connection.execute(ids).all())
        consents = [
            (
                subscriptions[number],
                "signed a form",
                "people.csv",
                at,
                NOW,
                orjson.dumps(dict(zip(header, row, strict=True))).decode(),
            )
            for number, at, (_, row) in zip(numbers, times, rows.values(), strict=True)
        ]
        insert_many(connection, consent, _CONSENT, consents)
        past = [
            (number, self._list_id, NOW, "imported", "import", "1", "command", _DETAIL)
            for number in numbers
        ]
        insert_many(connection, history, _HISTORY, past)


def _numbers(connection: sa.Connection, keys: list[str]) -> dict[str, int]:
    found = sa.select(subscriber.c.email_key, subscriber.c.id).where(
        subscriber.c.email_key.in_(keys)
    )
    return dict(connection.execute(found).all())
