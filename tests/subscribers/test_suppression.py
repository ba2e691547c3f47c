from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from origins import STAFF

from subscribers.suppression.model import ALL_LISTS, Suppression, SuppressionReason
from subscribers.suppression.records import (
    find_suppressed,
    has_erased,
    list_suppressions,
    suppress,
)
from subscribers.suppression.rules import lift
from subscribers.validation.address import parse_address

ADA, BEA = parse_address("Ada@example.org"), parse_address("bea@example.org")
REASON = SuppressionReason
DAY = dt.timedelta(days=1)


def test_a_suppression_applies_within_its_scope(
    connection: sa.Connection, now: dt.datetime
) -> None:
    suppress(connection, ADA, reason=REASON.COMPLAINT, now=now, by=STAFF)
    suppress(connection, BEA, reason=REASON.MANUAL, scope="weekly", now=now, by=STAFF)
    keys = [ADA.key, BEA.key, "carl@example.org"]

    assert find_suppressed(connection, keys, list_slug="weekly") == {
        ADA.key: REASON.COMPLAINT,
        BEA.key: REASON.MANUAL,
    }
    assert find_suppressed(connection, keys, list_slug="daily") == {ADA.key: REASON.COMPLAINT}
    assert find_suppressed(connection, [], list_slug="daily") == {}


def test_many_addresses_are_looked_up_in_one_statement(
    connection: sa.Connection, now: dt.datetime
) -> None:
    suppress(connection, ADA, reason=REASON.BOUNCE, now=now, by=STAFF)
    statements: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *event: statements.append(event[2]))

    keys = [ADA.key, *(f"p{number}@example.org" for number in range(3_000))]
    found = find_suppressed(connection, keys, list_slug="weekly")

    assert found == {ADA.key: REASON.BOUNCE}
    assert len(statements) == 1


def test_the_first_reason_stays_unless_it_was_the_persons_wish(
    connection: sa.Connection, now: dt.datetime
) -> None:
    for address, first, second in (
        (ADA, REASON.BOUNCE, REASON.UNSUBSCRIBED),
        (BEA, REASON.UNSUBSCRIBED, REASON.COMPLAINT),
    ):
        suppress(connection, address, reason=first, now=now, by=STAFF)
        suppress(connection, address, reason=second, now=now + DAY, by=STAFF)

    assert list_suppressions(connection) == [
        Suppression(address=ADA.key, reason=REASON.BOUNCE, scope="", since=now),
        Suppression(address=BEA.key, reason=REASON.COMPLAINT, scope="", since=now + DAY),
    ]


def test_suppressions_are_listed_page_by_page(connection: sa.Connection, now: dt.datetime) -> None:
    for address in (BEA, ADA):
        suppress(connection, address, reason=REASON.MANUAL, now=now, by=STAFF)

    first = list_suppressions(connection, limit=1)
    rest = list_suppressions(connection, after=first[-1].address)

    assert [found.address for found in (*first, *rest)] == [ADA.key, BEA.key]


def test_removing_reports_whether_there_was_one(
    connection: sa.Connection, now: dt.datetime
) -> None:
    suppress(connection, ADA, reason=REASON.MANUAL, scope="weekly", now=now, by=STAFF)

    assert not lift(connection, ADA.key, scope=ALL_LISTS, by=STAFF, now=now)
    assert lift(connection, ADA.key, scope="weekly", by=STAFF, now=now)
    assert not lift(connection, ADA.key, scope="weekly", by=STAFF, now=now)
    assert not has_erased(connection)
