"""
Fill the large tables of an installation with statements that the database itself executes: people
with their subscriptions, consents and history, issues with their deliveries, what was reported
about them, and webhooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store import tables
from subscribers.database.columns import UtcDateTime
from subscribers.database.field_tables import field_value
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import subscriber_tag
from subscribers.database.tables import consent, metadata, subscriber, subscription, suppression

BATCH = 1_000
# Times are spread over this, in as many steps.
SPAN = dt.timedelta(days=730)
_MOMENTS = 1_000
# The steps of the last 35 days.
_LATELY = 48
SOURCES = 10
# So many of the newest issues that were sent went to everybody.
TO_EVERYBODY = 4
# A delivery that was reported on has so many events: delivered, opened, clicked.
_EVENTS_EACH = 1.5
_LARGE = (
    subscriber,
    subscription,
    consent,
    suppression,
    history,
    subscriber_tag,
    field_value,
    tables.delivery,
    tables.outcome,
    tables.exclusion,
    tables.webhook_inbox,
    tables.outgoing_event,
    tables.outgoing_delivery,
    tables.outgoing_attempt,
    tables.audit_entry,
)
_FIRST = (
    "Ada Bo Cleo Dag Eva Finn Gro Hanna Ivar Jonas Karin Lars Mia Nils Ólöf Per Ravi Sanne Tor Åse"
)
_SYLLABLES = "Lind Berg Holm Sand Strand Ek Dahl Ström Nord West"
_ENDINGS = "gren qvist man ström lund berg by vik stad sen"


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How much there is: people, issues that were sent, and events that providers reported on them.
    """

    people: int
    issues: int
    events: int

    @property
    def each(self) -> int:
        """
        Return the readers of an issue that did not go to everybody.
        """
        reported = int(self.events / _EVENTS_EACH) - TO_EVERYBODY * self.people
        return max(1, min(self.people, reported // (self.issues - TO_EVERYBODY)))

    @property
    def briefs(self) -> int:
        """
        Return how many briefs there are.
        """
        return 25 * self.issues

    @property
    def small(self) -> int:
        """
        Return how many issues did not go to everybody; they have the first numbers.
        """
        return self.issues - TO_EVERYBODY


_PEOPLE = """
INSERT INTO subscriber (id, email, email_key, name, language, created_at, last_active_at)
SELECT p.n, p.address, p.address, f.word || ' ' || l.word, 'en', m.at,
       CASE WHEN p.n % 3 = 0 THEN m.at END
FROM (SELECT n, 'reader' || n || '@' || CASE WHEN n % 5 < 3 THEN 'example.org'
             ELSE 'd' || (n % 1000) || '.example' END AS address FROM numbers({people})) p
JOIN first_name f ON f.n = p.n % {first_names}
JOIN last_name l ON l.n = p.n / 7 % {last_names}
JOIN moment m ON m.n = p.n % {moments};

INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at, ended_reason,
                          ended_cause)
SELECT x.n, x.n, 1, CASE WHEN x.n % 20 = 0 THEN 'ended' WHEN x.n % 50 = 1 THEN 'pending'
       ELSE 'active' END, m.at, m.at, CASE WHEN x.n % 20 = 0 THEN 'by the reader' END,
       CASE WHEN x.n % 20 = 0 THEN 'reader' END
FROM numbers({people}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at)
SELECT {people} + x.n, 3 * x.n, 2, 'active', m.at, m.at
FROM numbers({third}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO subscription (id, subscriber_id, list_id, state, since, created_at)
SELECT 2 * {people} + x.n, x.n, 3, 'active', m.at, m.at
FROM numbers({few}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO consent (subscription_id, text, source, given_at, recorded_at)
SELECT x.n, 'I want the letter', 'form', m.at, m.at
FROM numbers({people}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO suppression (email_key, scope, reason, since)
SELECT s.email_key, '', CASE WHEN s.id % 100 = 0 THEN 'complaint' ELSE 'bounce' END, m.at
FROM subscriber s JOIN moment m ON m.n = s.id / 50 % {moments} WHERE s.id % 50 = 0;

INSERT INTO tag (id, name) SELECT n, 'tag ' || n FROM numbers(20);

INSERT INTO subscriber_tag (subscriber_id, tag_id)
SELECT n, 1 + n / 5 % 19 FROM numbers({people}) x WHERE n % 5 = 0;

INSERT INTO subscriber_tag (subscriber_id, tag_id)
SELECT n, 20 FROM numbers({few}) x;

INSERT INTO field_value (subscriber_id, field_id, value)
SELECT n, 1, 'Town ' || (n % 500) FROM numbers({people}) x WHERE n % 3 = 0;

INSERT INTO history (subscriber_id, list_id, at, what, "by", through, detail)
SELECT x.n, 1, m.at, 'joined', 'reader', 'page', '{{"state": "active"}}'
FROM numbers({people}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO history (subscriber_id, list_id, at, what, "by", through, detail)
SELECT 20 * x.n, 1, m.at, 'left', 'reader', 'page', '{{"before": "active"}}'
FROM numbers({twentieth}) x JOIN moment m ON m.n = x.n % {moments};

INSERT INTO audit_entry (id, at, actor, channel, from_address, action, object_kind, object_id,
                         changes, hash)
SELECT x.n, m.at, 'Eve Adams', 'web', '127.0.0.1', 'issue.edit', 'issue', '' || (x.n % 200), '{{}}',
       'none'
FROM numbers({tenth}) x JOIN moment m ON m.n = {moments} - 1 - x.n * {moments} / ({tenth} + 1);

INSERT INTO audit_head (id, first_id, before_first, last_id, last_hash, seal)
VALUES (1, 1, 'none', {tenth}, 'none', 'none')
"""
_ISSUES = """
INSERT INTO issue (id, kind, state, audience, template, sender_name, sender_address, provider,
                   subject, needs_approval, number, number_list_id, created_at, frozen_at,
                   submitted_at)
SELECT x.n, 'issue', 'submitted', '{{"lists": ["readers"]}}', 'digest', '', 'desk@x.example',
       'outbox', 'Letter ' || x.n, false, x.n, 1, m.at, m.at, m.at
FROM numbers({issues}) x JOIN moment m ON m.n = ({issues} - x.n) * {moments} / {issues};

INSERT INTO delivery (id, issue_id, subscriber_id, subscription_id, list_id, email, email_key, name,
                      batch_no, state, reason)
SELECT y.id, y.issue, s.id, s.id, 1, s.email, s.email_key, s.name,
       (y.id - 1) % {each} / {batch} + 1,
       CASE WHEN y.id % 500 = 0 THEN 'rejected' END,
       CASE WHEN y.id % 500 = 0 THEN 'mailbox full' ELSE '' END
FROM (SELECT n AS id, (n - 1) / {each} + 1 AS issue, 1 + n * 7919 % {people} AS person
      FROM numbers({all_small})) y
JOIN subscriber s ON s.id = y.person;

INSERT INTO delivery (id, issue_id, subscriber_id, subscription_id, list_id, email, email_key, name,
                      batch_no, state, reason)
SELECT {all_small} + (w.n - 1) * {people} + s.id, {small} + w.n, s.id, s.id, 1, s.email,
       s.email_key, s.name, (s.id - 1) / {batch} + 1,
       CASE WHEN s.id % 500 = 0 THEN 'rejected' END,
       CASE WHEN s.id % 500 = 0 THEN 'mailbox full' ELSE '' END
FROM numbers({to_everybody}) w CROSS JOIN subscriber s;

INSERT INTO batch (issue_id, no, state, outcome, provider, attempts, call_started_at, settled_at,
                   size)
SELECT d.issue_id, d.batch_no, 'settled', 'accepted', 'outbox', 1, i.frozen_at, i.submitted_at,
       count(*)
FROM delivery d JOIN issue i ON i.id = d.issue_id
GROUP BY d.issue_id, d.batch_no, i.frozen_at, i.submitted_at ORDER BY d.issue_id, d.batch_no;

INSERT INTO exclusion (issue_id, subscriber_id, reason)
SELECT {small} + w.n, 50 * x.n, 'suppressed: bounce'
FROM numbers({to_everybody}) w CROSS JOIN numbers({fiftieth}) x;

INSERT INTO outcome (delivery_id, issue_id, delivered_at, opened_at, clicked_at, bounced_hard_at,
                     complained_at, bounce, bounced_at, detail)
SELECT d.id, d.issue_id,
       CASE WHEN d.id % 100 <> 7 THEN i.submitted_at END,
       CASE WHEN d.id % 5 < 2 THEN i.submitted_at END,
       CASE WHEN d.id % 10 = 1 THEN i.submitted_at END,
       CASE WHEN d.id % 100 = 7 THEN i.submitted_at END,
       CASE WHEN d.id % 1000 = 1 THEN i.submitted_at END,
       CASE WHEN d.id % 100 = 7 THEN 'hard' END,
       CASE WHEN d.id % 100 = 7 THEN i.submitted_at END,
       CASE WHEN d.id % 100 = 7 THEN '550 5.1.1 no such user' ELSE '' END
FROM delivery d JOIN issue i ON i.id = d.issue_id WHERE d.state IS NULL;

INSERT INTO webhook_inbox (provider, key, received_at, disposition, raw)
SELECT 'outbox', 'webhook ' || x.n, m.at,
       CASE x.n % 1000 WHEN 1 THEN 'unmatched' WHEN 2 THEN 'foreign' WHEN 3 THEN 'unreadable'
       ELSE 'matched' END, {empty}
FROM numbers({tenth_of_events}) x JOIN moment m ON m.n = x.n % {lately};

INSERT INTO outgoing_event (id, key, kind, at, data, subscriber_id)
SELECT {before} + x.n, 'event ' || x.n, 'subscriber.joined', m.at, '{{}}', x.n
FROM numbers({tenth}) x JOIN moment m ON m.n = x.n % {lately};

INSERT INTO outgoing_delivery (webhook_id, event_id, subject, state, attempts, first_attempt_at)
SELECT 1, e.id, 'subscriber ' || e.id, 'delivered', 1, e.at
FROM outgoing_event e WHERE e.id > {before};

INSERT INTO outgoing_attempt (webhook_id, event_id, kind, at, status, duration_ms)
SELECT 1, e.id, e.kind, e.at, 200, 30 FROM outgoing_event e WHERE e.id > {before}
"""
_BRIEFS = """
INSERT INTO brief (id, source_name, key, content_hash, text_hash, status, first_seen_at, changed_at,
                   dated_at, fields, edited)
SELECT x.n, 'source ' || (x.n % {sources}), 'key ' || x.n, 'hash ' || x.n, 'text ' || x.n,
       CASE WHEN x.n <= {used} THEN 'used' WHEN x.n % 5 = 0 THEN 'held' ELSE 'new' END, m.at, m.at,
       m.at, b.fields, b.edited
FROM numbers({briefs}) x JOIN brief b ON b.id = 1
JOIN moment m ON m.n = ({briefs} - x.n) * {moments} / {briefs} WHERE x.n > 1;

INSERT INTO item_key (source_name, key, brief_id, is_new)
SELECT source_name, key, id, true FROM brief WHERE id > 1;

INSERT INTO issue_brief (issue_id, brief_id, position, shown_as)
SELECT i.id, ((i.id - 1) * 10 + x.n) % {used} + 1, x.n, 'takeaways'
FROM issue i CROSS JOIN numbers(10) x;

INSERT INTO poll (source_id, at, report)
SELECT s.id, m.at, '{{"source": "", "recorded": 0, "new": 1, "changed": 0, "unchanged": 9,
       "held": 0, "error": null, "notes": []}}'
FROM source s CROSS JOIN moment m;

UPDATE source SET last_polled_at = (SELECT max(p.at) FROM poll p WHERE p.source_id = source.id),
                  first_polled_at = (SELECT min(p.at) FROM poll p WHERE p.source_id = source.id)
"""
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {0})"
    " SELECT n FROM c)",
    "postgresql": "(SELECT n FROM generate_series(1::bigint, {0}) AS n)",
}
_EMPTY = {"sqlite": "x''", "postgresql": "''::bytea"}


def fill(connection: sa.Connection, size: Size, *, now: dt.datetime) -> None:
    """
    Fill the tables of an installation that has lists 1 to 3, field 1, webhook 1, brief 1 and its
    sources.
    """
    kind = connection.dialect.name
    indexes = [index for table in _LARGE for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    _make_words(connection, now)
    for statement in _statements(size, kind):
        connection.exec_driver_sql(statement)
    # Many rows are sorted faster than they are put in their places.
    for index in indexes:
        index.create(connection)
    if kind == "postgresql":
        _advance_sequences(connection)


def _statements(size: Size, kind: str) -> Iterator[str]:
    values = {
        "people": size.people,
        "third": size.people // 3,
        "tenth": size.people // 10,
        "twentieth": size.people // 20,
        "fiftieth": size.people // 50,
        "few": min(500, size.people),
        "issues": size.issues,
        "small": size.small,
        "each": size.each,
        "all_small": size.small * size.each,
        "to_everybody": TO_EVERYBODY,
        "tenth_of_events": size.events // 10,
        "batch": BATCH,
        "moments": _MOMENTS,
        "lately": _LATELY,
        "first_names": len(_FIRST.split()),
        "last_names": len(_SYLLABLES.split()) * len(_ENDINGS.split()),
        "empty": _EMPTY[kind],
        # The first of them tell of what was made before.
        "before": 1_000,
        "briefs": size.briefs,
        "used": size.briefs * 9 // 10,
        "sources": SOURCES,
    }
    if kind == "postgresql":
        # No foreign keys are looked at: what follows has none that lead nowhere.
        yield "SET LOCAL session_replication_role = replica"
        yield "SET LOCAL maintenance_work_mem = '512MB'"
    else:
        yield "PRAGMA cache_size = -2000000"
    for statement in f"{_PEOPLE};\n{_ISSUES};\n{_BRIEFS}".format(**values).split(";\n"):
        yield _with_numbers(statement, _NUMBERS[kind]).replace(
            "%", "%%" if kind != "sqlite" else "%"
        )


def _with_numbers(statement: str, numbers: str) -> str:
    """
    Return the statement with what selects the numbers up to N in the place of each `numbers(N)`.
    """
    before, *parts = statement.split("numbers(")
    for part in parts:
        count, _, after = part.partition(")")
        before += numbers.format(count) + after
    return before


def _make_words(connection: sa.Connection, now: dt.datetime) -> None:
    """
    Make temporary tables of names, and of the times over which things are spread.
    """
    last = [a + b for a in _SYLLABLES.split() for b in _ENDINGS.split()]
    for name, words in (("first_name", _FIRST.split()), ("last_name", last)):
        _make(connection, name, sa.Column("word", sa.Text), words)
    times = [now - SPAN * number / _MOMENTS for number in range(_MOMENTS)]
    _make(connection, "moment", sa.Column("at", UtcDateTime), times)


def _make(connection: sa.Connection, name: str, column: sa.Column[str], values: list[str]) -> None:
    own = sa.MetaData()
    number = sa.Column("n", sa.Integer, primary_key=True)
    table = sa.Table(name, own, number, column, prefixes=["TEMPORARY"])
    own.create_all(connection)
    rows = [{"n": n, column.name: value} for n, value in enumerate(values)]
    connection.execute(table.insert(), rows)


def _advance_sequences(connection: sa.Connection) -> None:
    """
    Let PostgreSQL number what comes next after what is there.
    """
    for table in metadata.sorted_tables:
        sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
        if "id" in table.c and connection.exec_driver_sql(f"SELECT {sequence}").scalar():
            connection.exec_driver_sql(
                f"SELECT setval({sequence}, coalesce(max(id), 1)) FROM {table.name}"
            )
