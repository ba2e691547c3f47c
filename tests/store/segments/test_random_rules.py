"""
Rules select the same people in a database as a plain function does in Python, and no value of a
rule becomes part of a statement. `make segments` compares 10,000 rules, CI 300.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
from typing import Any

import pytest
import sqlalchemy as sa
from segments.people import MOMENTS, Person, make_people
from segments.rules import random_rule
from segments.storing import store_people

from newsletter.store.database import Database
from newsletter.store.delivery.segments.mailed import QUERIES
from newsletter.store.delivery.segments.rules import parse_segment_rule
from subscribers.segments.compile import select_people
from subscribers.segments.describe import parts_of

COUNT = int(os.environ.get("RULES", "300"))
# A few run with every test.
FEW = 60
PEOPLE = 300
# What the statements themselves say: around the value of LIKE, and true.
_TEXTS_IN_SQL = re.compile(r"'([^']*)'")
_NUMBERS_IN_SQL = re.compile(r"(?<![\w$])\d+")


@pytest.fixture
def people(database: Database, now: dt.datetime) -> list[Person]:
    made = make_people(random.Random(18), PEOPLE)
    with database.write() as connection:
        store_people(connection, made, now)
    return made


def statement_of(connection: sa.Connection, wanted: sa.Select[Any]) -> tuple[str, set[int]]:
    """
    Run a SELECT of numbers; return the statement as the cursor got it, and the numbers.
    """
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    found = set(connection.scalars(wanted))
    sa.event.remove(connection, "before_cursor_execute", note)
    (statement,) = seen
    return statement, found


def compare(database: Database, people: list[Person], seeds: range) -> int:
    """
    Compare each rule, and return how many rules selected some people but not all.
    """
    telling = 0
    with database.read() as connection:
        if database.file is None:
            # The zone of the server's operator is no matter.
            connection.exec_driver_sql("SET TIME ZONE 'Pacific/Auckland'")
        for seed in seeds:
            now = MOMENTS[seed % len(MOMENTS)]
            rule = random_rule(random.Random(seed), now)
            expected = {p.id for p in people if not p.is_erased and rule.selects(p)}
            parsed = parse_segment_rule(connection, rule.text)
            assert all(part.words for part in parts_of(parsed))
            sql, found = statement_of(connection, select_people(parsed, named=QUERIES, now=now))
            assert found == expected, f"seed {seed}: {rule.text}"
            assert {*_TEXTS_IN_SQL.findall(sql)} <= {"%", "%%", "/"}, sql
            assert {*_NUMBERS_IN_SQL.findall(sql)} <= {"0", "1"}, sql
            telling += 0 < len(expected) < len(people) * 0.9
    return telling


def test_a_few_rules_select_the_same_people_as_python_does(
    database: Database, people: list[Person]
) -> None:
    assert compare(database, people, range(FEW)) > FEW / 2


@pytest.mark.ci
def test_many_rules_select_the_same_people_as_python_does(
    database: Database, people: list[Person]
) -> None:
    assert compare(database, people, range(FEW, FEW + COUNT)) > COUNT / 2
