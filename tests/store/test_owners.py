"""
Who is taken for dead: never an owner whose lock is held.
"""

from __future__ import annotations

from pathlib import Path

from house import House
from test_dispatch import Scripted, batches_of, sending

from newsletter.model.delivery import BatchState
from newsletter.store import owners
from newsletter.store.database import Database
from newsletter.store.owners import OwnerLock


def test_an_owner_whose_first_beat_was_lost_is_not_buried(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([]))
    file = house.app.database.file
    lock = OwnerLock(file, "me") if file else None
    dispatcher.begin()
    with house.app.database.write() as connection:
        owners.bury(connection, file, now=house.now)
    assert batches_of(house, issue_id) == [(1, BatchState.HANDING)]
    if lock is not None:
        lock.close()


def test_one_database_by_two_names_has_its_locks_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    one = Database(f"sqlite:///{tmp_path / 'real' / 'newsletter.db'}")
    other = Database(f"sqlite:///{tmp_path / 'link' / 'newsletter.db'}")
    assert one.file == other.file
