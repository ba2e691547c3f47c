"""
People who never confirmed: listed with what is known about their sign-up, and dropped in bulk.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList, addresses
from signup_samples import ADA, READER, ask_to_join, press

from subscribers.database.tables import subscriber
from subscribers.model import SubscriptionState
from subscribers.people import subscriber_by_address
from subscribers.requests.records import load_request
from subscribers.signup.pending import count_dropped, drop_pending, pending_people
from subscribers.subscriptions.end import unsubscribe
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)


def test_pending_people_are_listed_with_their_last_request(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    ask_to_join(connection, weekly, at=now)
    ask_to_join(
        connection,
        weekly,
        at=now + DAY,
        form="embedded form",
        answers={"warnings": ["a disposable address"]},
    )

    (found,) = pending_people(connection)

    assert (found.address, found.list_slug, found.since) == (ADA, "weekly", now)
    assert (found.requests, found.form, found.requested_at) == (2, "embedded form", now + DAY)
    assert found.expires_at == now + 8 * DAY
    assert found.warnings == ("a disposable address",)


def test_pending_people_are_listed_page_by_page_and_by_list(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    for name in ("c", "a", "b"):
        ask_to_join(connection, weekly, address=f"{name}@example.org", at=now)
    join("imported@example.org", daily, consent=None)
    join("active@example.org", daily)

    def listed(**options: object) -> list[str]:
        return [p.address[:-12] for p in pending_people(connection, **options)]  # type: ignore[arg-type]

    assert listed() == ["a", "b", "c", "imported"]
    assert listed(limit=2) == ["a", "b"]
    assert listed(after="b@example.org") == ["c", "imported"]
    assert listed(mailing_list=daily) == ["imported"]
    assert listed(address_key="b@example.org") == ["b"]


def test_who_waits_too_long_is_dropped_and_forgotten(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    old = ask_to_join(connection, weekly, address="old@example.org", at=now - 40 * DAY)
    ask_to_join(connection, weekly, address="recent@example.org", at=now)
    before = now - 30 * DAY

    assert count_dropped(connection, before=before) == 1
    assert drop_pending(connection, before=before, by=READER, now=now) == 1

    assert addresses(connection) == ["recent@example.org"]
    assert load_request(connection, old.request_id) is None
    assert press(connection, old.request_id, at=now).state == "lost"
    assert drop_pending(connection, before=before, by=READER, now=now) == 0


def test_a_reader_of_another_list_is_not_forgotten_when_dropped_from_one(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    join(ADA, daily, at=now - 40 * DAY)
    ask_to_join(connection, weekly, at=now - 40 * DAY)

    drop_pending(connection, before=now, by=READER, now=now)

    person = subscriber_by_address(connection, parse_address(ADA))
    assert [each.state for each in person.subscriptions] == [
        SubscriptionState.ACTIVE,
        SubscriptionState.ENDED,
    ]


def test_who_once_left_a_list_is_remembered(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    unsubscribe(connection, join(ADA, daily).id, reason="by the reader", now=now, by=STAFF)
    ask_to_join(connection, weekly, at=now)

    drop_pending(connection, before=now + DAY, by=READER, now=now + DAY)

    person = subscriber_by_address(connection, parse_address(ADA))
    assert [each.ended_reason for each in person.subscriptions] == [
        "by the reader",
        "never confirmed",
    ]


def test_only_the_pending_of_one_list_are_dropped(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    made = ask_to_join(connection, weekly, daily, at=now)

    drop_pending(connection, before=now + DAY, mailing_list=weekly, by=READER, now=now + DAY)

    assert [each.list_slug for each in pending_people(connection)] == ["daily"]
    assert press(connection, made.request_id, at=now + DAY).state == "confirmed"


def test_many_are_dropped_at_once(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    for number in range(30):
        join(f"reader{number}@example.org", weekly, consent=None)

    assert drop_pending(connection, before=now + DAY, by=READER, now=now + DAY) == 30
    named = sa.select(sa.func.count()).where(subscriber.c.email.is_not(None))
    assert connection.scalar(named) == 0
