"""
The growth of a list counts who joined and who left, by day and by who did it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from origins import READER, STAFF
from people_samples import NOW, ImportText, Join, MakeList
from signup_samples import KEYS, ask_to_join, press

from subscribers.bulk.end import unsubscribe_people
from subscribers.bulk.move import move_people
from subscribers.erasure import erase
from subscribers.health.growth import count_growth
from subscribers.health.readers import count_domains
from subscribers.history.model import OriginKind
from subscribers.lists import find_list
from subscribers.model import OptIn
from subscribers.preferences.leave import leave, undo
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def test_people_count_on_the_day_they_join_and_on_the_day_they_leave(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("old@example.org", daily, at=NOW - 40 * DAY)
    goes = join("ada@example.org", daily, at=NOW)
    join("bob@example.net", daily, at=NOW)
    join("eve@example.net", daily, at=NOW + DAY)
    join("not-here@example.net", other, at=NOW)
    leave(connection, goes.id, by=READER, now=NOW + 2 * DAY)

    found = count_growth(connection, daily, since=NOW - DAY)

    assert found.joined == {NOW.date(): 2, (NOW + DAY).date(): 1}
    assert found.left == {(NOW + 2 * DAY).date(): 1}
    assert found.left_through == {OriginKind.READER: 1}
    assert sum(found.joined_through.values()) == 3
    assert found.net == 2


def test_whoever_is_suppressed_everywhere_has_left_each_of_their_lists_once(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("ada@example.org", daily, at=NOW - 40 * DAY)
    suppress(
        connection,
        parse_address("ada@example.org"),
        reason=SuppressionReason.BOUNCE,
        by=STAFF,
        now=NOW,
    )

    assert count_growth(connection, daily, since=NOW - DAY).left == {NOW.date(): 1}
    assert count_growth(connection, other, since=NOW - DAY).left == {}


def test_active_readers_are_counted_by_domain(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    gone = join("ada@example.org", daily)
    for who in ("bob@example.net", "eve@example.net", "Joe@Example.ORG"):
        join(who, daily)
    leave(connection, gone.id, by=READER, now=NOW)

    assert count_domains(connection, daily) == {"example.net": 2, "example.org": 1}


def test_a_suppressed_address_is_no_active_reader(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    for who, scope in (("ada", "daily"), ("bob", ALL_LISTS), ("eve", "other")):
        join(f"{who}@example.org", daily)
        address = parse_address(f"{who}@example.org")
        reason = SuppressionReason.BOUNCE
        suppress(connection, address, reason=reason, scope=scope, by=STAFF, now=NOW)
    assert count_domains(connection, daily) == {"example.org": 1}


def test_a_sign_up_without_confirmation_counts_at_once(
    connection: sa.Connection, make_list: MakeList
) -> None:
    ask_to_join(connection, make_list("daily"), address="bob@example.org", at=NOW)
    single = make_list("single", opt_in=OptIn.SINGLE)
    ask_to_join(connection, single, at=NOW)
    assert count_growth(connection, single, since=NOW - DAY).joined == {NOW.date(): 1}


def test_pending_people_have_not_left(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    one, many, moved, elsewhere = (
        join(f"reader{number}@example.org", daily, consent=None) for number in range(4)
    )
    unsubscribe(connection, one.id, reason="by staff", by=STAFF, now=NOW)
    kept = {"dry_run": False, "by": STAFF, "now": NOW}
    unsubscribe_people(connection, [many.subscriber_id], daily, **kept)
    move_people(connection, [moved.subscriber_id], daily, other, keyring=KEYS, **kept)
    assert count_growth(connection, daily, since=NOW - DAY).left == {}

    address = parse_address("reader3@example.org")
    wish = SuppressionReason.UNSUBSCRIBED
    suppress(connection, address, reason=wish, scope=ALL_LISTS, by=READER, now=NOW + HOUR)
    made = ask_to_join(connection, other, address=address.email, at=NOW + 2 * HOUR)
    press(connection, made.request_id, at=NOW + 2 * HOUR)

    assert find_subscription(connection, elsewhere.id).state == "ended"
    assert count_growth(connection, daily, since=NOW + 2 * HOUR).left == {}


def test_who_is_suppressed_for_a_list_that_they_are_not_on_has_not_left_it(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    join("ada@example.org", daily, consent=None)
    join("bob@example.org", make_list("other"))
    on = join("eve@example.org", daily)
    leave(connection, on.id, by=READER, now=NOW)
    reason = SuppressionReason.MANUAL
    for who in ("ada", "bob", "eve"):
        address = parse_address(f"{who}@example.org")
        suppress(connection, address, reason=reason, scope="daily", by=STAFF, now=NOW + HOUR)
    assert count_growth(connection, daily, since=NOW + HOUR).left == {}


def test_who_is_erased_after_they_left_has_left_once(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily)
    leave(connection, on.id, by=READER, now=NOW)
    address = parse_address("ada@example.org")
    erase(connection, address, keyring=KEYS, by=STAFF, now=NOW + DAY)

    assert count_growth(connection, daily, since=NOW - DAY).left == {NOW.date(): 1}
    later = count_growth(connection, daily, since=NOW + HOUR)
    assert later.left == {}


def test_who_is_suppressed_twice_has_left_once_until_they_are_back(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily, at=NOW - DAY)
    address = parse_address("ada@example.org")
    for scope in ("daily", ALL_LISTS):
        for reason in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT):
            suppress(connection, address, reason=reason, scope=scope, by=STAFF, now=NOW)
    assert count_growth(connection, daily, since=NOW - HOUR).left == {NOW.date(): 1}

    leave(connection, on.id, by=READER, now=NOW + DAY)
    undo(connection, on.id, left_at=NOW + DAY, by=READER, now=NOW + DAY)
    leave(connection, on.id, by=READER, now=NOW + 2 * DAY)
    left = count_growth(connection, daily, since=NOW - HOUR).left
    assert left == {NOW.date(): 1, (NOW + 2 * DAY).date(): 1}


def test_who_left_by_an_import_has_left(engine: sa.Engine, import_text: ImportText) -> None:
    import_text("email,status\nada@example.org,active\n", consent="a form")
    import_text("email,status\nada@example.org,unsubscribed\n")
    with engine.connect() as connection:
        found = count_growth(connection, find_list(connection, "weekly"), since=NOW - 40 * DAY)
    assert (sum(found.joined.values()), sum(found.left.values())) == (1, 1)
