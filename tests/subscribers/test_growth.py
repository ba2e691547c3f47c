"""
The growth of a list counts who joined, came back, left, was suppressed or erased, by day and by who
did it, and what it counts is by how many the list grew.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from origins import READER, STAFF
from people_samples import NOW, ImportText, Join, MakeList
from signup_samples import KEYS, ask_to_join, press

from subscribers.bulk.end import unsubscribe_people
from subscribers.bulk.move import move_people
from subscribers.database.history_tables import history
from subscribers.erasure import erase
from subscribers.health.day_changes import PeopleChanges, count_changes
from subscribers.health.growth import count_growth
from subscribers.health.reader_changes import ReaderChange
from subscribers.health.readers import count_domains
from subscribers.history.model import OriginKind
from subscribers.history.records import keep_without_list
from subscribers.lists import add_list, find_list
from subscribers.model import MailingList, OptIn
from subscribers.preferences.leave import leave, undo
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.bulk import NewSuppression
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.suppression.rules import add_rule, lift
from subscribers.validation.address import parse_address

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
ADA = parse_address("ada@example.org")
JOINED, LEFT = ReaderChange.JOINED, ReaderChange.LEFT


def counted(
    connection: sa.Connection, mailing_list: MailingList, since: dt.datetime
) -> dict[str, int]:
    """
    Return how often the readers changed in each way.
    """
    growth = count_growth(connection, mailing_list, since=since)
    totals = {each.value: growth.total(each) for each in ReaderChange}
    return {name: number for name, number in totals.items() if number}


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

    assert found.by_day(JOINED) == {NOW.date(): 2, (NOW + DAY).date(): 1}
    assert found.by_day(LEFT) == {(NOW + 2 * DAY).date(): 1}
    assert found.through(LEFT) == {OriginKind.READER: 1}
    assert found.total(JOINED) == 3
    assert found.net == 2


def test_who_is_suppressed_everywhere_is_so_once_on_each_of_their_lists(
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

    assert counted(connection, daily, NOW - DAY) == {"suppressed": 1}
    assert counted(connection, other, NOW - DAY) == {}


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
    assert counted(connection, single, NOW - DAY) == {"joined": 1}


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
    assert counted(connection, daily, NOW - DAY) == {}

    address = parse_address("reader3@example.org")
    wish = SuppressionReason.UNSUBSCRIBED
    suppress(connection, address, reason=wish, scope=ALL_LISTS, by=READER, now=NOW + HOUR)
    made = ask_to_join(connection, other, address=address.email, at=NOW + 2 * HOUR)
    press(connection, made.request_id, at=NOW + 2 * HOUR)

    assert find_subscription(connection, elsewhere.id).state == "ended"
    assert counted(connection, daily, NOW + 2 * HOUR) == {}


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
    assert counted(connection, daily, NOW + HOUR) == {}


def test_who_is_erased_after_they_left_has_left_once(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily)
    leave(connection, on.id, by=READER, now=NOW)
    address = parse_address("ada@example.org")
    erase(connection, address, keyring=KEYS, by=STAFF, now=NOW + DAY)

    assert counted(connection, daily, NOW - DAY) == {"joined": 1, "left": 1}
    assert counted(connection, daily, NOW + HOUR) == {}


def test_who_is_suppressed_twice_is_so_once_until_they_are_back(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily, at=NOW - DAY)
    for scope in ("daily", ALL_LISTS):
        for reason in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT):
            suppress(connection, ADA, reason=reason, scope=scope, by=STAFF, now=NOW)
    assert counted(connection, daily, NOW - HOUR) == {"suppressed": 1}

    leave(connection, on.id, by=READER, now=NOW + DAY)
    undo(connection, on.id, left_at=NOW + DAY, by=READER, now=NOW + DAY)
    assert counted(connection, daily, NOW + HOUR) == {}
    for scope in ("daily", ALL_LISTS):
        lift(connection, ADA.key, scope=scope, by=STAFF, now=NOW + 2 * DAY)
    leave(connection, on.id, by=READER, now=NOW + 3 * DAY)
    assert counted(connection, daily, NOW + HOUR) == {"came_back": 1, "left": 1}


def test_who_was_suppressed_for_a_minute_came_back_and_has_not_left(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    join("ada@example.org", daily, at=NOW - DAY)
    join("bob@example.net", daily, at=NOW)
    for rule, scope in (("@example.org", ALL_LISTS), ("@example.net", "daily")):
        new = NewSuppression(scope=scope)
        add_rule(connection, rule, new, by=STAFF, now=NOW + HOUR)
        lift(connection, rule, scope=scope, by=STAFF, now=NOW + 2 * HOUR)

    changed = counted(connection, daily, NOW - HOUR)
    assert changed == {"joined": 1, "suppressed": 2, "came_back": 2}
    assert count_changes(connection, since=NOW - HOUR, until=NOW + DAY) == PeopleChanges(**changed)
    readers = sum(count_domains(connection, daily).values())
    assert readers - count_growth(connection, daily, since=NOW - HOUR).net == 1


def test_what_happened_to_one_person_on_several_lists_in_a_day_counts_once(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("ada@example.org", daily, at=NOW - 2 * DAY)
    join("ada@example.org", other, at=NOW)
    join("bob@example.org", other, at=NOW - 2 * DAY)
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, by=STAFF, now=NOW + HOUR)
    erase(connection, parse_address("bob@example.org"), keyring=KEYS, by=STAFF, now=NOW + HOUR)

    day = {"since": NOW - HOUR, "until": NOW + 2 * HOUR}
    everywhere = PeopleChanges(joined=1, suppressed=1, erased=1)
    assert count_changes(connection, **day) == everywhere
    assert count_changes(connection, **day, slugs=["other"]) == everywhere
    assert count_changes(connection, **day, slugs=["daily"]) == PeopleChanges(suppressed=1)
    assert count_changes(connection, since=NOW, until=NOW + HOUR) == PeopleChanges(joined=1)


def test_an_erased_person_joined_and_was_erased_of_pending_ones_neither(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("ada@example.org", daily)
    join("bob@example.org", daily, consent=None)
    asked = ask_to_join(connection, daily, address="eve@example.org", at=NOW)
    press(connection, asked.request_id, at=NOW)
    ask_to_join(connection, daily, address="joe@example.org", at=NOW)
    join("zoe@example.org", other)
    for who in ("ada", "bob", "eve", "joe", "zoe"):
        address = parse_address(f"{who}@example.org")
        erase(connection, address, keyring=KEYS, by=STAFF, now=NOW + DAY)

    assert counted(connection, daily, NOW - HOUR) == {"joined": 2, "erased": 2}
    assert counted(connection, daily, NOW + HOUR) == {"erased": 2}
    # Before, erasure emptied the details whole.
    connection.execute(history.update().values(detail=None))
    assert count_growth(connection, daily, since=NOW - HOUR).net == 0
    assert count_growth(connection, daily, since=NOW - HOUR).total(ReaderChange.LEFT) == 0


def test_who_is_erased_while_suppressed_was_no_reader_any_more(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    join("ada@example.org", daily)
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, by=STAFF, now=NOW + HOUR)
    erase(connection, ADA, keyring=KEYS, by=STAFF, now=NOW + DAY)
    assert counted(connection, daily, NOW - HOUR) == {"joined": 1, "suppressed": 1}


def test_what_a_removed_list_suppressed_changes_no_other(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, gone = make_list("daily"), make_list("gone")
    join("ada@example.org", daily)
    reason = SuppressionReason.MANUAL
    suppress(connection, ADA, reason=reason, scope="gone", by=STAFF, now=NOW + HOUR)
    keep_without_list(connection, gone.id, "gone")
    assert counted(connection, daily, NOW - HOUR) == {"joined": 1}


def test_who_joined_before_there_was_a_history_is_counted_when_they_leave(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    on = join("ada@example.org", daily)
    join("bob@example.org", daily)
    bob = parse_address("bob@example.org")
    suppress(connection, bob, reason=SuppressionReason.BOUNCE, by=STAFF, now=NOW)
    connection.execute(history.delete())
    leave(connection, on.id, by=READER, now=NOW + HOUR)
    lift(connection, bob.key, scope=ALL_LISTS, by=STAFF, now=NOW + HOUR)
    assert counted(connection, daily, NOW - HOUR) == {"left": 1, "came_back": 1}


def test_who_left_by_an_import_has_left(engine: sa.Engine, import_text: ImportText) -> None:
    import_text("email,status\nada@example.org,active\n", consent="a form")
    import_text("email,status\nada@example.org,unsubscribed\n")
    with engine.connect() as connection:
        weekly = find_list(connection, "weekly")
        assert counted(connection, weekly, NOW - 40 * DAY) == {"joined": 1, "left": 1}


def test_who_is_suppressed_by_an_import_into_another_list_is_so_on_every_list(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,status\nada@example.org,active\n", consent="a form")
    with engine.begin() as connection:
        other = add_list(connection, "other", name="Other", now=NOW)
    import_text("email,status\nada@example.org,bounced\n", mailing_list=other)
    with engine.connect() as connection:
        weekly = find_list(connection, "weekly")
        assert counted(connection, weekly, NOW - 40 * DAY) == {"joined": 1, "suppressed": 1}
