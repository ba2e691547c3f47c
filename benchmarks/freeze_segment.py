"""
`freeze` with a segment: an audience narrowed by three tests, and the reason of everybody else,
beside two floors: bare INSERT ... SELECTs that find the same people and write them into the same
two tables, and one that writes every reader without looking for the segment.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from benchmarks import freeze, installation, pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.app import App
from newsletter.model.issue import Issue
from newsletter.model.mail import Mail
from newsletter.store.tables import delivery, exclusion
from subscribers.database.bulk_insert import insert_many
from subscribers.database.field_tables import field_value
from subscribers.database.segment_tables import subscriber_tag, tag
from subscribers.database.tables import subscriber, subscription
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.segments.records import add_segment

NAME = "freeze-segment"
SUPPRESSED_EACH = 100
RULE = 'country = "DE" and not tag has "staff" and joined before 2026-04-01'
_SLICE = 100_000


def run(*, full: bool = False) -> list[Row]:
    """
    Measure what freezing for a segment costs a reader of the list.
    """
    return measure(readers=1_000_000 if full else 20_000)


def measure(*, readers: int, runs: int = RUNS, url: str | None = None) -> list[Row]:
    """
    Return a row for each floor, for a list of that many readers, of whom nine in ten are in the
    segment, and one in a hundred is suppressed.
    """
    mail = pages.mail_of(pages.page(4_000))
    with installation.opened(readers, suppressed_each=SUPPRESSED_EACH, url=url) as app:
        add_segment_values(app, readers)
        seconds = interleave(
            runs,
            ours=lambda: _frozen(app, mail, readers),
            same=lambda: _bare(app, mail, readers),
            everybody=lambda: freeze.bare(app, mail, readers),
        )
    database = "PostgreSQL" if url else "SQLite"
    work = f"{readers:,} readers, 9 in 10 in the segment, {database}"
    floors = {"same": "same rows", "everybody": "everybody, no segment"}
    return [
        Row(
            name=NAME,
            work=f"{work}; floor: {words}",
            seconds={"ours": seconds["ours"], "floor": seconds[name]},
        )
        for name, words in floors.items()
    ]


def add_segment_values(app: App, readers: int) -> None:
    """
    Give the readers a country, some of them a tag, and add the segment.
    """
    with app.database.write() as connection:
        country = add_field(connection, "country", FieldType.TEXT, labels={})
        connection.execute(tag.insert().values(id=1, name="staff"))
        add_segment(connection, "german", RULE, list_slug=None, now=installation.NOW)
    for start in range(1, readers + 1, _SLICE):
        numbers = range(start, min(start + _SLICE, readers + 1))
        values = [(n, country.id, "DE" if n % 20 else "NO") for n in numbers]
        with app.database.write() as connection:
            insert_many(connection, field_value, ("subscriber_id", "field_id", "value"), values)
            tagged = [(n, 1) for n in numbers if n % 20 == 10]
            insert_many(connection, subscriber_tag, ("subscriber_id", "tag_id"), tagged)
    with app.database.write() as connection:
        connection.exec_driver_sql("ANALYZE")


def _is_inside(number: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """
    Return the rule as somebody would write it in SQL who knows the numbers of the field and tag.
    """
    german = sa.select(field_value.c.subscriber_id).where(
        field_value.c.subscriber_id == number, field_value.c.value == "DE"
    )
    staff = sa.select(subscriber_tag.c.tag_id).where(
        subscriber_tag.c.subscriber_id == number, subscriber_tag.c.tag_id == 1
    )
    return german.correlate(subscription).exists() & ~staff.correlate(subscription).exists()


def _frozen(app: App, mail: Mail, readers: int) -> float:
    issue = installation.add_issue(app, mail)
    narrowed = replace(issue, audience=replace(issue.audience, segment="german"))
    seconds = seconds_for(lambda: installation.freeze(app, narrowed, mail))
    # One in a hundred is suppressed, and they are all among those outside.
    inside = readers // 10 * 9
    assert _rows(app, issue) == (inside, readers - inside), "the freeze was wrong"
    installation.remove_issue(app, issue)
    return seconds / readers


def _bare(app: App, mail: Mail, readers: int) -> float:
    issue = installation.add_issue(app, mail)
    seconds = seconds_for(lambda: _insert_all(app, issue))
    inside = readers // 10 * 9
    assert _rows(app, issue) == (inside, readers - inside), "the floor wrote other rows"
    installation.remove_issue(app, issue)
    return seconds / readers


def _insert_all(app: App, issue: Issue) -> None:
    person = (subscriber.c.email, subscriber.c.email_key, subscriber.c.name)
    on_list = (subscription.c.subscriber_id, subscription.c.id, subscription.c.list_id)
    inside = sa.select(sa.literal(issue.id), *on_list, *person, sa.literal(1)).join_from(
        subscription, subscriber, subscriber.c.id == subscription.c.subscriber_id
    )
    outside = sa.select(
        sa.literal(issue.id), subscription.c.subscriber_id, sa.literal("not in segment german")
    )
    columns = [
        "issue_id",
        "subscriber_id",
        "subscription_id",
        "list_id",
        "email",
        "email_key",
        "name",
        "batch_no",
    ]
    number = subscription.c.subscriber_id
    with app.database.write() as connection:
        chosen = inside.where(_is_inside(number))
        connection.execute(sa.insert(delivery).from_select(columns, chosen))
        left_out = outside.where(sa.not_(_is_inside(number)))
        reasons = ["issue_id", "subscriber_id", "reason"]
        connection.execute(sa.insert(exclusion).from_select(reasons, left_out))


def _rows(app: App, issue: Issue) -> tuple[int, int]:
    """
    Count the deliveries and the exclusions of the issue.
    """
    with app.database.read() as connection:
        deliveries, exclusions = (
            connection.execute(
                sa.select(sa.func.count()).select_from(one).where(one.c.issue_id == issue.id)
            ).scalar_one()
            for one in (delivery, exclusion)
        )
    return deliveries, exclusions
