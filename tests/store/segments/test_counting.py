"""
People are counted for each part of a rule by a query that is planned for it alone.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from segments.people import make_people
from segments.storing import store_people

from newsletter.store.database import Database
from newsletter.store.delivery.segments.rules import count_parts, parse_segment_rule
from subscribers.database.tables import metadata

RULES = ("on list daily", "received issue 1", "not tag has press", "on list daily and country = DE")


@pytest.fixture
def filled(database: Database, now: dt.datetime) -> Database:
    with database.write() as connection:
        store_people(connection, make_people(random.Random(18), 100), now)
    return database


def test_each_part_is_counted_by_itself(filled: Database, now: dt.datetime) -> None:
    with filled.read() as connection:
        parsed = [parse_segment_rule(connection, rule) for rule in RULES]
        everybody, *counts = count_parts(connection, parsed, now=now)
        alone = [count_parts(connection, [rule], now=now)[1] for rule in parsed]
    assert counts == alone
    assert everybody > max(counts) > 0


def test_postgresql_searches_no_list_of_people_again_for_each_person(
    new_postgres: Callable[[], Database], now: dt.datetime
) -> None:
    database = new_postgres()
    with database.write() as connection:
        metadata.create_all(connection)
        store_people(connection, make_people(random.Random(18), 100), now)
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    with database.read() as connection:
        parsed = [parse_segment_rule(connection, rule) for rule in RULES]
        sa.event.listen(connection, "before_cursor_execute", note)
        count_parts(connection, parsed, now=now)
        sa.event.remove(connection, "before_cursor_execute", note)
        ((statement, values),) = seen
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars().all()
    assert [step for step in plan if "SubPlan" in step] == []
