"""
The growth of a list counts who joined and who left, by day and by who did it.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from origins import READER, STAFF
from people_samples import NOW, Join, MakeList

from subscribers.health.growth import count_growth
from subscribers.health.readers import count_domains
from subscribers.history.model import OriginKind
from subscribers.preferences.leave import leave
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)


def test_people_count_on_the_day_they_join_and_on_the_day_they_leave(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("old@example.org", daily, at=NOW - 40 * DAY)
    goes = join("ada@example.org", daily, at=NOW)
    join("bob@example.net", daily, at=NOW)
    join("eve@example.net", daily, at=NOW + DAY)
    join("not-here@example.net", other, at=NOW)
    leave(connection, goes.id, by=READER, now=NOW + 2 * DAY)

    found = count_growth(connection, daily, since=NOW - DAY)

    assert found.joined == {NOW.date(): 2, (NOW + DAY).date(): 1}
    assert found.left == {(NOW + 2 * DAY).date(): 1}
    assert found.left_through == {OriginKind.READER: 1}
    assert sum(found.joined_through.values()) == 3
    assert found.net == 2


def test_whoever_is_suppressed_everywhere_has_left_each_of_their_lists_once(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily, other = make_list("daily"), make_list("other")
    join("ada@example.org", daily, at=NOW - 40 * DAY)
    suppress(
        connection,
        parse_address("ada@example.org"),
        reason=SuppressionReason.BOUNCE,
        by=STAFF,
        now=NOW,
    )

    assert count_growth(connection, daily, since=NOW - DAY).left == {NOW.date(): 1}
    assert count_growth(connection, other, since=NOW - DAY).left == {}


def test_active_readers_are_counted_by_domain(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    daily = make_list("daily")
    gone = join("ada@example.org", daily)
    for who in ("bob@example.net", "eve@example.net", "Joe@Example.ORG"):
        join(who, daily)
    leave(connection, gone.id, by=READER, now=NOW)

    assert count_domains(connection, daily) == {"example.net": 2, "example.org": 1}
