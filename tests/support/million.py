"""
A database as it is after years: 1,000,000 readers with a delivery each, in twenty issues of which
the last is being sent, its batches as small as they get. A run asks all of them again. The database
itself makes it in seconds.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from plans import LARGE

from newsletter.model.mail import Mail, Sender
from newsletter.store.database import Database
from newsletter.store.delivery.freeze import store_mail
from subscribers.database.columns import UtcDateTime
from subscribers.database.tables import metadata

READERS = 1_000_000
ISSUES = 20
EACH = READERS // ISSUES
BATCH = 25
# Of the last issue, these batches are settled, and those above are still to go.
SETTLED = EACH // BATCH - 60
FEW = 500

_STATEMENTS = """
INSERT INTO mailing_list (id, slug, name, opt_in, visibility, language, created_at)
SELECT n, CASE n WHEN 1 THEN 'daily' ELSE 'few' END, 'Daily', 'double', 'public', 'en', :at
FROM numbers(2);

INSERT INTO subscriber (id, email, email_key, name, created_at)
SELECT n, 'r' || n || '@x.example', 'r' || n || '@x.example', 'Ada', :at FROM numbers(1000000);

INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at)
SELECT n, n, 1, 'active', :at, :at FROM numbers(1000000);

INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at)
SELECT 2000000 + n, n, 2, 'active', :at, :at FROM numbers(500);

INSERT INTO consent (subscription_id, text, source, recorded_at)
SELECT n, 'asked', 'test', :at FROM numbers(100000);

INSERT INTO suppression (email_key, scope, reason, since)
SELECT 'r' || (100 * n) || '@x.example', '', 'bounce', :before FROM numbers(10000);

INSERT INTO issue (id, kind, state, audience, template, sender_name, sender_address, provider,
                   fallback_provider, timing, needs_approval, created_at, frozen_at)
SELECT n, 'issue', CASE n WHEN 20 THEN 'sending' ELSE 'submitted' END, '{"lists": ["daily"]}',
       'digest', '', 'desk@x.example', 'scripted', 'spare',
       '{"timezone": "Asia/Tokyo", "wall": null, "ignores_quiet": false,
         "quiet": [{"hours": "21:00-07:00", "timezone": null}]}', false, :at, :at
FROM numbers(20);

INSERT INTO batch (issue_id, no, state, outcome, provider, call_started_at, settled_at)
SELECT (n - 1) / 2000 + 1, (n - 1) % 2000 + 1, 'settled', 'accepted', 'scripted', :at, :at
FROM numbers(40000);

UPDATE batch
SET state = 'pending', outcome = NULL, provider = NULL, call_started_at = NULL, settled_at = NULL
WHERE issue_id = 20 AND no > 1940;

INSERT INTO exclusion (issue_id, subscriber_id, reason)
SELECT (n - 1) / 5000 + 1, n, 'suppressed: bounce' FROM numbers(100000);

INSERT INTO delivery (issue_id, subscriber_id, subscription_id, list_id, email, email_key, name,
                      batch_no)
SELECT (n - 1) / 50000 + 1, n, n, 1, 'r' || n || '@x.example', 'r' || n || '@x.example', 'Ada',
       (n - 1) % 50000 / 25 + 1
FROM numbers(1000000);

INSERT INTO ask_run (id, list_id, audience, per_day, days, state, started_at, history_before)
SELECT n, 1, 'all', 600, 30, 'running', :before, 0 FROM numbers(1);

INSERT INTO ask_run_person (run_id, subscriber_id, subscription_id, state, asked_at, due_at,
                            request_id)
SELECT 1, n, n, CASE WHEN n <= 20000 THEN 'asked' ELSE 'waiting' END,
       CASE WHEN n <= 20000 THEN :before END, CASE WHEN n <= 20000 THEN :at END,
       CASE WHEN n <= 20000 THEN n END
FROM numbers(1000000);
"""
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {0})"
    " SELECT n FROM c)",
    "postgresql": "generate_series(1, {0}) AS n",
}


def fill(database: Database, *, now: dt.datetime) -> None:
    """
    Fill an empty schema, and have the database analyse its contents.
    """
    kind = database.engine.dialect.name
    moments = {"at": now - dt.timedelta(days=1), "before": now - dt.timedelta(days=400)}
    indexes = [index for name in LARGE for index in metadata.tables[name].indexes]
    with database.write() as connection:
        for index in indexes:
            index.drop(connection)
        if kind == "postgresql":
            # No foreign keys are looked at: what follows has none that lead nowhere.
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in _STATEMENTS.split(";\n"):
            _run(connection, statement, _NUMBERS[kind], moments)
        # Many rows are sorted faster than they are put in their places.
        for index in indexes:
            index.create(connection)
        if kind == "postgresql":
            _advance_sequences(connection)
        store_mail(connection, ISSUES, _mail(), "0" * 64, {})
        connection.exec_driver_sql("ANALYZE")


def _run(
    connection: sa.Connection, statement: str, numbers: str, moments: dict[str, dt.datetime]
) -> None:
    before, _, count = statement.partition("numbers(")
    text = before + (numbers.format(count.strip()[:-1]) if count else "")
    found = [
        sa.bindparam(name, at, UtcDateTime) for name, at in moments.items() if f":{name}" in text
    ]
    if text.strip():
        connection.execute(sa.text(text).bindparams(*found))


def _advance_sequences(connection: sa.Connection) -> None:
    for table in ("mailing_list", "subscriber", "subscription", "issue"):
        connection.execute(
            sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        )


def _mail() -> Mail:
    return Mail(
        subject="The Quiet Harbour",
        html="<p>Nobody left the quay.</p>",
        text="Nobody left the quay.",
        sender=Sender("The Desk", "desk@x.example"),
        headers=(),
        nonce="",
        fields=(),
    )
