"""
Requests that nobody confirms: reminded once, deleted in time, and their origin cut.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import MakeList
from signup_samples import ADA, ask_to_join, press

from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.people import subscriber_by_address
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request, load_request
from subscribers.requests.retention import (
    cut_networks,
    due_reminders,
    expire,
    mark_reminded,
    network_of,
)
from subscribers.subscriptions.end import unsubscribe
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)


def due(connection: sa.Connection, now: dt.datetime) -> list[int]:
    return [each.id for each in due_reminders(connection, now)]


def test_a_sign_up_is_reminded_once_after_two_days(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)

    assert due(connection, now + 2 * DAY - dt.timedelta(seconds=1)) == []
    assert due(connection, now + 2 * DAY) == [made.request_id]
    mark_reminded(connection, [made.request_id], now + 2 * DAY)
    assert due(connection, now + 3 * DAY) == []


def test_who_asked_several_times_is_reminded_once_and_of_the_last_time(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    ask_to_join(connection, weekly, at=now)
    second = ask_to_join(connection, weekly, at=now + DAY)

    assert due(connection, now + 2 * DAY) == []
    assert due(connection, now + 3 * DAY) == [second.request_id]
    mark_reminded(connection, [second.request_id], now + 3 * DAY)
    assert due(connection, now + 5 * DAY) == []


def test_nobody_is_reminded_of_what_is_done_or_over(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly = make_list()
    press(connection, ask_to_join(connection, weekly, at=now).request_id, at=now + DAY)
    ask_to_join(connection, weekly, address="late@example.org", at=now)

    assert due(connection, now + 7 * DAY) == []


def test_what_was_typed_is_deleted_when_the_time_is_over_and_the_person_waits_on(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now, answers={"name": "Ada"})

    assert expire(connection, now + 7 * DAY - dt.timedelta(seconds=1)) == 0
    assert expire(connection, now + 7 * DAY) == 1
    assert expire(connection, now + 7 * DAY) == 0

    assert load_request(connection, made.request_id) is None
    person = subscriber_by_address(connection, parse_address(ADA))
    assert person.subscriptions[0].state == "pending"
    assert [each.what for each in history_of(connection, parse_address(ADA))] == [
        HistoryEvent.JOINED,
        HistoryEvent.EXPIRED,
    ]


def test_what_was_confirmed_is_kept_as_proof(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = ask_to_join(connection, make_list(), at=now)
    press(connection, made.request_id, at=now + DAY)

    assert expire(connection, now + 100 * DAY) == 0
    assert load_request(connection, made.request_id) is not None


def test_a_link_that_was_never_opened_leaves_nothing_behind(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    person_id = ask_to_join(connection, make_list(), at=now).subscriber_id
    number = add_request(connection, RequestKind.FIND, subscriber_id=person_id, now=now)

    assert expire(connection, now + 3 * DAY) == 1
    assert load_request(connection, number) is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("garbage", None),
    ],
)
def test_the_address_a_request_came_from_is_cut_after_ninety_days(
    connection: sa.Connection,
    make_list: MakeList,
    now: dt.datetime,
    address: str,
    network: str | None,
) -> None:
    made = ask_to_join(connection, make_list(), at=now, network=address)
    assert cut_networks(connection, now + 90 * DAY - dt.timedelta(seconds=1)) == 0

    assert cut_networks(connection, now + 90 * DAY) == 1

    found = load_request(connection, made.request_id)
    assert found is not None
    assert found.network == network == network_of(address)
    assert cut_networks(connection, now + 91 * DAY) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_housekeeping_reads_no_request_that_is_done(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    ran: list[tuple[str, object]] = []
    sa.event.listen(
        connection, "before_cursor_execute", lambda *call: ran.append((call[2], call[3]))
    )
    for query in (cut_networks, expire, due_reminders):
        query(connection, now)

    for statement, values in list(ran):
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        assert not [step for *_, step in plan if step.startswith("SCAN reader_request")]


def test_who_left_after_they_asked_is_not_reminded(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    weekly, daily = make_list(), make_list("daily")
    first = ask_to_join(connection, weekly, at=now)
    unsubscribe(connection, first.subscription_id, reason="by staff", by=STAFF, now=now + DAY)
    assert due(connection, now + 3 * DAY) == []

    again = ask_to_join(connection, weekly, daily, at=now + 2 * DAY)
    assert due(connection, now + 4 * DAY) == [again.request_id]
