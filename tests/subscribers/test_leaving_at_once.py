"""
Somebody leaves while something else is about to make their subscription active.
"""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from origins import READER, STAFF

from subscribers.model import MailingList, Subscription, SubscriptionState
from subscribers.preferences.leave import leave
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.begin import subscribe
from subscribers.validation.address import parse_address

MOMENT = dt.timedelta(seconds=1)
_WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def wait_until_it_waits(engine: sa.Engine, other: Future[None]) -> None:
    """
    Return once *other* waits for the lock of another transaction, or is done without that.
    """
    with engine.connect() as watching:
        while not other.done() and not watching.scalar(_WAITING):
            threading.Event().wait(0.01)


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
