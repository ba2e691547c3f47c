"""
The types of the factories in `conftest`, for tests to name, and functions that look at the tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin, OriginKind
from subscribers.history.records import record_all
from subscribers.lists import find_list
from subscribers.model import ImportReport, MailingList, Subscription
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
MakeList = Callable[..., MailingList]
Join = Callable[..., Subscription]
ImportText = Callable[..., ImportReport]


def everything(engine: sa.Engine) -> list[list[sa.Row[tuple[object, ...]]]]:
    with engine.connect() as connection:
        return [
            list(connection.execute(sa.select(table).order_by(table.c.id)))
            for table in tables.metadata.sorted_tables
            if table.name in ("subscriber", "subscription", "consent", "suppression")
        ]


def confirm_by_reader(
    connection: sa.Connection, address: str, slug: str, *, now: dt.datetime
) -> None:
    """
    Record that somebody confirmed a list by the button in their email.
    """
    person = subscriber_by_address(connection, parse_address(address))
    record = HistoryRecord(
        HistoryEvent.CONFIRMED, person.id, list_id=find_list(connection, slug).id
    )
    by = Origin(kind=OriginKind.READER, through="confirmation")
    record_all(connection, [record], by=by, at=now)


def all_rows(engine: sa.Engine) -> dict[str, list[sa.Row[tuple[object, ...]]]]:
    """
    Return the rows of every table by its name.
    """
    with engine.connect() as connection:
        return {
            table.name: sorted(connection.execute(sa.select(table)), key=repr)
            for table in tables.metadata.sorted_tables
        }


def states(engine: sa.Engine) -> dict[str, str]:
    person, on = tables.subscriber, tables.subscription
    query = sa.select(person.c.email, on.c.state).join(on, on.c.subscriber_id == person.c.id)
    with engine.connect() as connection:
        return dict(connection.execute(query).all())


def addresses(connection: sa.Connection) -> list[str | None]:
    """
    The addresses of everybody, sorted.
    """
    person = tables.subscriber
    query = sa.select(person.c.email).where(person.c.email_key.is_not(None))
    return list(connection.scalars(query.order_by(person.c.email_key)))
