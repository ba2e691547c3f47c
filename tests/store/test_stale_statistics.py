"""
PostgreSQL plans by statistics that know nothing of the newest issue. Each statement is executed
with EXPLAIN ANALYZE just before it runs, and the rows that it handles are counted: they grow with
the readers, not with their square.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from answering import Scripted
from installation import SECRET
from sqlalchemy import event

from newsletter.actions.issues import issue_pages, issue_status
from newsletter.actions.operations import list_health, list_settings
from newsletter.actions.people import lists
from newsletter.actions.people import search as people
from newsletter.actions.today import open_issues, summary
from newsletter.app import App
from newsletter.delivery import freeze
from newsletter.issues.status import status_of
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail, Sender
from newsletter.operations.metrics.installation import InstallationReader
from newsletter.settings import Settings
from newsletter.store.delivery import finish
from newsletter.store.delivery.status import counts, decisions, progress, recipients, reported
from newsletter.store.delivery.status.batches import batch_groups
from newsletter.store.events import account_reputation, issue_reputation, outcomes
from newsletter.store.issues import issues
from newsletter.store.issues.corrections import ShownContent
from newsletter.store.issues.listing import IssueFilter
from newsletter.store.operations import alerts
from newsletter.store.operations import metrics as figures
from newsletter.store.tables import delivery
from subscribers.filters.model import PeopleFilter, PersonState

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
READERS = 600
BATCH = 20
NEWEST = 2
# A reader is a row in each step of a plan, and one scan of all batches is fine. The square of the
# readers would be ten times as much.
MOST_ROWS = 60 * READERS

_PEOPLE = f"""
INSERT INTO mailing_list (id, slug, name, opt_in, visibility, language, created_at)
SELECT n, CASE n WHEN 1 THEN 'daily' ELSE 'few' END, 'Daily', 'double', 'public', 'en', :at
FROM generate_series(1, 2) AS n;
INSERT INTO subscriber (id, email, email_key, name, created_at)
SELECT n, 'r' || n || '@x.example', 'r' || n || '@x.example', 'Ada', :at
FROM generate_series(1, {READERS}) AS n;
INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at)
SELECT n, n, 1, 'active', :at, :at FROM generate_series(1, {READERS}) AS n;
INSERT INTO suppression (email_key, scope, reason, since)
SELECT 'r' || (20 * n) || '@x.example', '', 'bounce', :at FROM generate_series(1, 25) AS n
"""
_ISSUE = f"""
INSERT INTO issue (id, kind, state, audience, template, sender_name, sender_address, provider,
                   needs_approval, created_at, frozen_at)
VALUES (:id, 'issue', CASE :id WHEN 1 THEN 'submitted' ELSE 'sending' END,
        '{{"lists": ["daily"]}}', 'digest', '', 'desk@x.example', 'scripted', false, :at, :at);
INSERT INTO batch (issue_id, no, state, outcome, provider, size, call_started_at, settled_at)
SELECT :id, n, 'settled', 'accepted', 'scripted', {BATCH}, :at, :at
FROM generate_series(1, {READERS // BATCH}) AS n;
INSERT INTO batch (issue_id, no, state, outcome, provider, size)
SELECT :id, 50000 + n, 'settled', 'accepted', 'scripted', 0
FROM generate_series(1, CASE :id WHEN 1 THEN 1000 ELSE 0 END) AS n;
INSERT INTO exclusion (issue_id, subscriber_id, reason)
SELECT :id, n, 'suppressed: bounce' FROM generate_series(1, 300) AS n;
INSERT INTO delivery (issue_id, subscriber_id, subscription_id, list_id, email, email_key, name,
                      batch_no, state, reason, occasion)
SELECT :id, n, n, 1, 'r' || n || '@x.example', 'r' || n || '@x.example', 'Ada',
       (n - 1) / {BATCH} + 1, CASE WHEN n % 10 = 0 THEN 'rejected' WHEN n % 10 = 1 THEN 'uncertain'
       END, CASE WHEN n % 10 = 0 THEN 'no such mailbox' ELSE '' END, 0
FROM generate_series(1, {READERS}) AS n;
INSERT INTO outcome (delivery_id, issue_id, bounced_hard_at)
SELECT id, issue_id, :at FROM delivery WHERE issue_id = :id AND state = 'rejected'
"""
# Everybody was sent it again.
_AGAIN = f"""
INSERT INTO batch (issue_id, no, state, outcome, provider, size, call_started_at, settled_at,
                   occasion)
SELECT :id, 100000 + n, 'settled', 'accepted', 'scripted', {BATCH}, :at, :at, 1
FROM generate_series(1, {READERS // BATCH}) AS n;
INSERT INTO delivery (issue_id, subscriber_id, subscription_id, list_id, email, email_key, name,
                      batch_no, occasion)
SELECT :id, n, n, 1, 'r' || n || '@x.example', 'r' || n || '@x.example', 'Ada',
       100000 + (n - 1) / {BATCH} + 1, 1
FROM generate_series(1, {READERS}) AS n
"""


@pytest.fixture(params=["nobody was sent it again", "everybody was sent it again"])
def app(request: pytest.FixtureRequest, postgres_databases: Any, tmp_path: Path) -> Iterator[App]:
    """
    An installation with an issue that PostgreSQL's statistics know and one that they do not know.
    """
    (tmp_path / "secret.key").write_text(SECRET)
    with postgres_databases.copy() as url:
        settings = Settings(
            folder=tmp_path, database={"url": url}, sender={"address": "d@x.example"}
        )
        with App(settings=settings, clock=lambda: NOW) as app:
            app.providers["scripted"] = Scripted()
            with app.database.write() as connection:
                for table in ("issue", "batch", "delivery", "exclusion", "outcome", "subscription"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} SET (autovacuum_enabled=off)")
                run(connection, _PEOPLE)
                run(connection, _ISSUE, id=1)
                connection.exec_driver_sql("ANALYZE")
            with app.database.write() as connection:
                run(connection, _ISSUE, id=NEWEST)
                if request.param.startswith("everybody"):
                    run(connection, _AGAIN, id=NEWEST)
                run(connection, "SELECT setval(pg_get_serial_sequence('issue', 'id'), 2)")
            yield app


def run(connection: sa.Connection, statements: str, **values: Any) -> None:
    for each in statements.split(";\n"):
        given = {"at": NOW - dt.timedelta(hours=1), **values}
        used = {name: value for name, value in given.items() if f":{name}" in each}
        connection.execute(sa.text(each), used)


@contextmanager
def counted(app: App) -> Iterator[dict[str, int]]:
    """
    Return what fills with the number of rows that each statement handles.
    """
    handled: dict[str, int] = {}

    def look(
        _connection: Any, cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            return
        with cursor.connection.cursor() as own:
            own.execute("SAVEPOINT looked")
            own.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
            (found,) = own.fetchone()
            own.execute("ROLLBACK TO SAVEPOINT looked")
        plan = found if isinstance(found, list) else json.loads(found)
        handled[statement] = max(handled.get(statement, 0), rows_in(plan[0]["Plan"]))

    event.listen(app.database.engine, "before_cursor_execute", look)
    try:
        yield handled
    finally:
        event.remove(app.database.engine, "before_cursor_execute", look)


def rows_in(node: dict[str, Any]) -> int:
    """
    Return how many rows a node of a plan and those below it return or throw away.
    """
    each = sum(
        node.get(what, 0)
        for what in (
            "Actual Rows",
            "Rows Removed by Filter",
            "Rows Removed by Join Filter",
            "Rows Removed by Index Recheck",
        )
    )
    return int(each * node["Actual Loops"]) + sum(map(rows_in, node.get("Plans", [])))


def freeze_another(app: App, rule: AudienceRule) -> None:
    """
    Freeze an issue and finish it, with statistics that know neither it nor the newest.
    """
    draft = Issue(
        id=0, kind=IssueKind.ISSUE, state=IssueState.FREEZING, audience=rule, template="digest",
        sender=Sender("", "d@x.example"), provider="scripted",
    )  # fmt: skip
    mail = Mail(
        subject="Quay", html="<p>Quay</p>", text="Quay", sender=Sender("", "d@x.example"),
        headers=(), nonce="", fields=(),
    )  # fmt: skip
    with app.database.write() as connection:
        number = issues.add_issue(connection, draft, (), now=NOW)
        issue = issues.load_issue(connection, number)
    freeze.freeze(
        app.database, issue, mail, shown=ShownContent(hashes={}, layout=()), batch_size=BATCH,
        now=NOW, on_step=lambda step: None,
    )  # fmt: skip
    status_of(app.publishing, number)
    with app.database.write() as connection:
        finish.cancel_open(connection, number, now=NOW)
        finish.finish_issue(connection, number, now=NOW)


def read_figures(connection: sa.Connection) -> None:
    figures.count_deliveries(connection, NEWEST)
    counts.count_deliveries(connection, NEWEST)
    counts.count_with_reasons(connection, NEWEST)
    counts.taken_by(connection, NEWEST)
    batch_groups(connection, NEWEST, since=NOW)
    outcomes.count_outcomes(connection, NEWEST)
    issue_reputation.issue_counts(connection, NEWEST)
    decisions.has_reached_nobody(connection, NEWEST, "approval")
    alerts.load_faults(connection, now=NOW)
    account_reputation.warnings(connection, now=NOW)
    progress.count_pending(connection)


def read_recipients(connection: sa.Connection) -> None:
    for state in (None, *DeliveryState):
        recipients.recipient_statuses(connection, NEWEST, only=state)
        recipients.recipient_statuses(connection, NEWEST, only=state, most=50)
    recipients.left_out_people(connection, NEWEST, most=100)
    reported.reported_recipients(connection, NEWEST, EventKind.BOUNCED_HARD, after=0, most=100)


DAILY = AudienceRule(lists=("daily",))
AUDIENCES = (
    DAILY,
    replace(DAILY, minus=("few",)),
    replace(DAILY, sent_to_issue=NEWEST),
)
READ: dict[str, Callable[[App], object]] = {
    "status": lambda app: status_of(app.publishing, NEWEST),
    "page": lambda app: issue_status.progress(app, NEWEST, by=OPERATOR),
    "rows": lambda app: issue_pages.rows(app, IssueFilter(), limit=25, by=OPERATOR),
    "content": lambda app: issue_pages.content(app, NEWEST, by=OPERATOR),
    "metrics": lambda app: InstallationReader(app).read(),
    "today": lambda app: open_issues.load(app, sent_since=NOW - dt.timedelta(days=2), by=OPERATOR),
    "beginnings": lambda app: summary.beginnings(app, by=OPERATOR),
    "changes": lambda app: summary.people_changes(
        app, since=NOW - dt.timedelta(days=2), until=NOW, by=OPERATOR
    ),
    "lists": lambda app: lists.all_with_counts(app, by=OPERATOR),
    "overview": lambda app: list_settings.overview(app, by=OPERATOR),
    "list": lambda app: list_settings.page(app, "daily", by=OPERATOR),
    "health": lambda app: list_health.health(app, "daily", days=30, by=OPERATOR),
    "people": lambda app: people.count(
        app, PeopleFilter(list_slug="daily", state=PersonState.ACTIVE), by=OPERATOR
    ),
}  # fmt: skip


def test_no_statement_handles_the_square_of_the_readers_if_statistics_are_stale(app: App) -> None:
    with counted(app) as handled:
        for take in READ.values():
            take(app)
        for rule in AUDIENCES:
            with app.database.read() as connection:
                assert freeze.count_audience(connection, rule, now=NOW) > 0
        with app.database.read() as connection:
            read_figures(connection)
            read_recipients(connection)
        for rule in AUDIENCES:
            freeze_another(app, rule)
        with app.database.write() as connection:
            decisions.resolve_uncertain(
                connection, NEWEST, as_state=DeliveryState.ACCEPTED, now=NOW
            )
    assert len(handled) > 60
    assert {each: rows for each, rows in handled.items() if rows > MOST_ROWS} == {}


def test_the_square_of_the_readers_would_be_noticed(app: App) -> None:
    again = delivery.alias()
    with counted(app) as handled, app.database.read() as connection:
        joined = delivery.c.issue_id < again.c.issue_id + again.c.occasion
        connection.execute(sa.select(sa.func.count()).select_from(delivery.join(again, joined)))
    assert max(handled.values()) > MOST_ROWS


def test_a_freeze_of_many_readers_tells_postgresql_how_many_they_are(
    postgres_databases: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.key").write_text(SECRET)
    with postgres_databases.copy() as url:
        settings = Settings(
            folder=tmp_path, database={"url": url}, sender={"address": "d@x.example"}
        )
        with App(settings=settings, clock=lambda: NOW) as app:
            app.providers["scripted"] = Scripted()
            with app.database.write() as connection:
                # 25 of them are suppressed.
                people = _PEOPLE.replace(str(READERS), str(freeze.ANALYZED_FROM + 25))
                run(connection, people)
            freeze_another(app, DAILY)
            with app.database.read() as connection:
                known = connection.exec_driver_sql(
                    "SELECT reltuples FROM pg_class WHERE relname = 'delivery'"
                ).scalar_one()
    assert known == freeze.ANALYZED_FROM
