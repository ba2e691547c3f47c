"""
Collect what is stored about one address, for a person who asks to see it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from subscribers.consent import consents_of
from subscribers.database.request_tables import reader_request
from subscribers.database.tables import subscriber
from subscribers.fields.json_values import FieldValue
from subscribers.fields.values import json_values_of_all
from subscribers.history.records import history_of
from subscribers.model import Subscription
from subscribers.people import read_people
from subscribers.requests.privacy import privacy_requests
from subscribers.suppression.records import suppressions_of
from subscribers.tags.notes import notes_of
from subscribers.tags.records import tags_of
from subscribers.validation.address import Address


def personal_data(connection: sa.Connection, address: Address) -> dict[str, Any]:
    """
    Return everything that is stored here about an address, as JSON values; `person` is None if it
    is no subscriber's.
    """
    row = connection.execute(
        sa.select(subscriber).where(subscriber.c.email_key == address.key)
    ).one_or_none()
    person = read_people(connection, [row])[0] if row is not None else None
    details = None
    if person is not None:
        details = {
            "name": person.name,
            "language": person.language,
            "timezone": person.timezone,
            "created_at": _written(person.created_at),
            "last_active_at": _written(person.last_active_at),
            "paused_until": _written(person.paused_until),
        }
    number = None if person is None else person.id
    return {
        "address": address.email if person is None else person.email,
        "person": details,
        "newsletters": [
            _newsletter(connection, each) for each in (person.subscriptions if person else ())
        ],
        "answers": _answers(connection, number),
        "tags": tags_of(connection, [number]).get(number, []) if number else [],
        "notes": _notes(connection, number),
        "suppressions": [
            {
                "reason": each.reason.value,
                "scope": each.scope,
                "since": _written(each.since),
                "expires_at": _written(each.expires_at),
                "note": each.note,
            }
            for each in suppressions_of(connection, address)
        ],
        "history": _history(connection, address),
        "requests": _requests(connection, number),
        "privacy_requests": [
            {
                "kind": each.kind.value,
                "received_at": _written(each.received_at),
                "due_at": _written(each.due_at),
                "done_at": _written(each.done_at),
                "outcome": each.outcome,
            }
            for each in privacy_requests(connection, address=address)
        ],
    }


def _newsletter(connection: sa.Connection, subscription: Subscription) -> dict[str, Any]:
    return {
        "list": subscription.list_slug,
        "state": subscription.state.value,
        "since": _written(subscription.since),
        "created_at": _written(subscription.created_at),
        "cadence": subscription.cadence.value,
        "ended_reason": subscription.ended_reason,
        "consents": [
            {
                "text": each.text,
                "source": each.source,
                "given_at": _written(each.given_at),
                "recorded_at": _written(each.recorded_at),
                "evidence": each.evidence,
            }
            for each in consents_of(connection, subscription.id)
        ],
    }


def _answers(connection: sa.Connection, subscriber_id: int | None) -> dict[str, FieldValue]:
    if subscriber_id is None:
        return {}
    return json_values_of_all(connection, [subscriber_id]).get(subscriber_id, {})


def _notes(connection: sa.Connection, subscriber_id: int | None) -> list[dict[str, Any]]:
    numbers = [] if subscriber_id is None else [subscriber_id]
    return [
        {"text": each.text, "written_at": _written(each.written_at)}
        for notes in notes_of(connection, numbers).values()
        for each in notes
    ]


def _history(connection: sa.Connection, address: Address) -> list[dict[str, Any]]:
    return [
        {
            "at": _written(entry.at),
            "what": entry.what.value,
            "list": entry.list_slug,
            "by": entry.origin.kind.value,
            "through": entry.origin.through,
            "detail": dict(entry.detail),
        }
        for entry in history_of(connection, address)
    ]


def _requests(connection: sa.Connection, subscriber_id: int | None) -> list[dict[str, Any]]:
    rows = connection.execute(
        sa.select(reader_request)
        .where(reader_request.c.subscriber_id == subscriber_id)
        .order_by(reader_request.c.id)
    )
    return [
        {
            "kind": row.kind,
            "requested_at": _written(row.requested_at),
            "done_at": _written(row.done_at),
            "form": row.form,
            "consent": row.consent,
            "network": row.network,
            "answers": row.answers,
        }
        for row in rows
    ]


def _written(time: dt.datetime | None) -> str | None:
    return None if time is None else time.isoformat()
