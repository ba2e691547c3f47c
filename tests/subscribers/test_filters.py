"""
Finding people by what they have in common.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.database.history_tables import history
from subscribers.erasure import erase
from subscribers.errors import UnknownList, UnknownTag
from subscribers.filters.model import EVERYBODY, PeopleFilter, PersonState
from subscribers.filters.search import count_people, find_people, numbers_of, people_after
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tags.records import change_tags
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)
ADA, BEA, CYD = "ada@example.org", "bea@example.org", "cyd@example.net"
DAN, EVE = "dan@example.org", "eve@example.org"


@pytest.fixture
def people(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> dict[str, int]:
    """
    Five people: Ada on two lists, Bea pending, Cyd who left, Dan suppressed, and Eve on the other
    list only.
    """
    daily, weekly = make_list("daily"), make_list("weekly")
    made = {
        ADA: join(ADA, daily, name="Ada Ærlig", at=now - 10 * DAY),
        BEA: join(BEA, daily, consent=None, at=now - 5 * DAY),
        CYD: join(CYD, daily, at=now - 3 * DAY),
        DAN: join(DAN, daily, name="Dan 100%", at=now),
        EVE: join(EVE, weekly, at=now),
    }
    join(ADA, weekly, at=now)
    unsubscribe(connection, made[CYD].id, reason="link", by=STAFF, now=now)
    reason = SuppressionReason.MANUAL
    suppress(connection, parse_address(DAN), reason=reason, by=STAFF, now=now)
    numbers = {address: each.subscriber_id for address, each in made.items()}
    change_tags(connection, [numbers[ADA], numbers[CYD]], add=["press"], by=STAFF, now=now)
    return numbers


def found(connection: sa.Connection, which: PeopleFilter) -> list[str | None]:
    return [each.email for part in find_people(connection, which) for each in part]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (EVERYBODY, [ADA, BEA, CYD, DAN, EVE]),
        (PeopleFilter(list_slug="daily"), [ADA, BEA, CYD, DAN]),
        (PeopleFilter(list_slug="daily", state=PersonState.ACTIVE), [ADA]),
        (PeopleFilter(list_slug="daily", state=PersonState.SUPPRESSED), [DAN]),
        (PeopleFilter(list_slug="daily", state=PersonState.ENDED), [CYD]),
        (PeopleFilter(state=PersonState.PENDING), [BEA]),
        (PeopleFilter(state=PersonState.ACTIVE), [ADA, EVE]),
        (PeopleFilter(state=PersonState.SUPPRESSED), [DAN]),
        (PeopleFilter(tag="press"), [ADA, CYD]),
        (PeopleFilter(tag="press", state=PersonState.ACTIVE, list_slug="weekly"), [ADA]),
        (PeopleFilter(text="ÆRLIG"), [ADA]),
        (PeopleFilter(text="ærlig"), [ADA]),
        (PeopleFilter(text="EXAMPLE.NET"), [CYD]),
        (PeopleFilter(text="100%"), [DAN]),
        (PeopleFilter(text="1_0"), []),
        (PeopleFilter(begins=" BE"), [BEA]),
        (PeopleFilter(source="TES"), [ADA, CYD, DAN, EVE]),
        (PeopleFilter(source="est"), []),
        (PeopleFilter(source="test", list_slug="weekly"), [ADA, EVE]),
    ],
)
def test_a_filter_matches_those_whom_all_its_values_describe(
    connection: sa.Connection, people: dict[str, int], which: PeopleFilter, expected: list[str]
) -> None:
    assert found(connection, which) == expected
    assert count_people(connection, which) == len(expected)
    assert list(numbers_of(connection, which)) == sorted(people[each] for each in expected)


@pytest.mark.parametrize("times", [1, 20_000])
def test_who_changed_is_found_however_much_happened(
    connection: sa.Connection, people: dict[str, int], now: dt.datetime, times: int
) -> None:
    row = {"at": now + DAY, "what": "changed", "by": "staff", "by_name": "", "through": ""}
    rows = [{**row, "subscriber_id": people[address]} for address in (CYD, ADA)]
    connection.execute(history.insert(), rows * times)
    since = now + DAY
    assert found(connection, PeopleFilter(changed_since=since)) == [ADA, CYD]
    assert found(connection, PeopleFilter(changed_since=since, list_slug="weekly")) == [ADA]
    assert found(connection, PeopleFilter(changed_since=since + DAY)) == []
    # What concerns all lists is hidden of Ada, who is on another list too.
    daily = PeopleFilter(changed_since=since, among=frozenset({"daily"}))
    assert found(connection, daily) == [CYD]
    pages = [
        people_after(connection, PeopleFilter(changed_since=since), after=str(after), limit=1)
        for after in (0, people[ADA], people[CYD])
    ]
    assert [[each.email for each in page] for page in pages] == [[ADA], [CYD], []]


def test_who_is_suppressed_for_one_list_is_active_on_another(
    connection: sa.Connection, people: dict[str, int], now: dt.datetime
) -> None:
    for address in (ADA, EVE):
        suppress(
            connection,
            parse_address(address),
            scope="weekly",
            reason=SuppressionReason.MANUAL,
            by=STAFF,
            now=now,
        )
    assert found(connection, PeopleFilter(state=PersonState.ACTIVE)) == [ADA]
    assert found(connection, PeopleFilter(state=PersonState.ACTIVE, list_slug="weekly")) == []
    weekly = PeopleFilter(state=PersonState.SUPPRESSED, list_slug="weekly")
    assert found(connection, weekly) == [ADA, EVE]


def test_days_are_left_out_themselves_and_are_those_of_the_list(
    connection: sa.Connection, people: dict[str, int], now: dt.datetime
) -> None:
    day = now.date()
    assert found(connection, PeopleFilter(joined_after=day - 6 * DAY)) == [ADA, BEA, CYD, DAN, EVE]
    assert found(connection, PeopleFilter(joined_after=day - 6 * DAY, list_slug="daily")) == [
        BEA,
        CYD,
        DAN,
    ]
    assert found(connection, PeopleFilter(joined_after=day - 5 * DAY, joined_before=day)) == [CYD]
    assert found(connection, PeopleFilter(joined_before=day - 10 * DAY)) == []
    assert found(connection, PeopleFilter(joined_before=day - 9 * DAY)) == [ADA]


def test_a_segment_narrows_a_filter(connection: sa.Connection, people: dict[str, int]) -> None:
    segment = sa.select(sa.literal(people[ADA])).union_all(sa.select(sa.literal(people[BEA])))
    among = sa.select(segment.subquery())
    numbers = numbers_of(connection, PeopleFilter(tag="press"), segment=among)
    assert list(numbers) == [people[ADA]]


def test_people_are_read_page_by_page(connection: sa.Connection, people: dict[str, int]) -> None:
    (page,) = find_people(connection, EVERYBODY, after=" ADA@example.org", limit=2)
    assert [each.email for each in page] == [BEA, CYD]


def test_nobody_who_was_erased_is_found(
    connection: sa.Connection, people: dict[str, int], now: dt.datetime
) -> None:
    keys = KeyRing(b"a secret of at least sixteen bytes")
    erase(connection, parse_address(ADA), keyring=keys, by=STAFF, now=now)
    assert found(connection, PeopleFilter(list_slug="weekly")) == [EVE]
    assert found(connection, PeopleFilter(tag="press")) == [CYD]


def test_an_unknown_list_or_tag_is_refused(connection: sa.Connection, make_list: MakeList) -> None:
    make_list("daily")
    with pytest.raises(UnknownList, match="dayly"):
        count_people(connection, PeopleFilter(list_slug="dayly"))
    with pytest.raises(UnknownTag, match="pres"):
        count_people(connection, PeopleFilter(tag="pres"))


@pytest.mark.parametrize("name", ["text", "begins", "source"])
def test_spaces_alone_narrow_nothing(name: str) -> None:
    assert PeopleFilter(**{name: " \t"}).is_everybody
    assert not PeopleFilter(**{name: " ada "}).is_everybody
