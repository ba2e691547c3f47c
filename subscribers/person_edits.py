"""
Change what is known about a person, and record what it was before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import as_json, record
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address
from subscribers.validation.text_fields import parse_language, person_name
from subscribers.validation.timezones import parse_timezone

_p = tables.subscriber
_PERSON = sa.select(_p).where(_p.c.email_key == sa.bindparam("key"))
_CHANGED = _p.update().where(_p.c.id == sa.bindparam("number"))


def edit_person(
    connection: sa.Connection,
    address: Address,
    *,
    name: str | None = None,
    timezone: str | None = None,
    language: str | None = None,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Change a person's name, time zone or language. None leaves a value unchanged; an empty text
    removes a name or time zone.

    Raises:
        UnknownSubscriber: there is no person with that address.
        InvalidText: the name or the language is not valid.
        UnknownTimezone: there is no such time zone.
    """
    values: dict[str, str | None] = {}
    if name is not None:
        values["name"] = person_name(name)
    if timezone is not None:
        values["timezone"] = parse_timezone(timezone) if timezone else None
    if language is not None:
        values["language"] = parse_language(language)
    stored = connection.execute(_PERSON, {"key": address.key}).one_or_none()
    if stored is None:
        raise UnknownSubscriber(
            phrase("there is no subscriber {address}: check the address", address=address.email)
        )
    _change(connection, stored, values, by=by, now=now)


def change_person(
    connection: sa.Connection,
    subscriber_id: int,
    values: Mapping[str, Any],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Set columns of a person, and record those that change with their values before and after.
    """
    if values:
        stored = connection.execute(sa.select(_p).where(_p.c.id == subscriber_id)).one()
        _change(connection, stored, values, by=by, now=now)


def _change(
    connection: sa.Connection,
    stored: sa.Row[Any],
    values: Mapping[str, Any],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    before = stored._mapping
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    connection.execute(_CHANGED, {"number": stored.id, **changed})
    detail = {
        name: {"before": as_json(before[name]), "after": as_json(value)}
        for name, value in changed.items()
    }
    what = HistoryRecord(what=HistoryEvent.CHANGED, subscriber_id=stored.id, detail=detail)
    record(connection, what, by=by, at=now)
