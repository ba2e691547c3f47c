"""
Declared fields: what they are, and which values they take.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from people_samples import Join, MakeList

from subscribers.errors import FieldExists, InvalidText, UnknownField
from subscribers.fields.asked import asked_fields, declared_fields, set_asked_fields
from subscribers.fields.declare import (
    add_field,
    edit_field,
    find_field,
    remove_field,
)
from subscribers.fields.model import AskedField, Field, FieldOption, FieldType
from subscribers.fields.parse import parse_value
from subscribers.fields.uses import count_values
from subscribers.fields.values import set_values, values_of
from subscribers.history.model import HistoryEvent, Origin, OriginKind
from subscribers.history.records import history_of
from subscribers.validation.address import parse_address

STAFF = Origin(kind=OriginKind.STAFF, name="Mira", through="subscriber edit")
EDITIONS = (
    FieldOption(key="nordhavn", labels={"en": "Nordhavn", "de": "Nordhafen"}),
    FieldOption(key="vesterbro", labels={"en": "Vesterbro"}),
)


def field_of(kind: FieldType, options: Sequence[FieldOption] = ()) -> Field:
    return Field(id=1, name="answer", type=kind, options=tuple(options))


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (FieldType.TEXT, "  by the harbour ", "by the harbour"),
        (FieldType.NUMBER, "1,5", "1.5"),
        (FieldType.NUMBER, "1.50", "1.5"),
        (FieldType.NUMBER, "-0", "0"),
        (FieldType.NUMBER, "1 500", "1500"),
        (FieldType.NUMBER, "2.125", "2.125"),
        (FieldType.NUMBER, "100", "100"),
        (FieldType.DATE, "2026-12-24", "2026-12-24"),
        (FieldType.BOOLEAN, "Yes", "yes"),
        (FieldType.BOOLEAN, "nein", "no"),
        (FieldType.TEXT, "", ""),
        (FieldType.NUMBER, "", ""),
    ],
)
def test_what_was_typed_is_stored_in_one_form(kind: FieldType, typed: str, stored: str) -> None:
    assert parse_value(field_of(kind), typed) == stored


@pytest.mark.parametrize(
    ("kind", "typed", "message"),
    [
        (FieldType.NUMBER, "many", "is not a number"),
        (FieldType.NUMBER, "1,500", "a thousand times as much"),
        (FieldType.NUMBER, "1.500", "a thousand times as much"),
        (FieldType.NUMBER, "٣", "is not a number"),
        (FieldType.DATE, "24.12.2026", "is not a date"),
        (FieldType.DATE, "2026-02-30", "is not a date"),
        (FieldType.BOOLEAN, "perhaps", "neither yes nor no"),
        (FieldType.TEXT, "two\nlines", "line break"),
        (FieldType.TEXT, "x" * 1001, "write at most 1000"),
    ],
)
def test_a_value_of_another_type_is_refused_in_a_sentence(
    kind: FieldType, typed: str, message: str
) -> None:
    with pytest.raises(InvalidText, match=message):
        parse_value(field_of(kind), typed)


@pytest.mark.parametrize(
    ("language", "typed"),
    [("de", "24.12.2026"), ("en", "12/24/2026"), ("en-GB", "24/12/2026"), ("ja", "2026/12/24")],
)
def test_a_date_may_be_written_as_in_the_reader_s_language(language: str, typed: str) -> None:
    assert parse_value(field_of(FieldType.DATE), typed, language) == "2026-12-24"


def test_a_date_between_the_marks_of_another_language_is_refused() -> None:
    with pytest.raises(InvalidText):
        parse_value(field_of(FieldType.DATE), "03.04.2026", "en")


@pytest.mark.parametrize("typed", ["24.12.26", "24. Dezember 2026", "99.99.2026", "2026"])
def test_a_date_that_can_be_read_in_two_ways_or_in_none_is_refused(typed: str) -> None:
    with pytest.raises(InvalidText):
        parse_value(field_of(FieldType.DATE), typed, "de")


@pytest.mark.parametrize("typed", ["nordhavn", "NORDHAVN", "Nordhafen"])
def test_an_option_may_be_written_as_its_key_or_one_of_its_labels(typed: str) -> None:
    assert parse_value(field_of(FieldType.CHOICE, EDITIONS), typed) == "nordhavn"


def test_an_unknown_option_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidText, match="write nordhavn, vesterbro"):
        parse_value(field_of(FieldType.CHOICE, EDITIONS), "amager")


@pytest.mark.parametrize(
    "typed", ["vesterbro, nordhavn", ["vesterbro", "Nordhafen"], '["nordhavn", "vesterbro"]']
)
def test_several_options_are_stored_once_each_in_the_order_of_the_field(
    typed: str | list[str],
) -> None:
    stored = parse_value(field_of(FieldType.CHOICES, EDITIONS), typed)
    assert json.loads(stored) == ["nordhavn", "vesterbro"]


def test_a_label_is_shown_in_the_first_language_that_has_one() -> None:
    field = Field(id=1, name="port", type=FieldType.TEXT, labels={"de": "Hafen", "pt": "Porto"})
    assert field.label("nb", "de") == "Hafen"
    assert field.label("pt-BR") == "Porto"
    assert field.label("nb") == "Hafen"
    assert Field(id=1, name="port", type=FieldType.TEXT).label("nb") == "port"


def test_a_field_is_declared_edited_and_removed_with_its_values(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    reader = join("mia@example.org", make_list()).subscriber_id
    field = add_field(connection, "edition", FieldType.CHOICE, labels={}, options=EDITIONS)
    assert (field.name, field.type, field.options) == ("edition", FieldType.CHOICE, EDITIONS)
    edited = edit_field(connection, "edition", labels={"en": "Edition"}, is_public=True)
    assert (edited.label("en"), edited.is_public, edited.options) == ("Edition", True, EDITIONS)
    set_values(connection, reader, {"edition": "nordhavn"}, by=STAFF, now=now)
    assert count_values(connection, field) == 1
    remove_field(connection, field)
    assert declared_fields(connection) == []
    assert values_of(connection, reader) == {}


def test_an_option_that_somebody_has_chosen_cannot_be_taken_away(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    reader = join("mia@example.org", make_list()).subscriber_id
    add_field(connection, "edition", FieldType.CHOICES, labels={}, options=EDITIONS)
    set_values(connection, reader, {"edition": '["vesterbro"]'}, by=STAFF, now=now)
    assert edit_field(connection, "edition", options=EDITIONS[1:]).options == EDITIONS[1:]
    with pytest.raises(InvalidText, match="1 person has chosen vesterbro"):
        edit_field(connection, "edition", options=EDITIONS[:1])


@pytest.mark.parametrize("name", ["Edition", "email", "1st", "a" * 41, "språk", ""])
def test_a_name_that_cannot_be_typed_or_is_taken_is_refused(
    connection: sa.Connection, name: str
) -> None:
    with pytest.raises(InvalidText):
        add_field(connection, name, FieldType.TEXT, labels={})


def test_a_field_is_declared_once(connection: sa.Connection) -> None:
    add_field(connection, "edition", FieldType.TEXT, labels={})
    with pytest.raises(FieldExists):
        add_field(connection, "edition", FieldType.DATE, labels={})


def test_a_choice_needs_options_and_only_a_choice_has_them(connection: sa.Connection) -> None:
    with pytest.raises(InvalidText, match="needs options"):
        add_field(connection, "edition", FieldType.CHOICE, labels={})
    with pytest.raises(InvalidText, match="has no options"):
        add_field(connection, "edition", FieldType.TEXT, labels={}, options=EDITIONS)


def test_an_unknown_field_names_the_nearest(connection: sa.Connection) -> None:
    add_field(connection, "edition", FieldType.TEXT, labels={})
    with pytest.raises(UnknownField, match="did you mean 'edition'"):
        find_field(connection, "editon")


def test_a_list_asks_for_its_fields_in_its_own_order(
    connection: sa.Connection, make_list: MakeList
) -> None:
    weekly, daily = make_list("weekly"), make_list("daily")
    port = add_field(connection, "port", FieldType.TEXT, labels={}, is_public=True)
    born = add_field(connection, "born", FieldType.DATE, labels={}, is_public=True)
    asked = (AskedField(field=born, is_required=True), AskedField(field=port))
    set_asked_fields(connection, weekly.id, asked)
    assert asked_fields(connection, [weekly.id, daily.id]) == {weekly.id: asked}
    assert declared_fields(connection, weekly.id, public_only=True) == [born, port]
    assert declared_fields(connection) == [port, born]


def test_a_form_does_not_ask_for_what_only_staff_know(
    connection: sa.Connection, make_list: MakeList
) -> None:
    note = add_field(connection, "remark", FieldType.TEXT, labels={})
    with pytest.raises(InvalidText, match="staff only"):
        set_asked_fields(connection, make_list().id, [AskedField(field=note)])


def test_changed_values_are_in_the_history_before_and_after(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    reader = join("mia@example.org", make_list()).subscriber_id
    add_field(connection, "port", FieldType.TEXT, labels={})
    add_field(connection, "born", FieldType.DATE, labels={})
    values = {"port": "Nordhavn", "born": "1990-01-31"}
    assert set_values(connection, reader, values, by=STAFF, now=now)
    assert not set_values(connection, reader, {"port": "Nordhavn"}, by=STAFF, now=now)
    assert set_values(connection, reader, {"port": ""}, by=STAFF, now=now)
    assert values_of(connection, reader) == {"born": "1990-01-31"}
    changed = [
        entry.detail["fields"]
        for entry in history_of(connection, parse_address("mia@example.org"))
        if entry.what is HistoryEvent.CHANGED
    ]
    assert changed == [
        {
            "port": {"before": "", "after": "Nordhavn"},
            "born": {"before": "", "after": "1990-01-31"},
        },
        {"port": {"before": "Nordhavn", "after": ""}},
    ]


def test_the_longest_text_is_stored_whole(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    add_field(connection, "motto", FieldType.TEXT, labels={})
    person = join("ada@example.org", make_list()).subscriber_id
    # No character comes twice, so that nothing makes it shorter.
    longest = "".join(chr(0x4E00 + 7 * number) for number in range(1_000))
    set_values(connection, person, {"motto": longest}, by=STAFF, now=now)
    assert values_of(connection, person) == {"motto": longest}
