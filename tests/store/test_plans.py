"""
Statements of hot paths find their rows by an index: no plan of SQLite scans a large table.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from origins import STAFF
from sqlalchemy import event

from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.decision import New
from newsletter.model.delivery import BatchState
from newsletter.model.known_item import ItemKey, ParsedItem
from newsletter.model.schedule import Order
from newsletter.store.content import briefs
from newsletter.store.content.known_items import load_known
from newsletter.store.database import Database
from newsletter.store.delivery import batches
from newsletter.store.delivery.claims import claim_batch
from newsletter.store.delivery.deliveries import deliveries_of
from newsletter.store.delivery.finish import finish_issue
from newsletter.store.delivery.status.progress import progress_of
from newsletter.store.issues.listing import issues_after
from newsletter.store.operations.today.open_issues import open_issues
from newsletter.store.tables import batch, delivery, issue
from subscribers.database import tables
from subscribers.filters.model import PeopleFilter, PeopleOrder
from subscribers.filters.search import people_after
from subscribers.suppression.rules import apply_rules, end_expired

READERS = 4000
BATCH_SIZE = 20
LARGE = ("delivery", "batch", "subscription", "subscriber", "brief", "suppression")


@pytest.fixture
def filled(tmp_path: Path, sqlite_template: Path, now: dt.datetime) -> Iterator[Database]:
    """
    Fill a database with two sending issues to some thousand readers, the first nearly settled.
    """
    shutil.copy(sqlite_template, tmp_path / "x.db")
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.write() as connection:
        _add_people(connection, now)
        for number in (1, 2):
            _add_issue(connection, number, now)
        connection.exec_driver_sql("UPDATE batch SET state = 'settled' WHERE issue_id = 1")
        connection.exec_driver_sql("ANALYZE")
    yield database
    database.close()


def _add_people(connection: sa.Connection, now: dt.datetime) -> None:
    numbers = range(1, READERS + 1)
    made = {"name": "Daily", "description": "", "opt_in": "double", "created_at": now}
    connection.execute(
        sa.insert(tables.mailing_list),
        {**made, "id": 1, "slug": "daily", "visibility": "public", "language": "en"},
    )
    connection.execute(
        sa.insert(tables.subscriber),
        [
            {"id": n, "email": f"r{n}@x.example", "email_key": f"r{n}@x.example", "name": "",
             "created_at": now}
            for n in numbers
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(tables.subscription),
        [
            {"id": n, "subscriber_id": n, "list_id": 1, "state": "active", "since": now,
             "created_at": now}
            for n in numbers
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(tables.suppression),
        [
            {"email_key": f"r{n}@x.example", "scope": "", "reason": "manual", "since": now}
            for n in range(1, READERS, 10)
        ],
    )


def _add_issue(connection: sa.Connection, number: int, now: dt.datetime) -> None:
    connection.execute(
        sa.insert(issue).values(
            id=number, kind="issue", state="sending", audience={"lists": ["daily"]},
            template="intelbrief", sender_name="", sender_address="desk@x.example",
            provider="outbox", needs_approval=False, created_at=now,
        )
    )  # fmt: skip
    connection.execute(
        sa.insert(batch),
        [
            {"issue_id": number, "no": no, "state": BatchState.PENDING}
            for no in range(1, READERS // BATCH_SIZE + 1)
        ],
    )
    connection.execute(
        sa.insert(delivery),
        [
            {"issue_id": number, "subscriber_id": n, "subscription_id": n, "list_id": 1,
             "email": f"r{n}@x.example", "email_key": f"r{n}@x.example",
             "batch_no": (n - 1) // BATCH_SIZE + 1}
            for n in range(1, READERS + 1)
        ],
    )  # fmt: skip


def plans_of(database: Database, work: Callable[[sa.Connection], Any]) -> list[str]:
    """
    Return the steps of SQLite's plan for every statement that *work* runs.
    """
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        ran.append((statement, values))

    with database.write() as connection:
        event.listen(connection, "before_cursor_execute", note)
        work(connection)
        event.remove(connection, "before_cursor_execute", note)
        explained = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            for statement, values in ran
        ]
    return [str(step[-1]) for step in itertools.chain(*explained)]


def walks_in(steps: list[str]) -> list[str]:
    """
    Return the steps that scan a large table, or all of an index.
    """
    return [
        step
        for step in steps
        if step.startswith("SCAN ") and step.split()[1].rstrip("_0123456789") in LARGE
    ]


def held_batch(no: int) -> batches.ClaimedBatch:
    return batches.ClaimedBatch(
        id=no, issue_id=2, no=no, epoch=1, attempts=0, provider="outbox", worker_id="me"
    )


def test_the_next_pending_batch_is_found_by_an_index(filled: Database, now: dt.datetime) -> None:
    def claim(connection: sa.Connection) -> None:
        found = claim_batch(connection, worker_id="me", now=now, lease=dt.timedelta(minutes=5))
        assert found is not None
        assert (found.issue_id, found.no) == (2, 1)

    steps = plans_of(filled, claim)
    assert walks_in(steps) == []
    assert [step for step in steps if "TEMP B-TREE" in step] == []
    assert any("SEARCH batch USING COVERING INDEX ix_batch_state" in step for step in steps)


def test_the_next_waiting_batch_is_found_by_an_index(filled: Database, now: dt.datetime) -> None:
    with filled.write() as connection:
        connection.execute(
            sa.update(batch)
            .where(batch.c.issue_id == 2)
            .values(state=BatchState.WAITING, not_before=now - dt.timedelta(seconds=1))
        )

    def claim(connection: sa.Connection) -> None:
        found = claim_batch(
            connection, worker_id="me", now=now, lease=dt.timedelta(minutes=5), issue_id=2
        )
        assert found is not None
        assert (found.issue_id, found.no) == (2, 1)

    steps = plans_of(filled, claim)
    assert walks_in(steps) == []
    assert [step for step in steps if "TEMP B-TREE" in step] == []
    assert sum("ix_batch_state (state=? AND issue_id=?" in step for step in steps) == 2


def test_the_end_of_an_issue_is_seen_without_reading_its_settled_batches(
    filled: Database, now: dt.datetime
) -> None:
    steps = plans_of(filled, lambda connection: finish_issue(connection, 2, now=now))
    assert walks_in(steps) == []
    # By state and issue: by the issue alone, each batch would read all those before it.
    assert sum("INDEX ix_batch_state (state=? AND issue_id=?)" in step for step in steps) == 5


def test_the_deliveries_of_a_batch_and_who_may_not_be_mailed_are_found_by_indexes(
    filled: Database, now: dt.datetime
) -> None:
    def look(connection: sa.Connection) -> None:
        rows = deliveries_of(connection, held_batch(3), now=now)
        assert [row.email for row in rows] == [f"r{n}@x.example" for n in range(41, 61)]
        refused = [row.email for row in rows if row.reason]
        assert refused == ["r41@x.example", "r51@x.example"]

    steps = plans_of(filled, look)
    assert walks_in(steps) == []
    assert any("INDEX ix_delivery_batch (issue_id=? AND batch_no=?)" in step for step in steps)


def test_rules_and_expired_suppressions_are_found_by_indexes(
    filled: Database, now: dt.datetime
) -> None:
    def look(connection: sa.Connection) -> None:
        assert end_expired(connection, now=now) == 0
        apply_rules(connection, ["r41@x.example", "new@x.example"], by=STAFF, now=now)

    steps = plans_of(filled, look)
    assert len(steps) >= 2
    assert walks_in(steps) == []


def new_brief(n: int, now: dt.datetime) -> New:
    item = ParsedItem(
        place=n,
        key=ItemKey(source="site", key=f"k{n}", fallback_key=f"s{n}"),
        brief=Brief(title=f"Brief {n}"),
        content_hash="",
        dated_at=now,
        # As with real ones, few are alike.
        link=f"site.example/posts/{n}",
        text_hash=f"text {n}",
    )
    return New(brief_id=-1 - n, item=item, status=BriefStatus.NEW, why="")


@pytest.mark.parametrize(("key", "fallback_key"), [("k700", None), ("moved", "s700")])
def test_a_known_brief_is_found_by_either_key(
    filled: Database, now: dt.datetime, key: str, fallback_key: str | None
) -> None:
    with filled.write() as connection:
        briefs.add_briefs(connection, [new_brief(n, now) for n in range(1500)], now=now)
        connection.exec_driver_sql("ANALYZE")

    def look(connection: sa.Connection) -> None:
        wanted = replace(
            new_brief(0, now).item,
            key=ItemKey(source="site", key=key, fallback_key=fallback_key),
            link="site.example/posts/9999",
            text_hash="0",
        )
        known = load_known(connection, "site", [wanted])
        assert [brief.title for brief in known.briefs.values()] == ["Brief 700"]

    steps = plans_of(filled, look)
    assert len(steps) >= (2 if fallback_key is None else 3)
    assert walks_in(steps) == []


def test_a_walk_through_a_large_table_would_be_noticed(filled: Database) -> None:
    steps = plans_of(
        filled,
        lambda connection: connection.execute(
            sa.select(delivery.c.id).where(delivery.c.provider_id == "x")
        ).all(),
    )
    assert walks_in(steps) == ["SCAN delivery"]


def test_the_progress_of_issues_is_found_by_indexes(filled: Database, now: dt.datetime) -> None:
    def look(connection: sa.Connection) -> None:
        found = progress_of(connection, [1, 2], lately=now)
        assert found[2].audience == READERS
        open_issues(connection, sent_since=now, most=10)

    assert walks_in(plans_of(filled, look)) == []


def test_pages_of_briefs_and_issues_and_counts_of_briefs_read_an_index(filled: Database) -> None:
    def turn_pages(connection: sa.Connection) -> None:
        for order in Order:
            briefs.briefs_after(connection, 7, order=order, status=BriefStatus.NEW, most=100)
            issues_after(connection, 7, order=order, most=100)

    def count(connection: sa.Connection) -> None:
        for status, source in itertools.product((None, BriefStatus.NEW), (None, "news")):
            briefs.count_briefs(connection, status=status, source=source)

    steps = plans_of(filled, turn_pages)
    assert (walks_in(steps), [step for step in steps if "B-TREE" in step]) == ([], [])
    assert [step for step in plans_of(filled, count) if "INDEX" not in step] == []


def test_a_page_of_many_changed_people_looks_at_those_of_the_page_alone(
    filled: Database, now: dt.datetime
) -> None:
    with filled.write() as connection:
        for _ in range(6):
            changed = "SELECT id, created_at, 'changed', 'staff' FROM subscriber"
            connection.exec_driver_sql(
                f"INSERT INTO history (subscriber_id, at, what, by) {changed}"
            )
    which = PeopleFilter(changed_since=now - dt.timedelta(days=1))

    def turn_pages(connection: sa.Connection) -> None:
        for order, after in zip(PeopleOrder, ("7", "4000", "r7@x.example"), strict=True):
            assert len(people_after(connection, which, order=order, after=after, limit=9)) == 9

    steps = plans_of(filled, turn_pages)
    assert (walks_in(steps), [step for step in steps if "LIST SUBQUERY" in step]) == ([], [])
    assert any(step.startswith("SEARCH history USING INDEX") for step in steps)
