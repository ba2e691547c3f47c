"""
Claiming and settling events finds its rows by an index, however many wait, on both databases.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from plans import Spoken, recorded

from newsletter.model.outgoing import OutgoingEvent, OutgoingKind, SendState
from newsletter.store.database import Database
from newsletter.store.outgoing.attempts import list_attempts, purge_some
from newsletter.store.outgoing.deliveries import SettledEvent, claim_events, settle_events
from newsletter.store.outgoing.events import add_events, webhook_filters
from newsletter.store.outgoing.people import forget_events
from newsletter.store.outgoing.webhooks import (
    WebhookValues,
    add_webhook,
    due_webhooks,
    lock_webhook,
)
from newsletter.store.tables import outgoing_delivery

WAITING = 20_000
KIND = OutgoingKind.SUBSCRIBER_JOINED
LARGE = ("outgoing_event", "outgoing_delivery")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def filled(database: Database, now: dt.datetime) -> Database:
    """
    Fill a database with a webhook for which thousands of events wait, two for each person.
    """
    with database.write() as connection:
        values = WebhookValues(
            url="https://example.org", kinds=frozenset({KIND}), list_ids=frozenset(), salt="s",
            secret_key="k",
        )  # fmt: skip
        add_webhook(connection, "crm", values, now=now)
        filters = webhook_filters(connection, {KIND})
        people = [number // 2 for number in range(WAITING)]
        events = (
            OutgoingEvent(
                kind=KIND, subject=f"p{n}", data={}, subscriber_id=n, address=f"p{n}@example.org"
            )
            for n in people
        )
        add_events(connection, events, filters, now=now)
        connection.exec_driver_sql("ANALYZE")
    return database


def work(database: Database, now: dt.datetime) -> None:
    """
    Do what a process does for each event, and what happens to it later.
    """
    with database.write() as connection:
        (webhook,) = due_webhooks(connection, now=now)
        lock_webhook(connection, webhook.id)
        later = now + SECOND
        claimed = claim_events(connection, 1, limit=40, now=now, lease_until=later)
        assert len(claimed) == 40
        settled = [
            SettledEvent(
                claimed=each,
                state=SendState.WAITING if number % 2 else SendState.DELIVERED,
                at=now,
                next_at=later if number % 2 else None,
            )
            for number, each in enumerate(claimed)
        ]
        settle_events(connection, 1, settled)
        claim_events(connection, 1, limit=40, now=now, lease_until=later)
        forget_events(connection, number=7, email_key="p7@example.org")
        list_attempts(connection, 1, limit=9)
        purge_some(connection, now=now)


def steps(database: Database, spoken: list[Spoken]) -> list[str]:
    """
    Return the steps of the plans of all statements.
    """
    found = []
    with database.read() as connection:
        for one in {each.statement: each for each in spoken}.values():
            start = "EXPLAIN QUERY PLAN" if database.file else "EXPLAIN"
            plan = connection.exec_driver_sql(f"{start} {one.statement}", one.values).all()
            found += [str(step[-1]).strip() for step in plan]
    return found


def scans(database: Database, spoken: list[Spoken]) -> list[str]:
    """
    Return the steps of the plans that read a large table from end to end.
    """
    return [
        step
        for step in steps(database, spoken)
        if any(
            step.removeprefix("->  ").startswith((f"SCAN {t}", f"Seq Scan on {t}")) for t in LARGE
        )
    ]


def test_no_statement_reads_all_events_that_wait(filled: Database, now: dt.datetime) -> None:
    with recorded(filled) as spoken:
        work(filled, now)
    hot = [one for one in spoken if "INSERT" not in one.statement[:6]]
    assert len(hot) > 8
    assert scans(filled, hot) == []


def test_urgent_events_are_found_without_reading_the_others(
    filled: Database, now: dt.datetime
) -> None:
    with recorded(filled) as spoken, filled.write() as connection:
        claim_events(connection, 1, limit=4, now=now, lease_until=now + SECOND)
    urgent = [one for one in spoken if "is_bulk" in one.statement]
    assert len(urgent) == 1
    assert any("ix_outgoing_delivery_urgent" in step for step in steps(filled, urgent))


def test_events_that_wait_for_an_earlier_one_are_put_off(
    filled: Database, now: dt.datetime
) -> None:
    later = now + SECOND
    with filled.write() as connection:
        for _ in range(3):
            claim_events(connection, 1, limit=400, now=now, lease_until=later)
        delivery = sa.select(sa.func.count()).select_from(outgoing_delivery)
        put_off = connection.scalar(delivery.where(outgoing_delivery.c.next_at == later))
    # Each round looks at 400 others: the first event of each person is claimed, the second waits.
    assert put_off == 1200
