"""
Columns that say who may be emailed, in files that no product is known of: whoever is switched off
in one never becomes active.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from people_samples import ImportText, states

from subscribers.errors import ImportRefused
from subscribers.fields.model import Field, FieldType
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.products import state_headings as table
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.import_export.rows import RowReader
from subscribers.import_export.sources import find_sources
from subscribers.import_export.status_words import NO, WORDS, YES, RowStatus

# What cells say of somebody who is switched off, by what a yes in the column means.
OFF_WORDS = [word for word, status in WORDS.items() if status is not RowStatus.ACTIVE]
NO_WORDS = [*NO, "FALSE", "No", "Nein", "NON", "HAYIR", "0", "-", "", "null", "✗", "2", "never"]
YES_WORDS = [*YES, "TRUE", "Yes", "Ja", "OUI", "1", "-1", "✓", "2", "always"]
DATES = ["2024-03-01", "01.03.2024", "3/1/2024 10:30", "2024-03-01T10:00:00Z", "1709251200"]
GIVEN = {
    "on": (table._ON, [*NO_WORDS, *OFF_WORDS]),
    "confirmed": (table._CONFIRMED, [*NO_WORDS, *OFF_WORDS]),
    "left": (table._LEFT, [*YES_WORDS, *DATES, *OFF_WORDS]),
    "suppressed": (table._SUPPRESSED, [*YES_WORDS, *DATES, *OFF_WORDS, "USER_SUPPRESSED"]),
    "bounced": (table._BOUNCED, [*YES_WORDS, *DATES, *OFF_WORDS, "mailbox full"]),
    "left at": (table._LEFT_AT, [*DATES, "yes", "x", *OFF_WORDS]),
    "unsure": (table._UNSURE, [*DATES, "yes", "x", *OFF_WORDS]),
}
# Of other products and people, in none of the tables.
OTHERS: dict[str, Sequence[str]] = {
    "account_enabled": ("false", "0"),
    "Account Disabled?": ("true", "1"),
    "emailOptedOut": ("true", "1"),
    "user.is_blocked_by_admin": ("yes", "1"),
    "sms_and_email_opt_out": ("yes", "1"),
    "subscriber_state_flag": ("off", "inactive"),
    "Rundbrief gewünscht": ("nein", "0"),
    "Empfänger (aktiv)": ("nein", "0"),
    "do-not-send-before": ("2099-01-01",),
    "Mailing": ("no", "0"),
    "notify_by_mail": ("false", "0"),
    "Membership ended": ("2020-01-01", "yes"),
    "Käytössä": ("ei",),
    "whatever": ("inactive", "unsubscribed", "gesperrt", "nein", "false"),
    "Payment status": ("Cancelled",),
    "Kündigung zum": ("2020-01-01",),
}


def mapped(**columns: str) -> ReadingChoices:
    return ReadingChoices(columns=columns, into=("weekly",))


def headings(words: table.Headings) -> Iterator[str]:
    return (each.strip() for text in words.values() for each in text.split(";") if each.strip())


def layout_of(heading: str, cells: Sequence[str]) -> FileLayout:
    rows = [f"p{place}@example.org\t{cell}\n" for place, cell in enumerate(cells)]
    return detect_layout([f"email\t{heading}\n", *rows])


def active_of(layout: FileLayout, cells: Sequence[str]) -> list[str]:
    reader = RowReader(layout)
    rows = {cell: reader.read(CsvRecord(2, ["ada@example.org", cell])) for cell in cells}
    return [cell for cell, row in rows.items() if row.status is RowStatus.ACTIVE]


def faults() -> Iterator[tuple[str, list[str]]]:
    for words, off in GIVEN.values():
        # What is in the first rows decides how a column is read.
        for heading, sample in itertools.product(headings(words), (off[-9:], ["yes", "no"], [])):
            yield f"{heading}: {sample}", active_of(layout_of(heading, sample), off)
        for heading, sample in zip(headings(words), itertools.cycle(off), strict=False):
            written = heading.upper().replace(" ", "_")
            yield f"{written}: {sample}", active_of(layout_of(written, [sample]), off)


def test_nobody_who_is_switched_off_becomes_active_by_any_heading() -> None:
    assert len({each for words, _ in GIVEN.values() for each in headings(words)}) >= 200
    assert all(len(words) == 15 for words, _ in GIVEN.values()), "each in 15 languages"
    assert [(where, cells) for where, cells in faults() if cells] == []


def test_whoever_is_switched_on_in_a_column_that_is_understood_becomes_active() -> None:
    on = {"on": ["yes", "1", "true"], "left": ["no", "0", ""], "suppressed": ["no", "[]", ""],
          "bounced": ["no", "0", ""], "left at": ["", "-", "0000-00-00"]}  # fmt: skip
    wrong = [
        (heading, cells)
        for kind, cells in on.items()
        for heading in headings(GIVEN[kind][0])
        if active_of(layout_of(heading, cells), cells) != cells
    ]
    assert wrong == []


def test_headings_of_no_table_are_asked_about_or_understood() -> None:
    wrong = {
        heading: cells
        for heading, off in OTHERS.items()
        if (cells := active_of(layout_of(heading, off), off))
    }
    assert wrong == {}


def test_columns_about_something_else_are_not_asked_about() -> None:
    cells = {
        "City": ["Oslo", "Bergen"], "Company": ["Active Ltd", "Stop AG"], "Country": ["NO", "SE"],
        "household": ["2", "3"], "Last active at": ["2024-01-02", "2024-01-03"], "vip": ["1", "0"],
        "Activity": ["1", "0"], "Bank": ["DNB", "SEB"], "birthday": ["1990-01-02", "1991-02-03"],
        "plan": ["gold", "silver"], "OPTIN_IP": ["192.0.2.1", "192.0.2.2"], "sms opt in": ["no"],
        "Email format": ["html", "text"], "Mitglied seit": ["2020-01-01"], "unsubscribes": ["0"],
    }  # fmt: skip
    assert [name for name, each in cells.items() if layout_of(name, each).status_columns] == []


def test_a_file_without_a_header_is_asked_about_too() -> None:
    for cell, other in (("1", "0"), ("active", "inactive"), ("ja", "nein"), ("on", "off")):
        layout = detect_layout([f"a@example.org;{cell}\n", f"b@example.org;{other}\n"])
        assert layout.undecided == ("column 2",), cell
        assert active_of(layout, [other]) == []


def test_an_import_asks_and_does_as_somebody_decides(
    engine: sa.Engine, import_text: ImportText
) -> None:
    text = "email,vip\na@example.org,yes\nb@example.org,no\n"
    with pytest.raises(ImportRefused) as refused:
        import_text(text, dry_run=True)
    assert str(refused.value) == (
        "'vip' in the file people.csv may say who must not be emailed: read it as status (--map "
        '"vip=status"), or as ignore (--map "vip=ignore") if it is about something else'
    )
    assert states(engine) == {}
    report = import_text(text, choices=mapped(vip="status"))
    assert report.by_status == {"active": 1, "unsubscribed": 1}
    report = import_text(text.replace("@", "2@"), choices=mapped(vip="ignore"))
    assert report.by_status == {"active": 2}
    ended = "email,Subscription end date\nc@example.org,2020-01-01\nd@example.org,\n"
    report = import_text(ended, choices=mapped(**{"Subscription end date": "status"}))
    assert report.by_status == {"active": 1, "unsubscribed": 1}


def test_a_declared_field_decides_what_a_column_is(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,vip\na@example.org,yes\n")
    vip = Field(id=1, name="vip", type=FieldType.BOOLEAN)
    assert find_sources([path], [vip])[0].layout.columns == {"email": "email", "vip": "vip"}
