from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF

from subscribers.database import tables
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

EARLY = dt.datetime(2026, 1, 1, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def test_a_time_is_read_back_aware_and_in_utc(connection: sa.Connection) -> None:
    ada = parse_address("ada@example.org")
    suppress(connection, ada, reason=SuppressionReason.MANUAL, now=EARLY, by=STAFF)

    found = connection.execute(sa.select(tables.suppression.c.since)).scalar_one()

    assert found == EARLY
    assert found.tzinfo is dt.UTC


def test_stored_times_sort_and_compare_correctly(connection: sa.Connection) -> None:
    since = tables.suppression.c.since
    for number, minutes in enumerate((90, 0, 30)):
        at = EARLY + dt.timedelta(minutes=minutes, microseconds=number)
        address = parse_address(f"p{number}@example.org")
        suppress(connection, address, reason=SuppressionReason.MANUAL, now=at, by=STAFF)

    later = sa.select(tables.suppression.c.email_key).where(since > EARLY + dt.timedelta(minutes=1))

    found = connection.scalars(later.order_by(since)).all()
    assert found == ["p2@example.org", "p0@example.org"]


def test_a_time_without_a_time_zone_is_never_stored(connection: sa.Connection) -> None:
    ada = parse_address("ada@example.org")

    with pytest.raises(sa.exc.StatementError, match="without a time zone"):
        suppress(
            connection,
            ada,
            reason=SuppressionReason.MANUAL,
            now=EARLY.replace(tzinfo=None),
            by=STAFF,
        )
