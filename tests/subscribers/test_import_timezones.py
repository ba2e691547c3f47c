"""
Time zones in imported files, under any name of the column.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText

from subscribers.database import tables
from subscribers.import_export.importer import import_csv
from subscribers.model import MailingList

MAILCHIMP = "subscribed_email_audience_export_a1b2c3d4e5.csv"


def zones(engine: sa.Engine) -> dict[str, str | None]:
    person = tables.subscriber
    with engine.connect() as connection:
        return dict(connection.execute(sa.select(person.c.email, person.c.timezone)).all())


@pytest.mark.parametrize(
    "column",
    [
        "timezone", "time_zone", "time zone", "TIMEZONE", "tz", "Zeitzone", "Fuseau horaire",
        "Zona horaria", "Huso horario", "Fuso orario", "Tijdzone", "Fuso horário", "fuso_horario",
    ],
)  # fmt: skip
def test_the_column_is_recognised_by_any_of_its_names(
    engine: sa.Engine, import_text: ImportText, column: str
) -> None:
    report = import_text(f"email,{column}\na@example.org, asia/tokyo \nb@example.org,\n")

    assert (report.created, report.rows) == (2, 2)
    assert zones(engine) == {"a@example.org": "Asia/Tokyo", "b@example.org": None}


def test_a_row_with_an_unknown_zone_is_imported_without_it_and_reported(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,tz\na@example.org,Asia/Tokyo\n")

    report = import_text("email,tz\na@example.org,Tokio time\nb@example.org,GMT+25\n")

    assert (report.unchanged, report.created, report.unknown_timezones) == (1, 1, 2)
    assert report.errors_file is not None
    why = "is not known; use a name like Europe/Paris"
    assert report.errors_file.read_text("utf-8").splitlines()[1:] == [
        f"a@example.org,Tokio time,2,imported without time zone: 'Tokio time' {why}",
        f"b@example.org,GMT+25,3,imported without time zone: 'GMT+25' {why}",
    ]
    assert zones(engine) == {"a@example.org": "Asia/Tokyo", "b@example.org": None}


def test_a_file_without_the_column_leaves_known_zones(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,name,tz\na@example.org,Ada,Asia/Tokyo\n")

    report = import_text("email,name\na@example.org,Ada B.\n")

    assert report.updated == 1
    assert zones(engine) == {"a@example.org": "Asia/Tokyo"}


def test_a_file_gives_zones_to_people_who_already_exist(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,tz\na@example.org,\nb@example.org,UTC\nc@example.org,UTC\n")
    text = "email,tz\na@example.org,Asia/Tokyo\nb@example.org,Europe/Paris\nc@example.org,utc\n"

    dry = import_text(text, dry_run=True)
    report = import_text(text)

    assert report == dry
    assert (report.updated, report.unchanged) == (2, 1)
    assert zones(engine) == {
        "a@example.org": "Asia/Tokyo",
        "b@example.org": "Europe/Paris",
        "c@example.org": "UTC",
    }


def test_the_zones_of_a_mailchimp_audience_are_kept(
    engine: sa.Engine, weekly: MailingList, shared: Path, tmp_path: Path, now: dt.datetime
) -> None:
    report = import_csv(
        engine,
        shared / "samples" / "imports" / "mailchimp" / MAILCHIMP,
        mailing_list=weekly,
        consent="moved here",
        dry_run=False,
        now=now,
        errors_path=tmp_path / "errors.csv",
        by=STAFF,
    )

    assert (report.created, report.rows) == (8, 8)
    assert set(zones(engine).values()) == {"Europe/Paris"}
