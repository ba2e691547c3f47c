"""
An audience limited to people that the caller selects, such as those who got an issue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import NOW, Join, MakeList

from subscribers.audience.exclusions import select_excluded
from subscribers.audience.selection import select_audience
from subscribers.database import tables
from subscribers.erasure import erase
from subscribers.model import MailingList
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
PERSON, ON = tables.subscriber, tables.subscription


def those(numbers: Sequence[int]) -> sa.Select[tuple[int]]:
    return sa.select(PERSON.c.id.label("subscriber_id")).where(PERSON.c.id.in_(numbers))


def test_only_selected_people_are_in_the_audience_and_left_out_of_it(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    names = ("fine", "bounced", "other", "other-bounced")
    ids = {name: join(f"{name}@example.org", weekly).subscriber_id for name in names}
    for name in ("bounced", "other-bounced"):
        address = parse_address(f"{name}@example.org")
        suppress(connection, address, reason=SuppressionReason.BOUNCE, now=now, by=STAFF)
    among = those([ids["fine"], ids["bounced"]])

    inside = connection.scalars(select_audience([weekly], among=among, now=NOW)).all()
    outside = connection.execute(select_excluded([weekly], among=among, now=NOW)).all()

    assert inside == [ids["fine"]]
    assert outside == [(ids["bounced"], "suppressed: bounce")]


def test_people_who_unsubscribed_since_are_left_out_with_the_reason(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, other = make_list("weekly"), make_list("other")
    left = join("left@example.org", weekly)
    gone = join("gone@example.org", weekly)
    elsewhere = join("elsewhere@example.org", other)
    both = join("both@example.org", weekly)
    join("both@example.org", other)
    unsubscribe(connection, left.id, reason="by the reader", now=now, by=STAFF)
    unsubscribe(connection, both.id, reason="by the reader", now=now, by=STAFF)
    erase(connection, parse_address("gone@example.org"), keyring=KEYS, now=now, by=STAFF)
    people = [one.subscriber_id for one in (left, gone, elsewhere, both)]

    found = dict(connection.execute(select_excluded([weekly], among=those(people), now=NOW)).all())  # type: ignore[arg-type]
    assert found == {
        left.subscriber_id: "ended: by the reader",
        gone.subscriber_id: "erased",
        elsewhere.subscriber_id: "ended: removed",
        both.subscriber_id: "ended: by the reader",
    }
    two = connection.execute(select_excluded([weekly, other], among=those(people), now=NOW)).all()
    assert {row.subscriber_id for row in two} == {left.subscriber_id, gone.subscriber_id}


@pytest.mark.parametrize("minus", [False, True])
def test_everybody_selected_is_either_in_or_left_out(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime, minus: bool
) -> None:
    lists = [make_list(slug) for slug in ("a", "b", "c")]
    for number in range(27):
        for place, one in enumerate(lists):
            joined = join(f"p{number}@example.org", one)
            if number // 3**place % 3 == 0:
                unsubscribe(connection, joined.id, reason="link", now=now, by=STAFF)
        if number % 4 == 0:
            address = parse_address(f"p{number}@example.org")
            suppress(
                connection,
                address,
                reason=SuppressionReason.COMPLAINT,
                scope="a",
                now=now,
                by=STAFF,
            )
    among = sa.select(PERSON.c.id.label("subscriber_id"))
    left_out = lists[2:] if minus else []

    inside = connection.scalars(select_audience(lists[:2], left_out, among=among, now=NOW)).all()
    outside = connection.scalars(select_excluded(lists[:2], left_out, among=among, now=NOW)).all()

    assert sorted([*inside, *outside]) == sorted(connection.scalars(among))
    assert min(len(inside), len(outside)) > 0


def test_sqlite_reads_a_limited_audience_from_indexes(sqlite_template: Path) -> None:
    first, second, minus = (
        MailingList(id=number, slug=f"list-{number}", name="") for number in (1, 2, 3)
    )
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    among = sa.select(ON.c.subscriber_id).where(ON.c.list_id == 4, ON.c.state == "active")
    for query in (
        select_audience([first, second], [minus], among=among, now=NOW),
        select_excluded([first, second], [minus], among=among, now=NOW),
    ):
        literal = query.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}").all()
        scanned = {step.split()[1] for *_, step in plan if step.startswith("SCAN")}
        assert scanned <= {"left_out", "audience", "suppression", "among"}
    engine.dispose()


def test_sqlite_does_not_search_everybody_selected_for_each_suppression(
    sqlite_template: Path,
) -> None:
    among = sa.select(ON.c.subscriber_id).where(ON.c.list_id == 4, ON.c.state == "active")
    query = select_excluded([MailingList(id=1, slug="list-1", name="")], among=among, now=NOW)
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    literal = query.compile(engine, compile_kwargs={"literal_binds": True})

    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}").all()

    engine.dispose()
    found = [step for *_, step in plan if step.startswith("SEARCH subscriber USING")]
    assert any("(email_key=?)" in step for step in found)
    assert not any("email_key=? AND" in step for step in found)
