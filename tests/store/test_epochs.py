"""
Epochs and numbers: after a restore no number is given twice, on both databases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from installation import Installation

from newsletter import pipeline
from newsletter.store.database import Database
from newsletter.store.epochs import START, begin_epoch, current_epoch
from newsletter.store.migrate import SCRIPTS, upgrade
from newsletter.store.tables import batch, delivery, issue
from subscribers.database.columns import UtcDateTime
from subscribers.database.tables import metadata, subscriber, subscription

NUMBERED = (issue, batch, delivery, subscription, subscriber)
# The other tables whose numbers are never given again.
NEW = (
    "ask_run",
    "brief",
    "bulk_job",
    "field",
    "file_job",
    "mailing_list",
    "outgoing_event",
    "outgoing_webhook",
    "passkey",
    "reader_request",
    "recovery_code",
    "schedule",
    "segment",
    "source",
    "staff_link",
    "staff_member",
    "staff_session",
    "tag",
)
BEFORE = "2026_12_known_keys"
# The numbers of rows that are never removed, or that nothing refers to once their row is removed.
MAY_REPEAT = {
    "api_token": "a token is revoked, and stays",
    "consent": "only read with its subscription",
    "departure": "stays",
    "history": "stays; erasure empties its rows",
    "note": "only read with its person",
    "outgoing_attempt": "only read with its webhook, the oldest go first",
    "poll": "only read with its source",
    "privacy_request": "stays",
    "signup_attempt": "only counted",
    "slot": "named by its schedule and time",
    "suppression": "named by address and scope",
    "webhook_inbox": "read by the state of its rows, and removed long after they are done",
}


def numbers(installation: Installation) -> list[int]:
    """
    Return the lowest number of each table for what is added now.
    """
    with installation.app.database.read() as connection:
        highest = [
            connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0
            for table in NUMBERED
        ]
    installation.subscribe([f"reader{highest[-1]}@example.net"])
    pipeline.publish_issue(installation.app.publishing, installation.add_issue(f"Brief {highest}"))
    with installation.app.database.read() as connection:
        return [
            connection.execute(
                sa.select(sa.func.min(table.c.id)).where(table.c.id > above)
            ).scalar_one()
            for table, above in zip(NUMBERED, highest, strict=True)
        ]


def test_a_new_epoch_leaves_a_gap_above_all_that_time_can_have_given(
    installation: Installation,
) -> None:
    installation.add_list()
    assert numbers(installation) == [1, 1, 1, 1, 1]
    installation.now = START + dt.timedelta(days=100)
    with installation.app.database.write() as connection:
        before = current_epoch(connection)
        begin_epoch(connection, now=installation.now)
        assert current_epoch(connection) != before
    seconds = 100 * 24 * 3600
    each = [seconds // 60 + 1, *[seconds * 25 + 1] * 2, *[seconds * 100_000 + 1] * 2]
    assert numbers(installation) == each


def test_an_import_between_two_restores_gives_no_subscription_a_number_again(
    installation: Installation,
) -> None:
    installation.add_list()
    numbers(installation)
    imported = 1_000_000
    with installation.app.database.write() as connection:
        begin_epoch(connection, now=START + dt.timedelta(days=100))
    before = numbers(installation)[-1]
    with installation.app.database.write() as connection:
        begin_epoch(connection, now=START + dt.timedelta(days=100, minutes=1))
    assert numbers(installation)[-1] > before + imported


def test_a_clock_that_is_behind_gives_no_number_again(installation: Installation) -> None:
    installation.add_list()
    numbers(installation)
    installation.now = START - dt.timedelta(days=10_000)
    with installation.app.database.write() as connection:
        begin_epoch(connection, now=installation.now)
    assert numbers(installation) == [2, 2, 2, 2, 2]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_number_of_what_was_removed_is_not_given_again(installation: Installation) -> None:
    installation.add_list()
    numbers(installation)
    with installation.app.database.write() as connection:
        connection.execute(sa.delete(issue))
    assert numbers(installation)[:3] == [2, 2, 2]


def test_every_number_that_outlives_its_row_is_given_once() -> None:
    numbered = {
        table.name: table.dialect_options["sqlite"]["autoincrement"]
        for table in metadata.tables.values()
        if _is_numbered(table)
    }
    assert {name for name, counts_on in numbered.items() if not counts_on} == set(MAY_REPEAT)


def _is_numbered(table: sa.Table) -> bool:
    (key, *others) = table.primary_key.columns
    is_own = not others and not key.foreign_keys and key.autoincrement is not False
    return is_own and isinstance(key.type, sa.Integer)


REMOVABLE = ("brief", "field", "mailing_list", "outgoing_webhook", "schedule", "segment", "source")


def test_what_is_added_after_a_removal_has_a_number_of_its_own(installation: Installation) -> None:
    given_again = []
    with installation.app.database.write() as connection:
        for name in (*REMOVABLE, "tag"):
            table = metadata.tables[name]
            before = _add_row(connection, table)
            connection.execute(sa.delete(table).where(table.c.id == before))
            if _add_row(connection, table) <= before:
                given_again.append(name)
    assert given_again == []


def _add_row(connection: sa.Connection, table: sa.Table) -> int:
    required = [
        column
        for column in table.columns
        if not column.nullable and not column.primary_key and column.server_default is None
    ]
    values = {column.name: _some_value(column.type) for column in required}
    inserted = connection.execute(sa.insert(table).values(values).returning(table.c.id))
    return int(inserted.scalar_one())


def _some_value(kind: sa.types.TypeEngine[Any]) -> object:
    if isinstance(kind, sa.JSON):
        return []
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 0
    return START if isinstance(kind, UtcDateTime) else "x"


def test_an_upgrade_keeps_every_row_and_refers_to_no_missing_one(
    new_database: Callable[[], Database],
) -> None:
    database = new_database()
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        for statement in ROWS:
            connection.execute(sa.text(statement))
    upgrade(database)
    with database.write() as connection:
        counts = [
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in NUMBERED
        ]
        epochs = connection.execute(sa.select(issue.c.created_epoch, issue.c.frozen_epoch)).one()
        if database.file is not None:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master").all()
            counting = {name for name, sql in tables if "AUTOINCREMENT" in (sql or "")}
            assert counting == {*NEW, *(table.name for table in NUMBERED)}
            # It counts on above the rows that were there.
            assert _add_row(connection, metadata.tables["brief"]) == 10
        assert connection.execute(sa.text("SELECT brief_id FROM item_key")).scalar_one() == 9
    assert (counts, tuple(epochs)) == ([1, 1, 1, 1, 1], ("", ""))


AT = "'2026-03-04 12:00:00.000000'"
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
    "INSERT INTO delivery (id, issue_id, subscriber_id, subscription_id, list_id, batch_no) "
    "VALUES (8, 6, 4, 5, 3, 1)",
    "INSERT INTO brief (id, source_name, key, content_hash, status, first_seen_at, changed_at, "
    "dated_at, fields, edited) "
    f"VALUES (9, 'news', 'k', 'h', 'new', {AT}, {AT}, {AT}, '{{}}', '[]')",
    "INSERT INTO item_key (source_name, key, brief_id, is_new) VALUES ('news', 'k', 9, true)",
]
