"""
Somebody leaves while something else is about to make their subscription active.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from lock_waits import wait_until_it_waits
from origins import READER, STAFF

from subscribers.bulk.move import move_people
from subscribers.database.tables import subscription
from subscribers.lists import add_list
from subscribers.model import MailingList, Subscription, SubscriptionState
from subscribers.preferences.leave import leave
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.begin import subscribe
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

MOMENT = dt.timedelta(seconds=1)
KEYS = KeyRing(b"a secret of at least sixteen bytes")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_reader_who_leaves_while_staff_add_them_has_left(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime
) -> None:
    def add(connection: sa.Connection, consent: str | None) -> Subscription:
        return subscribe(
            connection,
            parse_address("ada@example.org"),
            mailing_list=weekly,
            name="",
            consent=consent,
            source="desk",
            by=STAFF,
            now=now,
        )

    with engine.begin() as connection:
        waiting = add(connection, None)

    def leave_now() -> None:
        with engine.begin() as connection:
            leave(connection, waiting.id, by=READER, now=now + MOMENT)

    with ThreadPoolExecutor(1) as threads:
        left: list[Future[None]] = []

        def leave_after_the_subscription_was_read(
            _connection: Any, _cursor: Any, statement: str, *_: Any
        ) -> None:
            if "FROM subscription JOIN mailing_list" in " ".join(statement.split()) and not left:
                left.append(threads.submit(leave_now))
                wait_until_it_waits(engine, left[0])

        with engine.begin() as connection:
            sa.event.listen(
                connection, "after_cursor_execute", leave_after_the_subscription_was_read
            )
            add(connection, "a signed card")
        left[0].result()
    with engine.connect() as connection:
        assert find_subscription(connection, waiting.id).state is SubscriptionState.ENDED


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_reader_who_leaves_while_people_are_moved_is_not_moved(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        daily = add_list(connection, "daily", name="Daily", now=now)
        ada = subscribe(
            connection,
            parse_address("ada@example.org"),
            mailing_list=weekly,
            name="",
            consent="a signed card",
            source="desk",
            by=STAFF,
            now=now,
        )

    def move_now() -> Mapping[str, int]:
        with engine.begin() as connection:
            people = [ada.subscriber_id]
            return move_people(
                connection, people, weekly, daily, dry_run=False, keyring=KEYS, by=STAFF, now=now
            )

    with ThreadPoolExecutor(1) as threads:
        with engine.begin() as connection:
            leave(connection, ada.id, by=READER, now=now + MOMENT)
            moving = threads.submit(move_now)
            wait_until_it_waits(engine, moving)
        assert (moving.result()["moved"], moving.result()["unknown"]) == (0, 1)
    with engine.connect() as connection:
        (state,) = connection.scalars(sa.select(subscription.c.state))
        assert state == SubscriptionState.ENDED
