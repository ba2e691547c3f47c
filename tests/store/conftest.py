"""
Empty databases for tests of the store, as many as a test needs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsletter.store.database import Database

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Database]]:
    """
    Return a function that makes one more empty database, of each kind in turn.
    """
    if request.param == "postgresql":
        yield request.getfixturevalue("new_postgres")
        return
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(f"sqlite:///{tmp_path / f'empty-{next(_numbers)}.db'}"))
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def empty(new_database: Callable[[], Database]) -> Database:
    """
    Yield a database without tables, of each kind in turn.
    """
    return new_database()
