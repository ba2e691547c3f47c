"""
A demo folder that an unreleased version made is moved aside; any other one stays.
"""

from __future__ import annotations

import runpy
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.store.database import Database
from newsletter.store.migrate import upgrade

OLD_DEMO = Path(__file__).parent.parent / "examples" / "old_demo.py"
MoveAside = Callable[[Path], Path | None]


@pytest.fixture
def move_aside() -> MoveAside:
    found: MoveAside = runpy.run_path(str(OLD_DEMO))["move_aside"]
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "newsletter.toml").touch()
    database = Database(f"sqlite:///{folder / 'newsletter.db'}")
    upgrade(database)
    database.close()
    return folder


def age(folder: Path) -> None:
    with sqlite3.connect(folder / "newsletter.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    connection.close()


def test_a_demo_of_this_version_stays(demo: Path, move_aside: MoveAside) -> None:
    assert move_aside(demo) is None
    assert demo.is_dir()


def test_a_demo_without_a_database_stays(tmp_path: Path, move_aside: MoveAside) -> None:
    assert move_aside(tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_demo_of_an_unreleased_version_is_moved_aside_whole(
    demo: Path, move_aside: MoveAside
) -> None:
    age(demo)
    (demo.parent / "demo-old-1").mkdir()
    assert move_aside(demo) == demo.parent / "demo-old-2"
    assert not demo.exists()
    assert (demo.parent / "demo-old-2" / "newsletter.toml").is_file()
