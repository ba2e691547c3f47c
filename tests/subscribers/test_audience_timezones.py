"""
The time zones of the readers of some lists, found without scanning all readers.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import NOW, Join, MakeList
from sqlalchemy import event

from subscribers.audience.selection import select_audience
from subscribers.audience.timezones import timezones_of
from subscribers.database import tables
from subscribers.erasure import erase
from subscribers.model import MailingList
from subscribers.subscriptions.end import unsubscribe
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
TOKYO, PARIS, OSLO = "Asia/Tokyo", "Europe/Paris", "Europe/Oslo"


def test_the_zones_of_active_readers_are_listed_once_by_name(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly, daily, other = make_list("weekly"), make_list("daily"), make_list("other")
    join("a@example.org", weekly, timezone=PARIS)
    join("b@example.org", daily, timezone=PARIS)
    join("c@example.org", daily, timezone=OSLO)
    join("d@example.org", weekly)
    join("e@example.org", other, timezone=TOKYO)

    assert timezones_of(connection, [weekly, daily]) == [OSLO, PARIS]
    assert timezones_of(connection, [weekly]) == [PARIS]
    assert timezones_of(connection, [other]) == [TOKYO]
    assert timezones_of(connection, []) == []


def test_pending_unsubscribed_and_erased_people_add_no_zone(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    join("waits@example.org", weekly, timezone=TOKYO, consent=None)
    left = join("left@example.org", weekly, timezone=OSLO)
    unsubscribe(connection, left.id, reason="link", now=now, by=STAFF)
    join("erased@example.org", weekly, timezone=PARIS)
    erase(connection, parse_address("erased@example.org"), keyring=KEYS, now=now, by=STAFF)

    assert timezones_of(connection, [weekly]) == []


def test_the_audience_includes_each_readers_zone(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    first, second = make_list("first"), make_list("second")
    join("a@example.org", first, timezone=TOKYO)
    join("b@example.org", second)

    rows = connection.execute(select_audience([first, second], now=NOW)).all()

    assert {row.email: row.timezone for row in rows} == {
        "a@example.org": TOKYO,
        "b@example.org": None,
    }
    assert rows[0]._fields[-1] == "timezone"


@pytest.mark.parametrize("is_analyzed", [False, True])
def test_sqlite_finds_the_zones_without_scanning_people(
    tmp_path: Path, now: dt.datetime, is_analyzed: bool
) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    tables.metadata.create_all(engine)
    lists = [MailingList(id=number, slug=f"list-{number}", name="") for number in (1, 2)]
    with engine.begin() as connection:
        fill(connection, now)
        if is_analyzed:
            connection.exec_driver_sql("ANALYZE")

        plan = plan_of_zones(connection, lists)

    assert [step for step in plan if "ix_subscriber_timezone" in step] != []
    assert {step.split()[1] for step in plan if step.startswith("SCAN")} == {"zone"}
    engine.dispose()


def fill(connection: sa.Connection, now: dt.datetime) -> None:
    numbers = range(1, 3_001)
    people = [
        {"id": n, "email_key": f"r{n}@x.example", "timezone": (None, PARIS, TOKYO)[n % 3]}
        for n in numbers
    ]
    connection.execute(tables.subscriber.insert(), [{**one, "created_at": now} for one in people])
    on = [{"subscriber_id": n, "list_id": n % 2 + 1, "state": "active"} for n in numbers]
    times = {"since": now, "created_at": now}
    connection.execute(tables.subscription.insert(), [{**one, **times} for one in on])


def plan_of_zones(connection: sa.Connection, lists: list[MailingList]) -> list[str]:
    """
    Return the steps of SQLite's plan for the statement that finds the zones.
    """
    ran: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda *args: ran.append((args[2], args[3])))
    assert timezones_of(connection, lists) == [TOKYO, PARIS]
    ((statement, values),) = ran
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    return [str(step[-1]) for step in plan]
