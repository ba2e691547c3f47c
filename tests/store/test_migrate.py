"""
The chain of migrations ends at exactly the tables that the program declares, on both databases.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.cli import main
from newsletter.errors import StoreError, UnreleasedDatabase
from newsletter.store.database import Database
from newsletter.store.migrate import (
    FIRST_RELEASED,
    SCRIPTS,
    head,
    require_current,
    revision_of,
    upgrade,
)
from subscribers.database.tables import metadata

VERSION = "alembic_version"
OLDEST = "2026_12_people"
# Indexes of expressions: SQLAlchemy skips those of SQLite, and Alembic compares their spelling.
SEARCH_KEYS = {f"ix_subscriber_{name}_key" for name in ("name", "last_word", "domain")}
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping"),
]


def shape_of(database: Database) -> dict[str, dict[str, Any]]:
    """
    Describe every table as the database itself does, in a fixed order.
    """
    with database.read() as connection:
        look = sa.inspect(connection)
        names = sorted(set(look.get_table_names()) - {VERSION})
        shape = {name: _table(look, name) for name in names}
        if database.engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master").all()
            keys = {name: sql for name, sql in rows if name in SEARCH_KEYS}
            shape |= {"search keys": keys} if keys else {}
    return shape


def _table(look: sa.Inspector, name: str) -> dict[str, Any]:
    columns = [{**column, "type": repr(column["type"])} for column in look.get_columns(name)]
    found: dict[str, Callable[[str], Any]] = {
        "primary key": look.get_pk_constraint,
        "unique": look.get_unique_constraints,
        "foreign keys": look.get_foreign_keys,
        "indexes": look.get_indexes,
        "checks": look.get_check_constraints,
    }
    rest = {what: _sorted(read(name)) for what, read in found.items()}
    return {"columns": sorted(columns, key=lambda column: str(column["name"])), **rest}


def _sorted(found: Any) -> Any:
    # SQLite gives the predicate of a partial index as a TextClause, equal only to itself.
    return sorted(map(_in_words, found), key=repr) if isinstance(found, list) else found


def _in_words(found: Any) -> Any:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return {**found, "dialect_options": options}


def test_a_migrated_database_equals_a_fresh_one(new_database: Callable[[], Database]) -> None:
    migrated, fresh = new_database(), new_database()
    upgrade(migrated)
    with fresh.write() as connection:
        metadata.create_all(connection)
    assert shape_of(migrated) == shape_of(fresh)
    assert shape_of(migrated).keys() - {"search keys"} == metadata.tables.keys()


def _is_compared(_: Any, name: str | None, *__: Any) -> bool:
    return name not in SEARCH_KEYS


def test_nothing_is_left_to_generate(empty: Database) -> None:
    upgrade(empty)
    with empty.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_compared}
        )
        assert compare_metadata(context, metadata) == []


def test_the_first_upgrade_goes_from_nothing_to_the_newest(empty: Database) -> None:
    assert revision_of(empty) is None
    assert upgrade(empty) == (None, head())
    assert revision_of(empty) == head()
    require_current(empty)


def test_the_command_migrates_a_fresh_database(
    empty: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "newsletter.toml").touch()
    url = empty.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", url)
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--json", "--config", str(tmp_path / "newsletter.toml")])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == {"from": None, "to": head()}
    require_current(empty)


def test_a_second_upgrade_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    before = shape_of(empty)
    assert upgrade(empty) == (head(), head())
    assert shape_of(empty) == before


def test_a_database_from_the_future_is_not_touched(empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION} SET version_num = '9999'"))
    for work in (upgrade, require_current):
        with pytest.raises(StoreError) as refused:
            work(empty)
        assert str(refused.value) == (
            "the database is newer than this program: install the newer version"
        )
    assert revision_of(empty) == "9999"


def test_an_empty_database_is_told_to_migrate(empty: Database) -> None:
    empty.engine.connect().close()
    with pytest.raises(StoreError) as refused:
        require_current(empty)
    assert str(refused.value).endswith("run `newsletter migrate`")


def test_an_older_database_is_told_to_migrate(empty: Database) -> None:
    upgrade(empty)
    with empty.write() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION} SET version_num = '{OLDEST}'"))
    with pytest.raises(StoreError) as refused:
        require_current(empty)
    assert str(refused.value) == (
        "the database is older than this program: run `newsletter migrate`"
    )


@pytest.mark.parametrize("revision", ["0001", "0003", "2026_11_people", "2026_11_events"])
def test_a_database_of_an_unreleased_version_is_not_touched(empty: Database, revision: str) -> None:
    upgrade(empty)
    with empty.write() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION} SET version_num = '{revision}'"))
    for work in (upgrade, require_current):
        with pytest.raises(UnreleasedDatabase) as refused:
            work(empty)
        assert str(refused.value) == (
            f"{empty.engine.url.render_as_string(hide_password=True)}: it was made by an "
            "unreleased version: set [database] url to a new database and "
            "run `newsletter migrate`"
        )
    assert revision_of(empty) == revision


def test_every_revision_is_told_from_those_of_unreleased_versions() -> None:
    chain = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    assert all(script.revision >= FIRST_RELEASED for script in chain)


def test_a_failing_migration_leaves_nothing_behind(empty: Database) -> None:
    with empty.write() as connection:
        connection.execute(sa.text("CREATE TABLE batch (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError):
        upgrade(empty)
    assert revision_of(empty) is None
    assert list(shape_of(empty)) == ["batch"]
