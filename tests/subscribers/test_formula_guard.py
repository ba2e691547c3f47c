"""
No cell of a file that we write is a formula, and an import has the same values as before.
"""

from __future__ import annotations

import csv
import io
import re

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from people_samples import ImportText

from subscribers.database import tables
from subscribers.import_export.cells import guard_formula, take_guard_off
from subscribers.import_export.export.canonical_csv import export_csv
from subscribers.import_export.export.who import ExportedPeople
from subscribers.model import MailingList

SIGNS = "'=+-@\t\r\n aé,\";|＝－\u00a0"
CELLS = st.text(alphabet=st.sampled_from(SIGNS), max_size=12) | st.text(max_size=12)
FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r")
SPACES = " \u00a0\u3000"


@given(CELLS)
def test_a_guarded_cell_is_no_formula_and_is_read_as_it_was(cell: str) -> None:
    guarded = guard_formula(cell)
    assert not guarded.lstrip(SPACES).startswith(FORMULA_STARTS)
    parts = re.split("[;|\t\r\n]", guarded)[1:]
    assert [part for part in parts if part.lstrip(SPACES).startswith(FORMULA_STARTS)] == []
    assert take_guard_off(guarded) == cell
    # Universal newlines: CR is read as LF.
    read = guarded.replace("\r\n", "\n").replace("\r", "\n")
    assert take_guard_off(read) == cell.replace("\r\n", "\n").replace("\r", "\n")


@given(CELLS)
def test_a_cell_that_is_no_formula_stays_as_it_is(cell: str) -> None:
    parts = re.split("[;|\t\r\n]", cell)
    starts = (*FORMULA_STARTS, "\n")
    if not any(part.lstrip(f"'{SPACES}").startswith(starts) for part in parts) and (
        not cell[:1].isspace()
    ):
        assert guard_formula(cell) == cell


@given(CELLS)
def test_a_row_with_errors_is_guarded_once(cell: str) -> None:
    once = guard_formula(take_guard_off(cell))
    assert guard_formula(take_guard_off(once)) == once


NAMES = (
    "=1+1", "+1", "-x", "@x", "'=1", "''+2", "' =3", "'quoted", '=HYPERLINK("x")', "Ada", "x|@a",
    "x;=1+1;y", "a;'=1", "＝1+1", "＠x",
)  # fmt: skip
PEOPLE = [(f"p{number}@example.org", name) for number, name in enumerate(NAMES)] + [
    ("+plus@example.org", "Plus"),
    ("'-both@example.org", "Both"),
]


def fill(engine: sa.Engine, mailing_list: MailingList, now: object) -> None:
    """
    Store *PEOPLE* as pending, with names of any kind, as another program may have left them.
    """
    with engine.begin() as connection:
        for number, (email, name) in enumerate(PEOPLE, start=1):
            person = {"email": email, "email_key": email, "name": name, "created_at": now}
            connection.execute(tables.subscriber.insert().values(id=number, **person))
            state = {"state": "pending", "since": now, "created_at": now}
            on = {"subscriber_id": number, "list_id": mailing_list.id}
            connection.execute(tables.subscription.insert().values(**on, **state))


def exported(engine: sa.Engine, mailing_list: MailingList, *, is_raw: bool = False) -> str:
    out = io.StringIO(newline="")
    with engine.connect() as connection:
        export_csv(connection, out, who=ExportedPeople(mailing_list=mailing_list), is_raw=is_raw)
    return out.getvalue()


def people(engine: sa.Engine) -> list[tuple[str, str]]:
    person = tables.subscriber.c
    with engine.connect() as connection:
        rows = connection.execute(sa.select(person.email, person.name).order_by(person.email_key))
        return [(row.email, row.name) for row in rows]


def test_an_export_has_no_formulas_and_loses_nothing_on_the_way_back(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: object
) -> None:
    fill(engine, weekly, now)
    before, text = people(engine), exported(engine, weekly)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULA_STARTS)] == []
    parts = [part for line in text.splitlines() for part in re.split("[;|]", line)[1:]]
    assert [part for part in parts if part.startswith(FORMULA_STARTS)] == []

    with engine.begin() as connection:
        for table in (tables.subscription, tables.subscriber):
            connection.execute(table.delete())
    import_text(text, consent=None)

    assert people(engine) == before


def test_a_raw_export_has_the_names_as_they_are_stored(
    engine: sa.Engine, weekly: MailingList, now: object
) -> None:
    fill(engine, weekly, now)
    rows = csv.DictReader(io.StringIO(exported(engine, weekly, is_raw=True)))
    assert sorted((row["email"], row["name"]) for row in rows) == sorted(PEOPLE)


def test_an_errors_file_has_no_formulas_and_is_imported_as_it_was(import_text: ImportText) -> None:
    report = import_text("=email,name\n@nobody,=1+1\n'=x,'=2\n")
    assert report.errors_file is not None
    rows = list(csv.reader(io.StringIO(report.errors_file.read_text(encoding="utf-8"))))
    assert [row[:2] for row in rows] == [["'=email", "name"], ["'@nobody", "'=1+1"], ["'=x", "'=2"]]

    again = import_text(report.errors_file.read_text(encoding="utf-8"))
    assert (again.invalid, again.columns) == (2, {"=email": "email", "name": "name"})
