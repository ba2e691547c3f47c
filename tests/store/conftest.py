"""
Databases without any tables, as many as a test asks for.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database

_numbers = itertools.count(1)


@pytest.fixture
def new_postgres(postgres_server: str) -> Iterator[Callable[[], Database]]:
    """
    `new_postgres()` is one more empty database on the tests' server.
    """
    made: list[Database] = []
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")

    def make() -> Database:
        name = f"nl_empty_{os.getpid()}_{next(_numbers)}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        url = sa.make_url(postgres_server).set(database=name)
        made.append(Database(url.render_as_string(hide_password=False)))
        return made[-1]

    yield make
    with admin.connect() as connection:
        for database in made:
            database.close()
            name = database.engine.url.database
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Database]]:
    """
    `new_database()` is one more empty database, of each kind in turn.
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
    A database without tables, of each kind in turn.
    """
    return new_database()
