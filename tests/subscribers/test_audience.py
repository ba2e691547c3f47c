from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from origins import STAFF
from people_samples import NOW, Join, MakeList

from subscribers.audience.eligibility import select_with_reason
from subscribers.audience.exclusions import select_excluded
from subscribers.audience.selection import select_audience
from subscribers.database import tables
from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.erasure import erase
from subscribers.model import Cadence, MailingList
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
    rows = connection.execute(select_audience(lists, minus, now=NOW)).all()
    found = {row.email: row.list_id for row in rows}
    assert len(found) == len(rows)
    return found


def excluded(
    connection: sa.Connection, lists: Sequence[MailingList], minus: Sequence[MailingList] = ()
) -> dict[str, str]:
    left_out = select_excluded(lists, minus, now=NOW).subquery()
    person = tables.subscriber
    query = sa.select(person.c.email, left_out.c.reason).join(
        left_out, left_out.c.subscriber_id == person.c.id
    )
    rows = connection.execute(query).all()
    assert len(dict(rows)) == len(rows)  # type: ignore[arg-type]
    return dict(rows)  # type: ignore[arg-type]


def unmailable(
    connection: sa.Connection, batch: Sequence[tuple[int, str | None]], *, now: dt.datetime
) -> dict[int, str]:
    """
    Return why people may not be mailed, for pairs of a subscription number and an address key.
    """
    columns = (sa.column("subscription_id", BigId), sa.column("email_key", AsciiKey))
    given = sa.values(*columns, name="batch").data(list(batch)).cte()
    found = connection.execute(select_with_reason(given, now=sa.literal(now, UtcDateTime)))
    return {row.subscription_id: row.reason for row in found if row.reason is not None}


def test_the_audience_has_everything_a_delivery_needs(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list()
    begun = join("Ada@example.org", weekly, name="Ada", timezone="Europe/Paris")

    assert connection.execute(select_audience([weekly], now=NOW)).mappings().all() == [
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

    inside = set(connection.scalars(select_audience(lists[:2], lists[2:], now=NOW)))
    outside = set(connection.scalars(select_excluded(lists[:2], lists[2:], now=NOW)))

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

    people = select_audience([first, second], now=NOW).subquery()
    connection.execute(kept.insert().from_select(["email"], sa.select(people.c.email)))

    found = connection.scalars(sa.select(kept.c.email).order_by(kept.c.email)).all()
    assert found == ["a@example.org", "b@example.org"]


def test_sqlite_reads_the_audience_from_indexes(sqlite_template: Path) -> None:
    first, second, minus = (
        MailingList(id=number, slug=f"list-{number}", name="") for number in (1, 2, 3)
    )
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    for query in (
        select_audience([first], now=NOW),
        select_audience([first], now=NOW, cadences=[Cadence.EACH]),
        select_excluded([first], now=NOW, cadences=[Cadence.WEEKLY]),
        select_audience([first, second], [minus], now=NOW),
        select_excluded([first, second], [minus], now=NOW),
    ):
        literal = query.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}").all()

        scanned = {step.split()[1] for *_, step in plan if step.startswith("SCAN")}
        assert scanned <= {"left_out", "audience", "suppression"}
    engine.dispose()


def test_sqlite_reads_a_lists_readers_of_a_cadence_from_one_index(sqlite_template: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    daily = MailingList(id=1, slug="daily", name="")
    query = select_audience([daily], now=NOW, cadences=[Cadence.EACH])
    literal = query.compile(engine, compile_kwargs={"literal_binds": True})
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}").all()
    engine.dispose()

    steps = [step for *_, step in plan if " subscription " in step]
    assert len(steps) == 1
    assert steps[0].startswith("SEARCH subscription USING COVERING INDEX")


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

    found = unmailable(connection, [*batch.values(), (999_999, "gone@example.org")], now=NOW)

    assert found == {
        batch["left"][0]: "ended: link",
        batch["bounced"][0]: "suppressed: bounce",
        batch["here"][0]: "suppressed: bounce",
        batch["erased"][0]: "erased",
        batch["both"][0]: "suppressed: bounce",
        999_999: "ended: removed",
    }


def test_a_suppression_applies_to_the_address_that_was_frozen(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    begun = join("new@example.org", make_list())
    suppress(connection, parse_address("old@example.org"), reason=BOUNCE, now=now, by=STAFF)

    frozen = [(begun.id, "old@example.org")]
    blanked = [(begun.id, None)]

    assert unmailable(connection, frozen, now=NOW) == {begun.id: "suppressed: bounce"}
    assert unmailable(connection, blanked, now=NOW) == {begun.id: "erased"}


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

    checked = select_with_reason(frozen, now=sa.literal(NOW, UtcDateTime))
    row = connection.execute(checked).mappings().one()

    assert row == {
        "delivery_id": 7,
        "subscription_id": begun.id,
        "email_key": "ada@example.org",
        "reason": "ended: link",
    }


def choose(connection: sa.Connection, subscription_id: int, cadence: Cadence) -> None:
    s = tables.subscription
    connection.execute(s.update().where(s.c.id == subscription_id).values(cadence=cadence.value))


def pause(connection: sa.Connection, address: str, until: dt.datetime) -> None:
    p = tables.subscriber
    connection.execute(p.update().where(p.c.email_key == address).values(paused_until=until))


def test_each_cadence_has_its_own_audience_and_leaves_nobody_out(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list()
    join("each@example.org", weekly)
    join("pending@example.org", weekly, consent=None)
    choose(connection, join("digest@example.org", weekly).id, Cadence.WEEKLY)
    p = tables.subscriber.c

    def selected(*cadences: Cadence) -> set[str]:
        people = select_audience([weekly], now=NOW, cadences=cadences).subquery()
        return set(connection.scalars(sa.select(people.c.email)))

    assert selected(Cadence.EACH) == {"each@example.org"}
    assert selected(Cadence.WEEKLY) == {"digest@example.org"}
    assert selected(Cadence.MONTHLY) == set()
    assert selected(*Cadence) == {"each@example.org", "digest@example.org"}
    left_out = select_excluded([weekly], now=NOW, cadences=[Cadence.EACH]).subquery()
    assert connection.execute(sa.select(left_out.c.reason)).all() == [("pending",)]
    everybody = sa.select(p.id.label("subscriber_id"))
    asked = select_excluded([weekly], now=NOW, cadences=[Cadence.EACH], among=everybody).subquery()
    assert set(connection.scalars(sa.select(asked.c.reason))) == {"pending", "cadence weekly"}


def test_a_reader_gets_an_issue_to_two_lists_through_the_one_whose_cadence_they_chose(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    first, second = make_list("first"), make_list("second")
    choose(connection, join("ada@example.org", first).id, Cadence.WEEKLY)
    join("ada@example.org", second)

    people = select_audience([first, second], now=NOW, cadences=[Cadence.EACH]).subquery()

    assert connection.scalars(sa.select(people.c.list_id)).all() == [second.id]


def test_somebody_who_paused_is_left_out_until_the_pause_ends(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    begun = join("ada@example.org", weekly)
    pause(connection, "ada@example.org", now + dt.timedelta(days=3))
    batch = [(begun.id, "ada@example.org")]

    assert audience(connection, [weekly]) == {}
    assert excluded(connection, [weekly]) == {"ada@example.org": "paused"}
    assert unmailable(connection, batch, now=now) == {begun.id: "paused"}

    later = now + dt.timedelta(days=3)
    assert len(connection.execute(select_audience([weekly], now=later)).all()) == 1
    assert connection.execute(select_excluded([weekly], now=later)).all() == []
    assert unmailable(connection, batch, now=later) == {}
