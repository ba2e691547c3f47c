"""
What every test may ask for: a real database of either kind, a moment to work at, shared samples.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import House
from postgres import running_postgres

import newsletter.store.tables
from newsletter.app import SANDBOX_MODULES
from newsletter.isolation.sandbox import Sandbox
from newsletter.store.database import Database
from newsletter.store.queue.tables import make_queue_schema
from subscribers.database.tables import metadata

ROOT = Path(__file__).resolve().parent.parent
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
_numbers = itertools.count(1)
_TEMPLATE = f"nl_template_{os.getpid()}"
assert newsletter.store.tables.issue.metadata is metadata


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """
    Where everything is installed ($NEWSLETTER_NO_SKIPS), a skipped test is a failure.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_strict = bool(os.environ.get("NEWSLETTER_NO_SKIPS"))
    if is_strict and reporter is not None and reporter.stats.get("skipped") and not exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture(scope="session")
def shared() -> Path:
    """
    The folder with samples that lies beside a developer's checkout.
    """
    folder = Path(os.environ.get("NEWSLETTER_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("no shared samples: set NEWSLETTER_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """
    The address of a running PostgreSQL whose template database holds the empty schema.
    """
    with running_postgres() as address:
        if address is None:
            pytest.skip("no PostgreSQL: install the dev extra, or set NEWSLETTER_TEST_PG")
        _administer(address, f"CREATE DATABASE {_TEMPLATE}")
        engine = sa.create_engine(_named(address, _TEMPLATE))
        with engine.begin() as connection:
            metadata.create_all(connection)
            make_queue_schema(connection)
        engine.dispose()
        yield address
        _administer(address, f"DROP DATABASE {_TEMPLATE}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    An SQLite file with the empty schema, to be copied.
    """
    file = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{file}")
    metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    return file


@pytest.fixture(scope="module")
def postgres_copy(postgres_server: str) -> Iterator[str]:
    """
    The address of one PostgreSQL database with an empty schema for all tests of a module.
    """
    name = f"nl_module_{os.getpid()}_{next(_numbers)}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _named(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """
    The address of a fresh database with an empty schema, of each kind in turn.
    """
    if request.param == "sqlite":
        file = tmp_path / "newsletter.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    address: str = request.getfixturevalue("postgres_server")
    name = f"nl_test_{os.getpid()}_{next(_numbers)}"
    _administer(address, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _named(address, name)
    _administer(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def warm_sandbox() -> Iterator[Sandbox]:
    """
    One limited child process for all tests that render: starting one costs a third of a second.
    """
    with Sandbox(SANDBOX_MODULES) as sandbox:
        yield sandbox


@pytest.fixture
def house(tmp_path: Path, database_url: str, warm_sandbox: Sandbox) -> Iterator[House]:
    """
    A whole installation, on each database in turn.
    """
    house = House(tmp_path, database_url, now=NOW, sandbox=warm_sandbox)
    yield house
    house.close()


@pytest.fixture
def new_postgres(postgres_server: str) -> Iterator[Callable[[], Database]]:
    """
    `new_postgres()` is one more empty database on the tests' server.
    """
    made: list[Database] = []

    def make() -> Database:
        name = f"nl_empty_{os.getpid()}_{next(_numbers)}"
        _administer(postgres_server, f"CREATE DATABASE {name}")
        made.append(Database(_named(postgres_server, name)))
        return made[-1]

    yield make
    for database in made:
        database.close()
        name = database.engine.url.database
        _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database: Database) -> sa.Engine:
    return database.engine


def _administer(address: str, statement: str) -> None:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _named(address: str, name: str) -> str:
    url = sa.make_url(address).set(database=name)
    return url.render_as_string(hide_password=False)
