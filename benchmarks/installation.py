"""
Make a whole installation in a temporary folder, for the benchmarks that need a database.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from newsletter.app import App
from newsletter.delivery import freeze as prepare
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.message_copies import fill_copies
from newsletter.providers.webhooks import NoWebhooks
from newsletter.settings import Settings
from newsletter.store import tables
from newsletter.store.issues import issues
from newsletter.store.issues.corrections import ShownContent
from newsletter.store.migrate import upgrade
from subscribers.database.bulk_insert import insert_many
from subscribers.database.statistics import update_statistics
from subscribers.database.tables import subscriber, subscription, suppression
from subscribers.lists import add_list
from subscribers.tokens import new_secret

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
SLUG = "readers"
BATCH = 1_000
_SLICE = 50_000
ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)


class Counting(NoWebhooks):
    """
    A provider inside this process that makes every copy, accepts it and counts.
    """

    name = "counting"
    capabilities = Capabilities(max_recipients=BATCH, max_bytes=10**10)

    def __init__(self) -> None:
        self.copies = 0

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Accept each recipient.
        """
        made = list(fill_copies(mail, recipients))
        assert not any(isinstance(copy, Receipt) for copy in made), "a copy could not be made"
        self.copies += len(made)
        return BatchResult(receipts=(ACCEPTED,) * len(made))

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Report each recipient as accepted: nothing submitted here is ever lost.
        """
        return BatchResult(receipts=(ACCEPTED,) * len(attempt.recipients))


@contextmanager
def opened(readers: int, *, suppressed_each: int = 0, url: str | None = None) -> Iterator[App]:
    """
    Open an App with a list of *readers*, on a fresh SQLite file or the empty database at *url*.
    With *suppressed_each*, every so-manieth reader is suppressed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret.key").write_text(new_secret())
        settings = Settings(folder=folder, **({"database": {"url": url}} if url else {}))
        with App(settings=settings, clock=lambda: NOW) as app:
            upgrade(app.database)
            _fill(app, readers, suppressed_each)
            yield app


def _fill(app: App, readers: int, suppressed_each: int) -> None:
    for start in range(0, readers, _SLICE):
        numbers = range(start + 1, min(start + _SLICE, readers) + 1)
        with app.database.write() as connection:
            if start == 0:
                add_list(connection, SLUG, name="Readers", now=NOW)
            _insert(connection, numbers)
    if app.database.file is None:
        with app.database.write() as connection:
            _count_on(connection, readers)
            # As every import does.
            update_statistics(connection)
    if suppressed_each:
        numbers = range(suppressed_each, readers + 1, suppressed_each)
        rows = [(address(n), "", "bounce", NOW) for n in numbers]
        with app.database.write() as connection:
            names = ("email_key", "scope", "reason", "since")
            insert_many(connection, suppression, names, rows)


def _count_on(connection: sa.Connection, readers: int) -> None:
    """
    Let PostgreSQL number new people after these, whose numbers it did not give.
    """
    for table in (subscriber, subscription):
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        connection.execute(sa.select(sa.func.setval(sequence, readers)))


def address(number: int) -> str:
    """
    Return a reader's address, and the key it is found by.
    """
    return f"reader{number}@example.org"


def _insert(connection: sa.Connection, numbers: range) -> None:
    people = [(n, address(n), address(n), "Ada", NOW) for n in numbers]
    names = ("id", "email", "email_key", "name", "created_at")
    insert_many(connection, subscriber, names, people)
    on_list = [(n, n, 1, "active", NOW, NOW) for n in numbers]
    columns = ("id", "subscriber_id", "list_id", "state", "since", "created_at")
    insert_many(connection, subscription, columns, on_list)


def add_issue(app: App, mail: Mail, *, provider: str = Counting.name) -> Issue:
    """
    Make an issue to the list that is about to be frozen and goes through *provider*.
    """
    draft = Issue(
        id=0,
        kind=IssueKind.ISSUE,
        state=IssueState.FREEZING,
        audience=AudienceRule(lists=(SLUG,)),
        template="digest",
        sender=mail.sender,
        provider=provider,
    )
    with app.database.write() as connection:
        return issues.load_issue(connection, issues.add_issue(connection, draft, (), now=NOW))


def freeze(app: App, issue: Issue, mail: Mail, *, batch_size: int = BATCH) -> int:
    """
    Freeze the issue as the product does and return the number of its readers.
    """
    return prepare.freeze(
        app.database,
        issue,
        mail,
        shown=ShownContent(hashes={}, layout=()),
        batch_size=batch_size,
        now=NOW,
        on_step=lambda step: None,
    )


def remove_issue(app: App, issue: Issue) -> None:
    """
    Delete the issue and all its rows, so that every run finds tables of the same size.
    """
    with app.database.write() as connection:
        connection.execute(sa.delete(tables.issue).where(tables.issue.c.id == issue.id))


def bytes_of(app: App) -> int:
    """
    Return the size of the database.
    """
    with app.database.read() as connection:
        pages, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "page_size")
        )
    return int(pages * size)
