"""
Random people with every kind of value, as plain objects and in a database.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.store.issues import issues
from newsletter.store.tables import batch, delivery, outcome
from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.segment_tables import subscriber_tag, tag
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldOption, FieldType
from subscribers.lists import add_list

TEXTS = (
    "DE", "de", "De", "Ärzte", "ärzte", "ÄRZTE", "straße", "STRASSE", "İstanbul", "istanbul", "K",
    "k", "\u212a", "O'Hara", 'say "hi"', "100%", "100", "a_b", "axb", "a/b", "back\\slash", "東京",
    "e\u0301", "é", "x" * 150, "X" * 150 + "y", "--", "; DROP TABLE subscriber", "🎉", "NULL", " a",
)  # fmt: skip
NUMBERS = (
    "0", "1", "-1", "1.5", "-1.5", "1.25", "10", "9", "9.5", "100", "99.99", "-100", "-99.99",
    "123456789012345", "123456789012345.0000000001", "-123456789012345.0000000001", "0.1",
    "0.0000000001", "-0.1", "12.5", "125",
)  # fmt: skip
DAYS = tuple(dt.date(2026, 3, 4) + dt.timedelta(days=n) for n in (-4000, -400, -91, -90, -30, -1))
DAYS += (dt.date(2026, 3, 4), dt.date(2026, 3, 5), dt.date(2027, 1, 1), dt.date(1, 1, 1))
DAYS += (dt.date(9999, 12, 31),)
OPTIONS = ("north", "south", "north_2")
TOPICS = ("sport", "arts", "art", "a_t", "axt")
TAGS = ("press", "radio", "press-2", "über", "100%")
LISTS = ("daily", "weekly")
LANGUAGES = ("de", "DE", "de-AT", "den", "en", "en-GB", None)
ZONES = ("Europe/Berlin", "Europe/Oslo", "America/New_York", None)
SOURCES = ("form", "Form", "import people.csv", "subscriber add")
STATES = ("active", "pending", "ended")
KINDS = {
    "country": FieldType.TEXT,
    "age": FieldType.NUMBER,
    "renewal": FieldType.DATE,
    "vip": FieldType.BOOLEAN,
    "edition": FieldType.CHOICE,
    "topics": FieldType.CHOICES,
}
NAMES = ("ada", "bert", "a_a", "100%")
# The number of the last one is a test.
ISSUES = (1, 2, 3, 4)
TEST = 4


@dataclass(kw_only=True)
class Copy:
    """
    One issue to one person: whether it may have been accepted, when it was submitted, and what
    came of it.
    """

    issue: int
    got: bool
    submitted_at: dt.datetime
    bounced_at: dt.datetime | None
    delivered_at: dt.datetime | None


@dataclass(kw_only=True)
class Person:
    """
    What is known of a person, as Python has it.
    """

    id: int
    email: str
    name: str
    language: str | None
    timezone: str | None
    created_at: dt.datetime
    last_active_at: dt.datetime | None
    is_erased: bool
    is_suppressed: bool
    values: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    joined: dict[str, dt.datetime] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


def make_people(rng: random.Random, count: int, now: dt.datetime) -> list[Person]:
    """
    Return that many people. Of everything some people have nothing.
    """
    return [_person(rng, number, now) for number in range(1, count + 1)]


def _person(rng: random.Random, number: int, now: dt.datetime) -> Person:
    person = Person(
        id=number,
        email=f"{rng.choice(NAMES)}{number}@{rng.choice(('a.org', 'b.de'))}",
        name=rng.choice(("", *TEXTS)),
        language=rng.choice(LANGUAGES),
        timezone=rng.choice(ZONES),
        created_at=moment(rng, now),
        last_active_at=rng.choice((None, moment(rng, now))),
        is_erased=rng.random() < 0.05,
        is_suppressed=rng.random() < 0.1,
        tags={one for one in TAGS if rng.random() < 0.3},
    )
    for name in KINDS:
        if rng.random() < 0.7:
            person.values[name] = _value(rng, name)
    for slug in LISTS:
        if rng.random() < 0.6:
            person.states[slug] = rng.choice(STATES)
            person.joined[slug] = moment(rng, now)
            person.sources += rng.sample(SOURCES, rng.randrange(3))
    person.copies = [_copy(rng, one, now) for one in ISSUES if rng.random() < 0.5]
    return person


def moment(rng: random.Random, now: dt.datetime) -> dt.datetime:
    """
    Return a time, often at the edge of a day or of a number of days.
    """
    edges = [
        now
        - dt.timedelta(days=rng.choice((0, 1, 30, 90, 400)), microseconds=rng.choice((-1, 0, 1))),
        dt.datetime(2026, 1, rng.choice((1, 2)), tzinfo=dt.UTC),
        dt.datetime(2026, 1, 1, 23, 59, 59, 999_999, dt.UTC),
        now - dt.timedelta(minutes=rng.randrange(1_000_000)),
    ]
    return rng.choice(edges)


def _value(rng: random.Random, name: str) -> Any:
    return {
        "country": lambda: rng.choice(TEXTS).strip(),
        "age": lambda: Decimal(rng.choice(NUMBERS)),
        "renewal": lambda: rng.choice(DAYS),
        "vip": lambda: rng.random() < 0.5,
        "edition": lambda: rng.choice(OPTIONS),
        "topics": lambda: frozenset(rng.sample(TOPICS, rng.randrange(1, len(TOPICS)))),
    }[name]()


def _copy(rng: random.Random, issue: int, now: dt.datetime) -> Copy:
    submitted = moment(rng, now)
    return Copy(
        issue=issue,
        got=rng.random() < 0.7,
        submitted_at=submitted,
        bounced_at=rng.choice((None, None, moment(rng, now))),
        delivered_at=rng.choice((None, submitted)),
    )


def store_people(connection: sa.Connection, people: Sequence[Person], now: dt.datetime) -> None:
    """
    Write the people into an empty database, with the lists, fields, tags and issues they need.
    """
    for slug in LISTS:
        add_list(connection, slug, name=slug, now=now)
    fields = {}
    for name, kind in KINDS.items():
        keys = {"edition": OPTIONS, "topics": TOPICS}.get(name, ())
        options = [FieldOption(key=key) for key in keys]
        fields[name] = add_field(connection, name, kind, labels={}, options=options).id
    connection.execute(tag.insert(), [{"id": n, "name": one} for n, one in enumerate(TAGS, 1)])
    _store_persons(connection, people)
    rows = [
        {"subscriber_id": one.id, "field_id": fields[name], "value": _stored(value)}
        for one in people
        for name, value in one.values.items()
    ]
    connection.execute(field_value.insert(), rows)
    tagged = [
        {"subscriber_id": one.id, "tag_id": TAGS.index(own) + 1}
        for one in people
        for own in one.tags
    ]
    connection.execute(subscriber_tag.insert(), tagged)
    _store_subscriptions(connection, people, now)
    _store_mail(connection, people, now)


def _store_persons(connection: sa.Connection, people: Sequence[Person]) -> None:
    rows = [
        {
            "id": one.id,
            "email": None if one.is_erased else one.email,
            "email_key": None if one.is_erased else one.email,
            "name": one.name,
            "language": one.language,
            "timezone": one.timezone,
            "created_at": one.created_at,
            "erased_at": one.created_at if one.is_erased else None,
            "last_active_at": one.last_active_at,
        }
        for one in people
    ]
    connection.execute(tables.subscriber.insert(), rows)
    suppressed = [
        # A suppression for a list is none for all.
        {"email_key": one.email, "scope": scope, "reason": "manual", "since": one.created_at}
        for one in people
        for scope in (["", "daily"] if one.is_suppressed else ["weekly"] if one.id % 3 else [])
    ]
    connection.execute(tables.suppression.insert(), suppressed)


def _store_subscriptions(
    connection: sa.Connection, people: Sequence[Person], now: dt.datetime
) -> None:
    wanted = sa.select(tables.mailing_list.c.slug, tables.mailing_list.c.id)
    ids = {row.slug: row.id for row in connection.execute(wanted)}
    for one in people:
        given = list(one.sources)
        for slug, state in one.states.items():
            row = {"subscriber_id": one.id, "list_id": ids[slug], "state": state, "since": now}
            added = connection.execute(
                tables.subscription.insert().values(**row, created_at=one.joined[slug])
            )
            number = added.inserted_primary_key[0]
            mine, given = given, []
            for source in mine:
                consent = {"subscription_id": number, "text": "yes", "source": source}
                connection.execute(tables.consent.insert().values(**consent, recorded_at=now))


def _store_mail(connection: sa.Connection, people: Sequence[Person], now: dt.datetime) -> None:
    for number in ISSUES:
        issue = Issue(
            id=0,
            kind=IssueKind.TEST if number == TEST else IssueKind.ISSUE,
            state=IssueState.SUBMITTED,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
            sender=Sender("Desk", "desk@example.org"),
            provider="outbox",
        )
        assert issues.add_issue(connection, issue, (), now=now) == number
    no = 0
    for one in people:
        for copy in one.copies:
            no += 1
            connection.execute(batch.insert().values(**_batch_row(copy, no)))
            state = {"batch_no": no, "issue_id": copy.issue, "subscriber_id": one.id}
            # Some have a state of their own, the others that of their batch.
            own = ("uncertain" if copy.got else "rejected") if no % 2 else None
            added = connection.execute(
                delivery.insert().values(**state, email=one.email, email_key=one.email, state=own)
            )
            if copy.bounced_at or copy.delivered_at:
                row = {"delivery_id": added.inserted_primary_key[0], "issue_id": copy.issue}
                times = {"bounced_at": copy.bounced_at, "delivered_at": copy.delivered_at}
                connection.execute(outcome.insert().values(**row, **times))


def _batch_row(copy: Copy, no: int) -> dict[str, Any]:
    states = ("settled", "uncertain") if copy.got else ("settled", "waiting")
    state = states[no // 2 % 2]
    ended = "accepted" if copy.got else "skipped"
    return {
        "issue_id": copy.issue,
        "no": no,
        "state": state,
        "outcome": ended if state == "settled" else None,
        "call_started_at": copy.submitted_at,
    }


def _stored(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case dt.date():
            return value.isoformat()
        case frozenset():
            return json.dumps([key for key in TOPICS if key in value])
    return str(value)
