"""
Columns of a file that are called like declared fields, in both directions.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from people_samples import ImportText

from subscribers.database.field_tables import field_value
from subscribers.fields.declare import add_field, all_fields, remove_field
from subscribers.fields.model import FieldOption, FieldType
from subscribers.fields.values import values_of
from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.import_export.export.canonical_csv import export_csv
from subscribers.import_export.export.who import ExportedPeople
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

EDITIONS = (FieldOption(key="north", labels={"de": "Nord"}), FieldOption(key="south"))
FILE = """email,Edition,born,Member,shoes
ada@example.org,Nord,1990-01-31,yes,42
bea@example.org,west,31.01.1990,,41
cyd@example.org,,,no,
"""


@pytest.fixture
def fields(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        add_field(connection, "edition", FieldType.CHOICE, labels={}, options=EDITIONS)
        add_field(connection, "born", FieldType.DATE, labels={})
        add_field(connection, "member", FieldType.BOOLEAN, labels={})


def stored(engine: sa.Engine, address: str) -> dict[str, str]:
    with engine.connect() as connection:
        found = subscriber_by_address(connection, parse_address(address))
        return values_of(connection, found.id)


def test_cells_become_values_of_the_fields_that_the_columns_are_called_like(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    report = import_text(FILE, consent="asked at the fair")
    assert report.created == 3
    assert report.columns == {
        "email": "email", "Edition": "edition", "born": "born", "Member": "member"
    }  # fmt: skip
    assert report.ignored_columns == ("shoes",)
    ada = {"edition": "north", "born": "1990-01-31", "member": "yes"}
    assert stored(engine, "ada@example.org") == ada
    assert stored(engine, "cyd@example.org") == {"member": "no"}


def test_a_cell_that_is_no_value_is_left_out_and_said_for_its_line(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    report = import_text(FILE, consent="asked at the fair")
    assert stored(engine, "bea@example.org") == {}
    (line,) = report.first_errors
    assert line.startswith("line 3: imported without edition: 'west' is not an option")
    assert "imported without born: '31.01.1990' is not a date" in line


def test_a_second_import_changes_only_what_differs_and_records_it(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    import_text(FILE, consent="asked at the fair")
    again = import_text("email,edition,born\nada@example.org,south,\ncyd@example.org,,\n")
    assert (again.updated, again.unchanged) == (1, 1)
    ada = {"edition": "south", "born": "1990-01-31", "member": "yes"}
    assert stored(engine, "ada@example.org") == ada
    with engine.connect() as connection:
        changed = [
            entry.detail["fields"]
            for entry in history_of(connection, parse_address("ada@example.org"))
            if entry.what is HistoryEvent.CHANGED
        ]
    assert changed[-1] == {"edition": {"before": "north", "after": "south"}}


def test_a_dry_run_stores_no_values(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    import_text(FILE, consent="asked at the fair")
    text = "email,edition\nada@example.org,south\n"
    assert import_text(text, dry_run=True).updated == 1
    assert stored(engine, "ada@example.org")["edition"] == "north"


def test_an_export_is_imported_again_with_all_values(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    import_text(FILE, consent="asked at the fair")
    out = io.StringIO()
    with engine.connect() as connection:
        export_csv(
            connection, out, who=ExportedPeople(mailing_list=find_list(connection, "weekly"))
        )
    header, first, *_ = out.getvalue().splitlines()
    assert header.endswith(",timezone,notes,edition,born,member")
    assert first.endswith(",north,1990-01-31,yes")
    assert import_text(out.getvalue()).unchanged == 3


def statements_of(engine: sa.Engine, act: Callable[[], object]) -> int:
    counted = []
    listener = (engine, "before_cursor_execute", lambda *_: counted.append(1))
    sa.event.listen(*listener)
    act()
    sa.event.remove(*listener)
    return len(counted)


def test_a_batch_takes_as_many_statements_however_many_people_have_values(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    def file(people: int, year: int) -> str:
        rows = (f"r{number}@example.org,north,{year}-01-31" for number in range(people))
        return "\n".join(["email,edition,born", *rows])

    for year in (1990, 1991):
        few = statements_of(engine, lambda year=year: import_text(file(5, year)))
        many = statements_of(engine, lambda year=year: import_text(file(500, year)))
        assert many <= few + 6


def test_a_field_that_is_removed_during_an_import_is_left_out_from_then_on(
    engine: sa.Engine, fields: None, import_text: ImportText
) -> None:
    def remove(_done: int, _size: int) -> None:
        with engine.begin() as connection:
            if found := [each for each in all_fields(connection) if each.name == "member"]:
                remove_field(connection, found[0])

    rows = "".join(f"p{number}@example.org,yes\n" for number in range(1_500))
    assert import_text(f"email,member\n{rows}", progress=remove).created == 1_500
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(field_value)) == 0
