"""
Columns about consent: a word such as "no" is no consent, and a bare "yes" does not say how somebody
agreed.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_files import rows_of, source_of
from people_samples import ImportText, states

from subscribers.bulk.confirm_file import confirm_file
from subscribers.database import tables
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.model import MailingList

REFUSALS = [
    "no", "No", "N", "false", "0", "nein", "Nein, danke", "não", "not given", "declined",
    "abgelehnt", "refusé", "did not agree", "no consent", "nicht erteilt", "never",
]  # fmt: skip


@pytest.mark.parametrize("consent", [None, "a form"])
@pytest.mark.parametrize("word", REFUSALS)
def test_nobody_becomes_active_whose_consent_is_a_no(
    engine: sa.Engine, import_text: ImportText, word: str, consent: str | None
) -> None:
    report = import_text(f'email,consent\nada@example.org,"{word}"\n', consent=consent)

    assert (report.created, report.refused) == (0, 1)
    assert states(engine) == {}
    assert report.words == {f"consent: {word.lower()}": {"no_consent": 1}}
    assert report.columns == {"email": "email", "consent": "consent"}


@pytest.mark.parametrize("word", ["withdrawn", "revoked", "widerrufen", "retiré", "opted out"])
def test_who_withdrew_their_consent_is_unsubscribed(
    engine: sa.Engine, import_text: ImportText, word: str
) -> None:
    import_text("email\nada@example.org\n")
    import_text(f"email,consent\nada@example.org,{word}\nbea@example.org,{word}\n")

    assert states(engine) == {"ada@example.org": "ended", "bea@example.org": "ended"}


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("Withdrawn 2024-05-01", "unsubscribed"),
        ("Unsubscribed 2024-05-01", "unsubscribed"),
        ("consent withdrawn", "unsubscribed"),
        ("Consent (revoked) by email", "unsubscribed"),
        ("revoked by email", "unsubscribed"),
        ("Opted out on 3 May", "unsubscribed"),
        ("has opted-out", "unsubscribed"),
        ("Opt-out on 3 May", "unsubscribed"),
        ("opt out by phone", "unsubscribed"),
        ("widerrufen am 3.5.2024", "unsubscribed"),
        ("Am 3. Mai 2024 abgemeldet.", "unsubscribed"),
        ("I do not agree", "no_consent"),
        ("I don’t agree", "no_consent"),
        ("User did not consent", "no_consent"),
        ("Consent was never given", "no_consent"),
        ("consent missing", "no_consent"),
        ("Consent: no", "no_consent"),
        ("Newsletter - nein.", "no_consent"),
    ],
)
def test_a_short_sentence_that_somebody_did_not_agree_is_no_consent(
    tmp_path: Path, sentence: str, status: str
) -> None:
    text = f'email,consent\nada@example.org,"{sentence}"\n'
    row = rows_of(source_of(tmp_path, "people.csv", text))[0]

    assert (row.status.value, row.consent) == (status, "")


@pytest.mark.parametrize(
    "sentence",
    [
        "signed up on the website",
        "Left a card at our stand",
        "Contact form, active since 2020",
        "Told that they can opt out at any time",
        "You may unsubscribe at any time",
        "Auf der Messe am 3. Mai 2024",
        "Tick box no. 3",
        "3. Mai 2024, Messe",
    ],
)
def test_an_ordinary_sentence_is_a_consent(tmp_path: Path, sentence: str) -> None:
    text = f'email,consent\nada@example.org,"{sentence}"\n'
    row = rows_of(source_of(tmp_path, "people.csv", text))[0]

    assert (row.status.value, row.consent) == ("active", sentence)


@pytest.mark.parametrize("word", ["yes", "TRUE", "1", "x", "ja", "Sí", "confirmed"])
def test_a_bare_yes_does_not_say_how_somebody_agreed(
    engine: sa.Engine, import_text: ImportText, word: str
) -> None:
    text = f"email,consent\nada@example.org,{word}\n"

    import_text(text, consent=None)
    assert states(engine) == {"ada@example.org": "pending"}
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.consent)).all() == []

    import_text(text.replace("ada", "bea"), consent="signed at the fair")
    assert states(engine)["bea@example.org"] == "active"
    with engine.connect() as connection:
        assert connection.scalars(sa.select(tables.consent.c.text)).all() == ["signed at the fair"]


@pytest.mark.parametrize(
    "sentence", ["form on our site", "Notice board, 2024", "Non-profit fair", "Nora's party"]
)
def test_a_sentence_is_a_consent(engine: sa.Engine, import_text: ImportText, sentence: str) -> None:
    report = import_text(f'email,consent\nada@example.org,"{sentence}"\n', consent=None)

    assert states(engine) == {"ada@example.org": "active"}
    assert report.words == {}
    with engine.connect() as connection:
        assert connection.scalars(sa.select(tables.consent.c.text)).all() == [sentence]


@pytest.mark.parametrize("name", ["consent", "note", "ignore"])
def test_a_no_counts_whatever_the_column_is_read_as(
    engine: sa.Engine, import_text: ImportText, name: str
) -> None:
    choices = ReadingChoices(columns={"consent": name})
    import_text("email,consent\nada@example.org,no\nbea@example.org,web\n", choices=choices)
    assert states(engine) == {"bea@example.org": "active"}


def test_a_no_counts_in_a_column_that_a_person_calls_consent(
    engine: sa.Engine, import_text: ImportText
) -> None:
    choices = ReadingChoices(columns={"Herkunft": "consent"})
    import_text("email,Herkunft\nada@example.org,no\nbea@example.org,web\n", choices=choices)
    assert states(engine) == {"bea@example.org": "active"}


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("gdpr_consent", "yes,no", "active no_consent"),
        ("marketing_consent", "TRUE,FALSE", "active no_consent"),
        ("Einwilligung", "Ja,Nein", "active no_consent"),
        ("Consentement", "oui,retiré", "active unsubscribed"),
        ("Email consent", "1,", "active active"),
        ("gdpr_consent", "form on our site,no", "active no_consent"),
        ("SMS consent", "yes,no", "active active"),
        ("cookie_consent", "yes,no", "active active"),
        ("consent_date", "2024-01-02,", "active active"),
    ],
)
def test_a_column_of_flags_about_consent_counts(
    tmp_path: Path, column: str, cells: str, expected: str
) -> None:
    first, _, second = cells.partition(",")
    text = f"email,{column}\nada@example.org,{first}\nbea@example.org,{second}\n"
    found = rows_of(source_of(tmp_path, "people.csv", text))
    assert [row.status.value for row in found] == expected.split()


def test_who_did_not_consent_is_not_confirmed_either(
    engine: sa.Engine,
    import_text: ImportText,
    weekly: MailingList,
    tmp_path: Path,
    now: dt.datetime,
) -> None:
    import_text("email\nada@example.org\nbea@example.org\n", consent=None)
    file = tmp_path / "signed.csv"
    file.write_text("email,consent\nada@example.org,no\nbea@example.org,yes\n")

    confirm_file(
        engine, file, mailing_list=weekly, evidence="signed", dry_run=False, by=STAFF, now=now
    )

    assert states(engine) == {"ada@example.org": "pending", "bea@example.org": "active"}


@pytest.mark.parametrize("time", ["03/01/2024", "2024-13-45", "gestern", "2099-01-01"])
def test_a_time_of_consent_that_cannot_be_right_is_left_out(
    engine: sa.Engine, import_text: ImportText, time: str
) -> None:
    report = import_text(f"email,confirmed_at\nada@example.org,{time}\nbea@example.org,\n")

    assert (report.created, report.unknown_consent_times) == (2, 1)
    with engine.connect() as connection:
        given = connection.scalars(sa.select(tables.consent.c.given_at)).all()
    assert [at is None for at in given] == [True, False]
    assert report.errors_file is not None
    assert f"without the time of the consent: '{time}'" in report.errors_file.read_text()


@pytest.mark.parametrize("word", ["NULL", "-", "0000-00-00 00:00:00"])
def test_a_time_of_consent_that_stands_for_nothing_is_blank(
    import_text: ImportText, word: str
) -> None:
    report = import_text(f"email,confirmed_at\nada@example.org,{word}\n")
    assert report.unknown_consent_times == 0


def test_who_stays_active_in_spite_of_the_file_is_counted(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email\nada@example.org\nbea@example.org\n")
    text = "email,status\nada@example.org,who knows\ncyd@example.org,who knows\n"

    report = import_text(text, dry_run=True)
    assert (report.refused, report.kept_active) == (2, 1)
    assert import_text(text).kept_active == 1
    assert states(engine)["ada@example.org"] == "active"
