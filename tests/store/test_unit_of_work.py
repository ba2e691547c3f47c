"""
A unit of work: several transactions of one thread become one.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.unit_of_work import before_commit

numbers = sa.Table("numbers", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True))


@pytest.fixture(autouse=True)
def _table(database: Database) -> None:
    numbers.create(database.engine)


def add(database: Database, n: int) -> None:
    with database.write() as connection:
        connection.execute(numbers.insert().values(n=n))


def add_and_fail(database: Database, n: int) -> None:
    add(database, n)
    raise ZeroDivisionError


def go_on_after_failure(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.unit():
        add_and_fail(database, 1)
    add(database, 2)


def stored(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(sa.select(numbers.c.n).order_by(numbers.c.n)).scalars())


def test_what_a_unit_writes_is_committed_at_its_end(database: Database) -> None:
    with database.unit():
        add(database, 1)
        add(database, 2)
        assert seen_by_others(database) == []
    assert stored(database) == [1, 2]


def seen_by_others(database: Database) -> list[int]:
    with database.engine.connect() as other:
        other.execution_options(sqlite_begin="DEFERRED")
        return list(other.execute(sa.select(numbers.c.n)).scalars())


def test_a_unit_reads_what_it_wrote(database: Database) -> None:
    with database.unit():
        assert stored(database) == []
        add(database, 1)
        assert stored(database) == [1]


def test_nothing_of_a_unit_that_fails_is_committed(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.unit():
        add_and_fail(database, 1)
    assert stored(database) == []
    add(database, 2)
    assert stored(database) == [2]


def test_a_write_that_is_refused_leaves_the_rest_of_the_unit(database: Database) -> None:
    with database.unit():
        add(database, 1)
        with pytest.raises(sa.exc.IntegrityError):
            add(database, 1)
        add(database, 2)
    assert stored(database) == [1, 2]


def test_a_unit_whose_part_failed_is_not_committed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.unit():
        go_on_after_failure(database)
    assert stored(database) == []


def test_the_steps_around_the_writes_are_in_the_transaction(database: Database) -> None:
    seen = []

    def note(step: str) -> None:
        seen.append((step, stored(database)))

    with (
        database.unit(),
        database.unit(before=lambda _: note("before"), after=lambda _: note("after")),
    ):
        add(database, 1)
    assert seen == [("before", []), ("after", [1])]


def test_a_unit_that_writes_nothing_takes_no_step_and_no_lock(database: Database) -> None:
    def fail(_: sa.Connection) -> None:
        raise AssertionError

    with database.unit(before=fail, after=fail):
        assert stored(database) == []
        with database.engine.begin() as other:
            other.execute(numbers.insert().values(n=1))
    assert stored(database) == [1]


def test_what_waits_for_the_commit_comes_last(database: Database) -> None:
    seen: list[list[int]] = []

    def look(connection: sa.Connection) -> None:
        seen.append(list(connection.execute(sa.select(numbers.c.n)).scalars()))

    with database.unit():
        with database.unit(), database.write() as connection:
            connection.execute(numbers.insert().values(n=1))
            before_commit(connection, look)
        add(database, 2)
        assert seen == []
    assert seen == [[1, 2]]


def test_outside_of_a_unit_nothing_waits_for_the_commit(database: Database) -> None:
    seen: list[int] = []
    with database.write() as connection:
        before_commit(connection, lambda _: seen.append(1))
        assert seen == [1]


def test_what_waits_for_the_commit_is_dropped_with_the_unit(database: Database) -> None:
    seen: list[int] = []

    def wait_and_fail() -> None:
        with database.write() as connection:
            before_commit(connection, lambda _: seen.append(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.unit():
        wait_and_fail()
    assert seen == []
