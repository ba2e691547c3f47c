"""
`freeze`: an audience with suppressions written into the ledger, beside a bare INSERT ... SELECT of
the same people into the same table with the same indexes.
"""

from __future__ import annotations

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.app import App
from newsletter.model.issue import Issue
from newsletter.model.mail import Mail
from newsletter.store.tables import batch, delivery, exclusion
from subscribers.database.tables import subscriber, subscription

NAME = "freeze"
SUPPRESSED_EACH = 100


def run(*, full: bool = False) -> Row:
    """
    Measure what freezing costs a reader.
    """
    return measure(readers=1_000_000 if full else 20_000)


def measure(*, readers: int, runs: int = RUNS) -> Row:
    """
    Return the row for a list of that many readers, of whom one in a hundred is suppressed.
    """
    mail = pages.mail_of(pages.page(4_000))
    with installation.opened(readers, suppressed_each=SUPPRESSED_EACH) as app:
        seconds = interleave(
            runs, ours=lambda: _frozen(app, mail, readers), floor=lambda: bare(app, mail, readers)
        )
    work = f"{readers:,} readers, 1 in {SUPPRESSED_EACH} suppressed, SQLite"
    return Row(name=NAME, work=work, seconds=seconds)


def _frozen(app: App, mail: Mail, readers: int) -> float:
    issue = installation.add_issue(app, mail)
    seconds = seconds_for(lambda: installation.freeze(app, issue, mail))
    left_out = readers // SUPPRESSED_EACH
    batches = -(-(readers - left_out) // installation.BATCH)
    assert _rows(app, issue) == (readers - left_out, left_out, batches), "the freeze was wrong"
    installation.remove_issue(app, issue)
    return seconds / readers


def bare(app: App, mail: Mail, readers: int) -> float:
    """
    Return the seconds a reader that it takes to write everybody on the list.
    """
    issue = installation.add_issue(app, mail)
    seconds = seconds_for(lambda: _insert_all(app, issue))
    assert _rows(app, issue) == (readers, 0, 0), "the floor wrote other rows"
    installation.remove_issue(app, issue)
    return seconds / readers


def _insert_all(app: App, issue: Issue) -> None:
    people = sa.select(
        sa.literal(issue.id),
        subscription.c.subscriber_id,
        subscription.c.id,
        subscription.c.list_id,
        subscriber.c.email,
        subscriber.c.email_key,
        subscriber.c.name,
        sa.literal(1),
    ).join_from(subscription, subscriber, subscriber.c.id == subscription.c.subscriber_id)
    columns = "issue_id subscriber_id subscription_id list_id email email_key name batch_no"
    with app.database.write() as connection:
        connection.execute(sa.insert(delivery).from_select(columns.split(), people))


def _rows(app: App, issue: Issue) -> tuple[int, int, int]:
    """
    Count the deliveries, exclusions and batches of the issue.
    """
    with app.database.read() as connection:
        deliveries, exclusions, batches = (
            connection.execute(
                sa.select(sa.func.count()).select_from(one).where(one.c.issue_id == issue.id)
            ).scalar_one()
            for one in (delivery, exclusion, batch)
        )
    return deliveries, exclusions, batches
