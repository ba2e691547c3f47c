"""
Finding people while somebody types.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from people_samples import Join, MakeList

from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import subscriber
from subscribers.filters.choices import load_choices
from subscribers.filters.conditions import matches
from subscribers.filters.model import EVERYBODY, PeopleFilter, PersonState
from subscribers.filters.quick_search import (
    MOST,
    MOST_READ,
    count_up_to,
    find_quickly,
)

ADA, BO, EVE = "ada.lind@example.org", "bo@mail.example.net", "eve@example.com"
INDEXES = ("email_key", "domain_key", "name_key", "last_word_key")


@pytest.fixture
def people(connection: sa.Connection, make_list: MakeList, join: Join) -> None:
    """
    Ada, Bo and Eve, who is pending.
    """
    daily = make_list("daily")
    join(ADA, daily, name="Ada van der Lind")
    join(BO, daily, name="Øystein Åberg")
    join(EVE, daily, name="Eve", consent=None)


def found(connection: sa.Connection, text: str, which: PeopleFilter = EVERYBODY) -> list[str]:
    people = find_quickly(connection, text, which, limit=10).people
    return [person.email or "" for person in people]


def test_a_beginning_finds_addresses_domains_names_and_last_words(
    connection: sa.Connection, people: None
) -> None:
    expected = {
        "ada.l": [ADA],
        "Ada v": [ADA],
        "LIND": [ADA],
        "der": [ADA],
        "van der L": [ADA],
        "nd": [],
        "mail.example": [BO],
        "@example.": [ADA, EVE],
        "ø": [BO],
        "ØYSTEIN": [BO],
        "åberg": [BO],
        "Åb": [BO],
        "ada@": [],
        "_": [],
        "%": [],
        "e": [ADA, EVE],
        "Eve" + "x" * 100: [],
    }
    assert {text: found(connection, text) for text in expected} == expected


def test_a_word_amid_a_name_is_found_with_the_last_one_among_many_people(
    connection: sa.Connection, people: None
) -> None:
    columns = ("email", "email_key", "name", "created_at")
    (created,) = connection.execute(sa.select(subscriber.c.created_at).limit(1)).one()
    addresses = [f"r{number}@many.example.org" for number in range(MOST_READ)]
    rows = [(a, a, f"Reader Name {number}", created) for number, a in enumerate(addresses)]
    insert_many(connection, subscriber, columns, rows)
    expected = {
        "name 12345": ["r12345@many.example.org"],
        "DER LIND": [ADA],
        "der": [],
    }
    assert {text: found(connection, text) for text in expected} == expected


def test_a_filter_narrows_whom_a_beginning_finds(connection: sa.Connection, people: None) -> None:
    assert found(connection, "e", PeopleFilter(state=PersonState.PENDING)) == [EVE]
    assert found(connection, "@example.", PeopleFilter(list_slug="daily")) == [ADA, EVE]
    assert found(connection, "@example.", PeopleFilter(among=frozenset())) == []


def test_each_beginning_is_read_from_its_index(connection: sa.Connection, people: None) -> None:
    """
    Without its index, one letter would read a million rows.
    """
    seen: list[tuple[str, object]] = []
    engine = connection.engine
    with_values = "before_cursor_execute"

    def note(_: object, __: object, statement: str, values: object, *___: object) -> None:
        seen.append((statement, values))

    sa.event.listen(engine, with_values, note)
    try:
        found(connection, "lind")
    finally:
        sa.event.remove(engine, with_values, note)
    statement, values = next(each for each in seen if "UNION" in each[0])
    if engine.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)  # type: ignore[arg-type]
        plan = "\n".join(row[0] for row in rows)
        names = ("uq_subscriber_email_key", *(f"ix_subscriber_{each}" for each in INDEXES[1:]))
    else:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        plan = "\n".join(row[3] for row in rows)
        names = ("email_key>?", *(f"ix_subscriber_{each}" for each in INDEXES[1:]))
    assert [name for name in names if name not in plan] == [], plan


def test_who_was_not_looked_at_is_said(connection: sa.Connection, people: None) -> None:
    columns = ("email", "email_key", "name", "created_at")
    (created,) = connection.execute(sa.select(subscriber.c.created_at).limit(1)).one()
    addresses = [f"r{number:04d}@many.example.org" for number in range(MOST + 5)]
    insert_many(connection, subscriber, columns, [(a, a, "", created) for a in addresses])
    few, many = (find_quickly(connection, text, EVERYBODY, limit=3) for text in ("r000", "r"))
    assert (few.count, few.is_whole, few.has_more) == (10, True, True)
    assert (many.count, many.is_whole, many.has_more) == (MOST, False, True)
    following = find_quickly(connection, "r000", EVERYBODY, after=few.people[-1].id, limit=3)
    assert [each.email for each in following.people] == addresses[3:6]
    assert count_up_to(connection, 100) is None
    assert count_up_to(connection, 1_000) == MOST + 8
    for most, people in ((100, None), (1_000, MOST + 8)):
        choices = load_choices(connection, slugs=None, with_segments=True, most_people=most)
        assert choices.people == people
    begun = matches(connection, PeopleFilter(begins="r00"))
    assert count_up_to(connection, 99, begun) is None
    assert count_up_to(connection, 100, begun) == 100
