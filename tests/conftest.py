"""
What every test may ask for: a real database of either kind, a moment to work at, shared samples.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from compiled_statements import compile_statements_once
from installation import Installation
from memory_folder import use_memory_for_temporary_files
from postgres import NoPostgres, running_postgres
from postgres_databases import Databases

from newsletter.app.installation import sandbox_modules
from newsletter.isolation.sandbox import Sandbox
from newsletter.store.database import Database
from subscribers.database.tables import metadata

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

ROOT = Path(__file__).resolve().parent.parent
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
_SERVER = pytest.StashKey[contextlib.ExitStack]()
_ADDRESS = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """
    Temporary files lie in memory where there is room; a run in several processes has one server.
    """
    use_memory_for_temporary_files()
    compile_statements_once()
    is_worker = hasattr(config, "workerinput")
    if config.getoption("dist", "no") != "no" and not is_worker and not config.option.collectonly:
        try:
            config.stash[_SERVER] = server = contextlib.ExitStack()
            config.stash[_ADDRESS] = server.enter_context(running_postgres())
        except NoPostgres as missing:
            raise pytest.UsageError(str(missing)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """
    Tells a process of the run where the server is.
    """
    node.workerinput["postgres"] = node.config.stash[_ADDRESS]


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash.get(_SERVER, contextlib.ExitStack()).close()


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
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """
    The address of a running PostgreSQL, one for all processes of a test run.
    """
    given = getattr(request.config, "workerinput", {}).get("postgres")
    if given is not None:
        yield given
        return
    with running_postgres() as address:
        yield address


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[Databases]:
    """
    What makes and drops databases on the tests' server.
    """
    with Databases(postgres_server) as databases:
        yield databases


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
def postgres_copy(postgres_databases: Databases) -> Iterator[str]:
    """
    The address of one PostgreSQL database with an empty schema for all tests of a module.
    """
    with postgres_databases.copy() as address:
        yield address


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
    databases: Databases = request.getfixturevalue("postgres_databases")
    with databases.copy() as address:
        yield address


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def warm_sandbox() -> Iterator[Sandbox]:
    """
    One limited child process for all tests that render: starting one costs a third of a second. Its
    times are so long that no machine meets them by chance.
    """
    with Sandbox(sandbox_modules(), cpu_s=60, wall_s=600) as sandbox:
        yield sandbox


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    A whole installation, on each database in turn.
    """
    installation = Installation(tmp_path, database_url, now=NOW, sandbox=warm_sandbox)
    yield installation
    installation.close()


@pytest.fixture
def new_postgres(postgres_databases: Databases) -> Iterator[Callable[[], Database]]:
    """
    `new_postgres()` is one more empty database on the tests' server.
    """
    with contextlib.ExitStack() as stack:

        def make() -> Database:
            database = Database(stack.enter_context(postgres_databases.empty()))
            stack.callback(database.close)
            return database

        yield make


@pytest.fixture
def engine(database: Database) -> sa.Engine:
    return database.engine
