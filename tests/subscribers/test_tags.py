"""
Tags and notes of people.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.errors import InvalidText, TagExists, UnknownTag
from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.import_export.reading.tag_cells import clean_tags
from subscribers.tags.names import (
    all_tags,
    count_tags,
    delete_tag,
    parse_tag,
    rename_tag,
)
from subscribers.tags.notes import add_note, add_notes, notes_of, parse_note
from subscribers.tags.records import (
    add_tags_to_many,
    change_tags,
    tags_of,
)
from subscribers.validation.address import parse_address


@pytest.fixture
def people(make_list: MakeList, join: Join) -> list[int]:
    weekly = make_list()
    addresses = ["ada@example.org", "bea@example.org", "cyd@example.org"]
    return [join(address, weekly).subscriber_id for address in addresses]


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("Press", "press"),
        ("  local   partner ", "local partner"),
        ("ÄRZTE", "ärzte"),
        ("x" * 60, "x" * 60),
        ("pre\u200bss\ufeff", "press"),
    ],
)
def test_a_tag_is_stored_in_lower_case_without_spaces_around_it(typed: str, tag: str) -> None:
    assert parse_tag(typed) == tag


@pytest.mark.parametrize(
    "typed", ["pre\u200bss", "e\u0301te\u0301", " VIP\u2060 ", "local \u200b partner"]
)
def test_a_tag_that_is_typed_is_the_one_that_an_import_has(typed: str) -> None:
    assert clean_tags([typed]) == (parse_tag(typed),)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (" ", "the tag is empty"),
        ("\u200b", "the tag is empty"),
        ("a,b", "contains a comma"),
        ("a;b", "contains a comma"),
        ("a\nb", "line break"),
        ("a\u202eb", "direction of writing"),
        ("x" * 61, "61 characters"),
    ],
)
def test_a_text_that_cannot_be_a_tag_is_refused_in_a_line(typed: str, message: str) -> None:
    with pytest.raises(InvalidText, match=message):
        parse_tag(typed)


def test_tags_are_given_and_taken_and_only_changes_count(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    assert change_tags(connection, people, add=["press", "local"], by=STAFF, now=now) == 3
    assert change_tags(connection, people[:2], add=["press"], by=STAFF, now=now) == 0
    assert change_tags(connection, people[1:], remove=["local", "none"], by=STAFF, now=now) == 2
    assert tags_of(connection, people) == {
        people[0]: ["local", "press"],
        people[1]: ["press"],
        people[2]: ["press"],
    }
    assert count_tags(connection) == {"local": 1, "press": 3}


def test_many_people_get_tags_of_their_own(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    pairs = [(people[0], ("press",)), (people[1], ()), (people[0], ("vip", "press"))]
    assert add_tags_to_many(connection, pairs, by=STAFF, now=now) == 1
    assert tags_of(connection, people) == {people[0]: ["press", "vip"]}


def test_tags_given_and_taken_together_are_one_change(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    change_tags(connection, people[:1], add=["old"], by=STAFF, now=now)
    changed = change_tags(connection, people[:1], add=["new"], remove=["old"], by=STAFF, now=now)
    assert (changed, tags_of(connection, people)) == (1, {people[0]: ["new"]})
    last = history_of(connection, parse_address("ada@example.org"))[-1]
    assert last.detail == {"tags": {"before": ["old"], "after": ["new"]}}


def test_the_history_says_which_tags_there_were_before(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    change_tags(connection, people[:1], add=["press"], by=STAFF, now=now)
    change_tags(connection, people[:1], add=["local"], by=STAFF, now=now)
    change_tags(connection, people[:1], remove=["press"], by=STAFF, now=now)
    entries = history_of(connection, parse_address("ada@example.org"))
    changes = [each.detail["tags"] for each in entries if each.what is HistoryEvent.CHANGED]
    assert changes == [
        {"before": [], "after": ["press"]},
        {"before": ["press"], "after": ["local", "press"]},
        {"before": ["local", "press"], "after": ["local"]},
    ]


def test_more_people_than_one_statement_takes_get_a_tag(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime, join: Join
) -> None:
    weekly = make_list()
    many = [join(f"r{n}@example.org", weekly).subscriber_id for n in range(1_001)]
    assert change_tags(connection, many, add=["all"], by=STAFF, now=now) == 1_001
    assert change_tags(connection, many, remove=["all"], by=STAFF, now=now) == 1_001
    assert tags_of(connection, many) == {}


def test_a_renamed_tag_stays_with_its_people(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    change_tags(connection, people, add=["press"], by=STAFF, now=now)
    rename_tag(connection, "press", "media")
    assert tags_of(connection, people[:1]) == {people[0]: ["media"]}


def test_a_tag_cannot_get_the_name_of_another(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    change_tags(connection, people, add=["press", "local"], by=STAFF, now=now)
    with pytest.raises(TagExists, match="--add 'local' --remove 'press'"):
        rename_tag(connection, "press", "local")


def test_an_unknown_tag_is_refused_with_the_most_similar(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    change_tags(connection, people, add=["press"], by=STAFF, now=now)
    with pytest.raises(UnknownTag, match="did you mean 'press'"):
        delete_tag(connection, "pres")
    change_tags(connection, people, remove=["press"], by=STAFF, now=now)
    delete_tag(connection, "press")
    assert all_tags(connection) == []


def test_notes_are_kept_in_the_order_in_which_they_were_written(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    add_note(connection, people[0], "met at the fair", by_name="Mira", now=now)
    add_note(connection, people[0], "wants fewer emails", by_name="Jon", now=now)
    found = notes_of(connection, people)
    assert [(note.text, note.by_name, note.written_at) for note in found[people[0]]] == [
        ("met at the fair", "Mira", now),
        ("wants fewer emails", "Jon", now),
    ]
    assert list(found) == people[:1]


def test_the_same_notes_given_twice_are_stored_once(
    connection: sa.Connection, people: list[int], now: dt.datetime
) -> None:
    rows = [(people[0], "from the fair"), (people[1], "from the fair")]
    for _ in range(2):
        add_notes(connection, rows, by_name="import 1", now=now)
    found = notes_of(connection, people)
    assert {number: len(notes) for number, notes in found.items()} == {people[0]: 1, people[1]: 1}


@pytest.mark.parametrize(
    ("typed", "message"),
    [(" \n", "empty"), ("x" * 10_001, "10,001 characters"), ("a\x00b", "control character")],
)
def test_a_text_that_cannot_be_a_note_is_refused(typed: str, message: str) -> None:
    with pytest.raises(InvalidText, match=message):
        parse_note(typed)


def test_a_note_may_have_several_lines() -> None:
    assert parse_note(" first\r\nsecond ") == "first\nsecond"
