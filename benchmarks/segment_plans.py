"""
`segments`: how long the ten commonest shapes of rules take to find their people, and that none of
them reads a whole table for each person.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.freeze_segment import add_segment_values
from benchmarks.measure import Row, seconds_for
from newsletter.app import App
from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.store.delivery.segments.mailed import QUERIES
from newsletter.store.delivery.segments.rules import parse_segment_rule
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.tables import batch, delivery, outcome
from subscribers.segments.compile import select_people

NAME = "segments"
RULES = (
    'country = "DE"',
    'country != "DE"',
    'country in ("DE", "NO") and tag has "staff"',
    'tag has "staff"',
    'not tag has "staff" and on list "readers"',
    'country = "DE" or tag has "staff"',
    "joined within 30 days",
    'email ends with "@example.org" and state = active',
    "not received issue 1",
    "(mailed within 30 days or country is not set) and not bounced",
)


def run(*, full: bool = False) -> list[Row]:
    """
    Measure what each rule costs a person.
    """
    return measure(people=1_000_000 if full else 20_000)


def measure(*, people: int) -> list[Row]:
    """
    Return a row for each rule.
    """
    with installation.opened(people) as app:
        add_segment_values(app, people)
        # Only after ANALYZE, from which SQLite would learn that the table of issues has one row.
        _add_sent_issue(app, people)
        return [_row(app, rule, people) for rule in RULES]


def _add_sent_issue(app: App, people: int) -> None:
    """
    Add issue 1 as sent to everybody just now, and bounced for one person in a hundred.
    """
    mail = pages.mail_of(pages.page(4_000))
    issue = installation.add_issue(app, mail)
    installation.freeze(app, issue, mail)
    sent = {"state": BatchState.SETTLED, "outcome": DeliveryState.ACCEPTED}
    times = {"call_started_at": installation.NOW, "settled_at": installation.NOW}
    bounced = sa.select(
        delivery.c.id,
        delivery.c.issue_id,
        sa.literal("hard"),
        sa.literal(installation.NOW, type_=outcome.c.bounced_at.type),
    ).where(delivery.c.id % 100 == 0)
    columns = ["delivery_id", "issue_id", "bounce", "bounced_at"]
    with app.database.write() as connection:
        connection.execute(sa.update(batch).values(**sent, **times))
        connection.execute(sa.insert(outcome).from_select(columns, bounced))
        counts = count_deliveries(connection, 1)
        count = connection.scalar(sa.select(sa.func.count()).select_from(outcome))
    assert (counts.by_state, count) == ({DeliveryState.ACCEPTED: people}, people // 100)


def _row(app: App, rule: str, people: int) -> Row:
    with app.database.read() as connection:
        parsed = parse_segment_rule(connection, rule)
        inside = select_people(parsed, named=QUERIES, now=installation.NOW)
        assert repeated_scans(connection, inside) == [], rule
        counted = sa.select(sa.func.count()).select_from(inside.subquery())
        seconds = seconds_for(lambda: connection.scalar(counted))
    return Row(name=NAME, work=f"{rule} ({people:,} people)", counted=f"{seconds:.2f} s")


def repeated_scans(connection: sa.Connection, query: sa.Select[Any]) -> list[str]:
    """
    Return the steps of the plan of SQLite that read a whole table or index for each person again.
    """
    spoken: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        spoken.append((statement, values))

    sa.event.listen(connection, "before_cursor_execute", note)
    connection.execute(query.limit(1))
    sa.event.remove(connection, "before_cursor_execute", note)
    (statement, values), *_ = spoken
    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    parents = {step.id: step for step in steps}

    def is_repeated(step: Any) -> bool:
        above = parents.get(step.parent)
        return above is not None and ("CORRELATED" in above.detail or is_repeated(above))

    return [s.detail for s in steps if s.detail.startswith("SCAN") and is_repeated(s)]
