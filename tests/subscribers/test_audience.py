from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.audience.eligibility import find_unmailable, select_unmailable
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
BOUNCE, COMPLAINT = SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT


def audience(
    connection: sa.Connection, lists: Sequence[MailingList], minus: Sequence[MailingList] = ()
) -> dict[str, int]:
    rows = connection.execute(select_audience(lists, minus)).all()
    found = {row.email: row.list_id for row in rows}
    assert len(found) == len(rows)
    return found


def excluded(
    connection: sa.Connection, lists: Sequence[MailingList], minus: Sequence[MailingList] = ()
) -> dict[str, str]:
    left_out = select_excluded(lists, minus).subquery()
    person = tables.subscriber
    query = sa.select(person.c.email, left_out.c.reason).join(
        left_out, left_out.c.subscriber_id == person.c.id
    )
    rows = connection.execute(query).all()
    assert len(dict(rows)) == len(rows)  # type: ignore[arg-type]
    return dict(rows)  # type: ignore[arg-type]


def test_the_audience_has_everything_a_delivery_needs(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list()
    begun = join("Ada@example.org", weekly, name="Ada", timezone="Europe/Paris")

    assert connection.execute(select_audience([weekly])).mappings().all() == [
        {
            "subscriber_id": begun.subscriber_id,
            "subscription_id": begun.id,
            "list_id": weekly.id,
            "email": "Ada@example.org",
            "email_key": "ada@example.org",
            "name": "Ada",
            "timezone": "Europe/Paris",
        }
    ]


def test_pending_ended_suppressed_and_erased_people_are_not_in_the_audience(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    for name in ("active", "ended", "bounced", "here", "erased"):
        join(f"{name}@example.org", weekly)
    join("pending@example.org", weekly, consent=None)
    unsubscribe(connection, join("ended@example.org", weekly).id, reason="link", now=now, by=STAFF)
    suppress(connection, parse_address("bounced@example.org"), reason=BOUNCE, now=now, by=STAFF)
    here = parse_address("here@example.org")
    suppress(connection, here, reason=COMPLAINT, scope="weekly", now=now, by=STAFF)
    suppress(
        connection, parse_address("active@example.org"), reason=BOUNCE, scope="x", now=now, by=STAFF
    )
    erase(connection, parse_address("erased@example.org"), keyring=KEYS, now=now, by=STAFF)

    assert audience(connection, [weekly]) == {"active@example.org": weekly.id}
    assert excluded(connection, [weekly]) == {
        "pending@example.org": "pending",
        "bounced@example.org": "suppressed: bounce",
        "here@example.org": "suppressed: complaint",
    }


def test_a_reader_on_two_lists_is_selected_once_through_the_first_that_may_mail_them(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    first, second = make_list("first"), make_list("second")
    for name in ("both", "held"):
        join(f"{name}@example.org", first)
        join(f"{name}@example.org", second)
    join("waiting@example.org", first, consent=None)
    join("waiting@example.org", second)
    held = parse_address("held@example.org")
    suppress(connection, held, reason=COMPLAINT, scope="first", now=now, by=STAFF)

    assert audience(connection, [first, second]) == {
        "both@example.org": first.id,
        "held@example.org": second.id,
        "waiting@example.org": second.id,
    }
    assert audience(connection, [second, first])["both@example.org"] == second.id
    assert excluded(connection, [first, second]) == {}


def test_people_active_on_a_minus_list_are_left_out(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly, daily = make_list("weekly"), make_list("daily")
    join("both@example.org", weekly)
    join("both@example.org", daily)
    join("waits@example.org", weekly)
    join("waits@example.org", daily, consent=None)

    assert audience(connection, [weekly], [daily]) == {"waits@example.org": weekly.id}
    assert excluded(connection, [weekly], [daily]) == {"both@example.org": "minus list daily"}


def test_audience_and_excluded_add_up_to_those_on_the_lists(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    lists = [make_list(slug) for slug in ("a", "b", "c")]
    for number in range(27 * 2):
        address = f"p{number}@example.org"
        for place, one in enumerate(lists):
            role = number // 3**place % 3
            if role:
                join(address, one, consent="yes" if role == 2 else None)
        if number >= 27:
            scope = ("", "a", "b")[number % 3]
            suppress(
                connection, parse_address(address), reason=BOUNCE, scope=scope, now=now, by=STAFF
            )
    on_lists = sa.select(tables.subscription.c.subscriber_id).where(
        tables.subscription.c.list_id.in_([lists[0].id, lists[1].id])
    )

    inside = set(connection.scalars(select_audience(lists[:2], lists[2:])))
    outside = set(connection.scalars(select_excluded(lists[:2], lists[2:])))

    assert inside.isdisjoint(outside)
    assert inside | outside == set(connection.scalars(on_lists))
    assert len(inside) >= 5


def test_the_audience_can_be_inserted_from(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    first, second = make_list("first"), make_list("second")
    join("a@example.org", first)
    join("b@example.org", second)
    kept = sa.Table("kept", sa.MetaData(), sa.Column("email", sa.Text), prefixes=["TEMPORARY"])
    kept.create(connection)

    people = select_audience([first, second]).subquery()
    connection.execute(kept.insert().from_select(["email"], sa.select(people.c.email)))

    found = connection.scalars(sa.select(kept.c.email).order_by(kept.c.email)).all()
    assert found == ["a@example.org", "b@example.org"]


def test_sqlite_reads_the_audience_from_indexes(sqlite_template: Path) -> None:
    first, second, minus = (
        MailingList(id=number, slug=f"list-{number}", name="") for number in (1, 2, 3)
    )
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    for query in (
        select_audience([first]),
        select_audience([first, second], [minus]),
        select_excluded([first, second], [minus]),
    ):
        literal = query.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}").all()

        scanned = {step.split()[1] for *_, step in plan if step.startswith("SCAN")}
        assert scanned <= {"left_out", "audience", "suppression"}
    engine.dispose()


def test_people_in_a_batch_who_may_no_longer_be_mailed_are_found_with_the_reason(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    names = ("fine", "left", "bounced", "here", "else", "erased", "both")
    batch = {
        name: (join(f"{name}@example.org", weekly).id, f"{name}@example.org") for name in names
    }
    for name in ("left", "both"):
        unsubscribe(connection, batch[name][0], reason="link", now=now, by=STAFF)
    for name, scope in (("bounced", ""), ("here", "weekly"), ("else", "daily"), ("both", "")):
        suppress(
            connection, parse_address(batch[name][1]), reason=BOUNCE, scope=scope, now=now, by=STAFF
        )
    erase(connection, parse_address("erased@example.org"), keyring=KEYS, now=now, by=STAFF)

    found = find_unmailable(connection, [*batch.values(), (999_999, "gone@example.org")])

    assert found == {
        batch["left"][0]: "ended: link",
        batch["bounced"][0]: "suppressed: bounce",
        batch["here"][0]: "suppressed: bounce",
        batch["erased"][0]: "erased",
        batch["both"][0]: "suppressed: bounce",
        999_999: "ended: removed",
    }
    assert find_unmailable(connection, []) == {}


def test_a_suppression_applies_to_the_address_that_was_frozen(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join("new@example.org", make_list())
    suppress(connection, parse_address("old@example.org"), reason=BOUNCE, now=now, by=STAFF)

    frozen = [(begun.id, "old@example.org")]
    blanked = [(begun.id, None)]

    assert find_unmailable(connection, frozen) == {begun.id: "suppressed: bounce"}
    assert find_unmailable(connection, blanked) == {begun.id: "erased"}


def test_a_batch_in_the_database_keeps_its_columns(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join("ada@example.org", make_list())
    unsubscribe(connection, begun.id, reason="link", now=now, by=STAFF)
    frozen = sa.select(
        sa.literal(7).label("delivery_id"),
        tables.subscription.c.id.label("subscription_id"),
        sa.literal("ada@example.org").label("email_key"),
    ).subquery()

    row = connection.execute(select_unmailable(frozen)).mappings().one()

    assert row == {
        "delivery_id": 7,
        "subscription_id": begun.id,
        "email_key": "ada@example.org",
        "reason": "ended: link",
    }
