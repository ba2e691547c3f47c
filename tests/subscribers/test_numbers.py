"""
Numbers that rows of an import have before they are inserted.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from origins import STAFF

from newsletter.store.database import Database
from subscribers.database.history_tables import history
from subscribers.database.numbers import take_numbers
from subscribers.database.tables import consent, subscriber, subscription
from subscribers.import_export.importer import import_csv
from subscribers.lists import add_list
from subscribers.subscriptions.begin import subscribe
from subscribers.validation.address import parse_address


def insert(connection: sa.Connection, number: int | None, name: str, now: dt.datetime) -> int:
    values: dict[str, Any] = {"name": name, "created_at": now}
    values |= {} if number is None else {"id": number}
    added = subscriber.insert().values(values).returning(subscriber.c.id)
    return connection.execute(added).scalar_one()


def test_numbers_are_of_no_other_row_before_or_after(engine: sa.Engine, now: dt.datetime) -> None:
    with engine.begin() as connection:
        before = [insert(connection, None, "before", now) for _ in range(3)]
        connection.execute(subscriber.delete().where(subscriber.c.id == before[-1]))
        taken = take_numbers(connection, subscriber, 5)
        for number in taken:
            insert(connection, number, "taken", now)
        after = insert(connection, None, "after", now)
    assert len({*before, *taken, after}) == 9
    assert max(before) < min(taken)
    assert max(taken) < after


def test_somebody_who_signs_up_at_the_same_moment_stays_one_person(
    postgres_copy: str, tmp_path: Path, now: dt.datetime
) -> None:
    importing, signing_up = Database(postgres_copy), Database(postgres_copy)
    with signing_up.write() as connection:
        weekly = add_list(connection, "weekly", name="Weekly", now=now)
    moments: list[str] = []

    def sign_up(*call: Any) -> None:
        if call[2].startswith("INSERT INTO subscriber ") and not moments:
            moments.append(call[2])
            with signing_up.write() as other:
                subscribe(
                    other,
                    parse_address("ada@example.org"),
                    mailing_list=weekly,
                    name="",
                    consent="a form",
                    source="form",
                    by=STAFF,
                    now=now,
                )

    sa.event.listen(importing.engine, "before_cursor_execute", sign_up)
    file = tmp_path / "people.csv"
    file.write_text("email\nada@example.org\nbert@example.org\n")
    import_csv(
        importing.engine,
        file,
        mailing_list=weekly,
        consent="on paper",
        dry_run=False,
        by=STAFF,
        now=now,
    )

    theirs = subscription.c.subscriber_id == subscriber.c.id
    given = (
        sa.select(subscriber.c.email_key, subscription.c.state, consent.c.text)
        .join_from(subscriber, subscription, theirs)
        .join(consent, consent.c.subscription_id == subscription.c.id)
        .order_by(subscriber.c.email_key, consent.c.id)
    )
    with importing.read() as connection:
        found = [tuple(row) for row in connection.execute(given)]
        past = connection.scalars(sa.select(history.c.subscriber_id).order_by(history.c.id)).all()
        numbers = dict(connection.execute(sa.select(subscriber.c.email_key, subscriber.c.id)).all())
    importing.close()
    signing_up.close()
    ada, bert = numbers["ada@example.org"], numbers["bert@example.org"]
    assert moments
    assert found == [
        ("ada@example.org", "active", "a form"),
        ("bert@example.org", "active", "on paper"),
    ]
    assert past == [ada, bert]
