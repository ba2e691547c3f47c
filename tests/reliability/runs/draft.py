"""
The draft that every run begins with: a list, its readers, and one issue to all of them. Made in a
child of the fork server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.drafts import new_issue
from newsletter.issues.selection import shown, template_for
from newsletter.model.brief import Brief
from newsletter.model.issue import AudienceRule
from newsletter.settings import load_settings
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.database import Database
from newsletter.store.issues import issues
from newsletter.store.migrate import upgrade
from newsletter.store.tables import issue
from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import subscriber, subscription
from subscribers.lists import add_list

SLUG = "daily"


def address(number: int) -> str:
    return f"reader{number:05d}@example.org"


def fill(parameters: Mapping[str, Any]) -> None:
    """
    Fill the installation in `folder`, which has settings and no tables yet, for `readers`.
    """
    now, settings = dt.datetime.now(dt.UTC), Path(parameters["folder"]) / "newsletter.toml"
    with App(settings=load_settings(settings)) as app:
        upgrade(app.database)
        with app.database.write() as connection:
            add_list(connection, SLUG, name="The Daily", now=now)
            insert_readers(connection, parameters["readers"], now)
            add_draft(app, connection, now)
        checkpoint(app.database)


def checkpoint(database: Database) -> None:
    """
    Write all of an SQLite database into its one file, which is copied.
    """
    if database.file:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")


def add_draft(app: App, connection: sa.Connection, now: dt.datetime) -> int:
    """
    Add a draft to everybody on the list, with a brief of its own, and return its number.
    """
    draft = new_issue(
        app.publishing,
        connection,
        audience=AudienceRule(lists=(SLUG,)),
        template=template_for(None, 1),
    )
    number = connection.execute(sa.select(sa.func.count()).select_from(issue)).scalar_one() + 1
    title = f"The Quiet Harbour, part {number}"
    brief = Brief(title=title, body_html="<p>Calm.</p>", body_text="Calm.")
    kept = [store_by_hand(connection, brief, key=title, now=now).id]
    return issues.add_issue(connection, draft, shown(kept), now=now)


def insert_readers(
    connection: sa.Connection,
    readers: int,
    now: dt.datetime,
    *,
    name_of: Callable[[int], str] = lambda number: "Ada Byron",
) -> None:
    numbers = range(1, readers + 1)
    people = [(n, address(n), address(n), name_of(n), now) for n in numbers]
    insert_many(connection, subscriber, ("id", "email", "email_key", "name", "created_at"), people)
    insert_many(
        connection,
        subscription,
        ("id", "subscriber_id", "list_id", "state", "since", "created_at"),
        [(n, n, 1, "active", now, now) for n in numbers],
    )
    if connection.dialect.name == "postgresql":
        # Numbers that were given by hand are unknown to the sequence that gives the next ones.
        for table in ("subscriber", "subscription"):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {readers})"
            )
