"""
Write random people into a database.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.store.issues import issues
from newsletter.store.tables import batch, delivery, outcome
from segments import people as world
from segments.people import Copy, Person
from subscribers.database import tables
from subscribers.database.field_tables import field_value
from subscribers.database.segment_tables import subscriber_tag, tag
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldOption
from subscribers.lists import add_list

_KINDS = {4: IssueKind.TEST, 5: IssueKind.NOTICE}
assert tuple(_KINDS) == world.NO_ISSUES


def store_people(connection: sa.Connection, people: Sequence[Person], now: dt.datetime) -> None:
    """
    Write the people into an empty database, with the lists, fields, tags and issues they need.
    """
    for slug in world.LISTS:
        add_list(connection, slug, name=slug, now=now)
    _store_persons(connection, people)
    _store_values(connection, people)
    _store_tags(connection, people)
    _store_subscriptions(connection, people, now)
    _store_issues(connection, now)
    _store_mail(connection, people)


def _store_values(connection: sa.Connection, people: Sequence[Person]) -> None:
    fields = {}
    for name, kind in world.KINDS.items():
        keys = {"edition": world.OPTIONS, "topics": world.TOPICS}.get(name, ())
        options = [FieldOption(key=key, labels={"de": f"Das {key}"}) for key in keys]
        fields[name] = add_field(connection, name, kind, labels={}, options=options).id
    rows = [
        {"subscriber_id": one.id, "field_id": fields[name], "value": _stored(value)}
        for one in people
        for name, value in one.values.items()
    ]
    connection.execute(field_value.insert(), rows)


def _store_tags(connection: sa.Connection, people: Sequence[Person]) -> None:
    numbers = {name: number for number, name in enumerate(world.TAGS, 1)}
    rows = [{"id": number, "name": name} for name, number in numbers.items()]
    connection.execute(tag.insert(), rows)
    tagged = [
        {"subscriber_id": one.id, "tag_id": numbers[own]} for one in people for own in one.tags
    ]
    connection.execute(subscriber_tag.insert(), tagged)


def _store_persons(connection: sa.Connection, people: Sequence[Person]) -> None:
    rows = [
        {
            "id": one.id,
            "email": None if one.is_erased else one.email,
            "email_key": None if one.is_erased else one.email.lower(),
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
        {
            "email_key": one.email.lower(),
            "scope": scope,
            "reason": "manual",
            "since": one.created_at,
        }
        for one in people
        for scope in one.scopes
    ]
    connection.execute(tables.suppression.insert(), suppressed)


def _store_subscriptions(
    connection: sa.Connection, people: Sequence[Person], now: dt.datetime
) -> None:
    wanted = sa.select(tables.mailing_list.c.slug, tables.mailing_list.c.id)
    ids = {row.slug: row.id for row in connection.execute(wanted)}
    consents = []
    for one in people:
        for slug, state in one.states.items():
            row = {"subscriber_id": one.id, "list_id": ids[slug], "state": state, "since": now}
            added = connection.execute(
                tables.subscription.insert().values(**row, created_at=one.joined[slug])
            )
            number = added.inserted_primary_key[0]
            consents += [
                {"subscription_id": number, "text": "yes", "source": source, "recorded_at": now}
                for source in one.sources[slug]
            ]
    connection.execute(tables.consent.insert(), consents)


def _store_issues(connection: sa.Connection, now: dt.datetime) -> None:
    for number in world.ISSUES:
        issue = Issue(
            id=0,
            kind=_KINDS.get(number, IssueKind.ISSUE),
            state=IssueState.SUBMITTED,
            audience=AudienceRule(lists=("daily",)),
            template="digest",
            sender=Sender("Desk", "desk@example.org"),
            provider="outbox",
        )
        assert issues.add_issue(connection, issue, (), now=now) == number


def _store_mail(connection: sa.Connection, people: Sequence[Person]) -> None:
    copies = [(one, copy) for one in people for copy in one.copies]
    batches, deliveries, outcomes = [], [], []
    for number, (one, copy) in enumerate(copies, 1):
        batches.append(_batch_row(copy, number))
        row = {"id": number, "batch_no": number, "issue_id": copy.issue, "state": copy.state}
        owner = {"subscriber_id": one.id, "email": one.email, "email_key": one.email.lower()}
        deliveries.append({**row, **owner, "occasion": copy.occasion})
        times = {"bounced_at": copy.bounced_at, "delivered_at": copy.delivered_at}
        outcomes.append({"delivery_id": number, "issue_id": copy.issue, **times})
    # Of some it is no longer known who got them.
    lost = {"subscriber_id": None, "email": None, "email_key": None, "state": "accepted"}
    deliveries += [
        {**row, **lost, "id": len(copies) + place} for place, row in enumerate(deliveries[:9], 1)
    ]
    connection.execute(batch.insert(), batches)
    connection.execute(delivery.insert(), deliveries)
    # Nothing was heard of some.
    received = [row for row in outcomes if row["bounced_at"] or row["delivered_at"]]
    connection.execute(outcome.insert(), received)


def _batch_row(copy: Copy, no: int) -> dict[str, Any]:
    return {
        "issue_id": copy.issue,
        "no": no,
        "state": copy.batch_state,
        "outcome": copy.batch_outcome,
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
            return json.dumps([key for key in world.TOPICS if key in value])
    return str(value)
