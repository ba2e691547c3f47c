"""
The upgrade that gives deliveries an occasion rebuilds their table on SQLite: every row stays, and
so does what refers to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from newsletter.store.database import Database
from newsletter.store.migrate import SCRIPTS, upgrade
from newsletter.store.tables import delivery, outcome

REVISION = "2026_12_occasions"
AT = "'2026-03-04 12:00:00.000000'"
COLUMNS = (
    "id, issue_id, subscriber_id, subscription_id, list_id, email, email_key, name, batch_no, "
    "state, reason, settled_by, provider_id"
)
ROWS = [
    "INSERT INTO mailing_list (id, slug, name, opt_in, visibility, language, created_at) "
    f"VALUES (3, 'daily', 'Daily', 'single', 'public', 'en', {AT})",
    f"INSERT INTO subscriber (id, email, email_key, created_at) VALUES (4, 'a@b.c', 'a@b.c', {AT})",
    "INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at) "
    f"VALUES (5, 4, 3, 'active', {AT}, {AT})",
    "INSERT INTO issue (id, kind, state, audience, template, sender_name, sender_address, "
    "provider, needs_approval, created_at) "
    f"VALUES (6, 'issue', 'submitted', '{{}}', 'digest', '', '', 'outbox', false, {AT})",
    "INSERT INTO batch (id, issue_id, no, state) VALUES (7, 6, 1, 'settled')",
    f"INSERT INTO delivery ({COLUMNS}) VALUES "
    "(8, 6, 4, 5, 3, 'a@b.c', 'a@b.c', 'Ada', 1, 'rejected', 'full', 'event', 'x-1'), "
    "(9, 6, NULL, NULL, NULL, NULL, NULL, '', 1, NULL, '', NULL, NULL), "
    "(20, 6, NULL, NULL, NULL, 'd@b.c', 'd@b.c', '', 1, NULL, '', NULL, NULL)",
    "INSERT INTO outcome (delivery_id, issue_id, bounced_hard_at, detail) "
    f"VALUES (8, 6, {AT}, 'x')",
    "DELETE FROM delivery WHERE id = 20",
]


@pytest.fixture
def upgraded(new_database: Callable[[], Database]) -> tuple[Database, list[Any]]:
    """
    A database with rows from before the upgrade, upgraded, and the deliveries it had.
    """
    database = new_database()
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, f"{REVISION}-1")
        for statement in ROWS:
            connection.execute(sa.text(statement))
        if database.file is None:
            connection.execute(sa.text("SELECT setval('delivery_id_seq', 20)"))
        before = _deliveries(connection)
    upgrade(database)
    return database, before


def _deliveries(connection: sa.Connection) -> list[Any]:
    found = connection.execute(sa.text(f"SELECT {COLUMNS} FROM delivery ORDER BY id"))
    return [tuple(row) for row in found]


def test_every_delivery_stays_as_it_was(upgraded: tuple[Database, list[Any]]) -> None:
    database, before = upgraded
    with database.read() as connection:
        assert _deliveries(connection) == before
        assert len(before) == 2
        added = connection.execute(sa.select(delivery.c.occasion, delivery.c.request_id)).all()
    assert [tuple(row) for row in added] == [(0, None), (0, None)]


def test_what_refers_to_a_delivery_stays_and_goes_with_it(
    upgraded: tuple[Database, list[Any]],
) -> None:
    database, _ = upgraded
    with database.write() as connection:
        outcomes = sa.select(outcome.c.delivery_id)
        assert connection.scalars(outcomes).all() == [8]
        if database.file is not None:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        connection.execute(sa.delete(delivery).where(delivery.c.id == 8))
        assert connection.scalars(outcomes).all() == []


def test_the_number_of_a_deleted_delivery_is_not_given_again(
    upgraded: tuple[Database, list[Any]],
) -> None:
    database, _ = upgraded
    with database.write() as connection:
        number = connection.execute(
            sa.insert(delivery).values(issue_id=6, batch_no=1).returning(delivery.c.id)
        ).scalar_one()
    assert number == 21


def test_a_person_and_an_address_have_each_occasion_once(
    upgraded: tuple[Database, list[Any]],
) -> None:
    database, _ = upgraded
    again = sa.insert(delivery).values(issue_id=6, batch_no=1)
    with database.write() as connection:
        connection.execute(again.values(subscriber_id=4, email_key="a@b.c", occasion=1))
    for values in ({"subscriber_id": 4}, {"email_key": "a@b.c"}):
        for occasion in (0, 1):
            with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
                connection.execute(again.values(**values, occasion=occasion))
