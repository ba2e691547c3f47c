"""
A file of people is read in the encoding it was saved in, by any spreadsheet of any country.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from people_samples import ImportText

from subscribers.database import tables

RUSSIAN = ("Ольга Журавлёва", "Пётр Ящук", "Андрей Щербаков", "Юлия Ёлкина")
CZECH = ("Jiří Dvořák", "Tomáš Růžička", "Žofie Šťastná", "Lukáš Kříž", "Běla Čapková")
GERMAN = ("Jürgen Müller", "Käthe Groß", "Björn Schäfer", "Ülkü Öztürk")
FRENCH = ("Renée Lefèvre", "François Bérubé", "Zoë d’Aubigné", "Joël Crête")
GREEK = ("Γιώργος Παπαδόπουλος", "Ελένη Νικολάου", "Άννα Καραγιάννη")
TURKISH = ("Işıl Güneş", "Çağlar Şahin", "Gülşah Yıldız", "İbrahim Doğan")
JAPANESE = ("髙橋 健", "佐藤 花子", "鈴木 一郎", "田中 美咲")
CHINESE = ("王小明", "李镕基", "张伟", "陈晓东", "刘洋")
KOREAN = ("김민준", "이서연", "박지훈", "최수빈")
HEBREW = ("דוד לוי", "שרה כהן", "יעקב מזרחי")


def file_of(names: Sequence[str], *, delimiter: str = ";") -> str:
    rows = [("email", "name", "city")]
    rows += [(f"person{number}@example.org", name, "Ulm") for number, name in enumerate(names)]
    return "".join(f"{delimiter.join(row)}\r\n" for row in rows)


def names_in(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        query = sa.select(tables.subscriber.c.name).order_by(tables.subscriber.c.id)
        return list(connection.scalars(query))


@pytest.mark.parametrize(
    ("codec", "names", "guessed"),
    [
        ("cp1251", RUSSIAN, "Windows-1251"),
        ("koi8-r", RUSSIAN, "KOI8-R"),
        ("cp1250", CZECH, "Windows-1250"),
        ("cp1252", GERMAN, "Windows-1252"),
        ("cp1252", FRENCH, "Windows-1252"),
        ("cp1253", GREEK, "Windows-1253"),
        ("cp1254", TURKISH, "Windows-1254"),
        ("cp1255", HEBREW, "Windows-1255"),
        ("cp932", JAPANESE, None),
        ("gb18030", CHINESE, "GB18030"),
        ("cp949", KOREAN, "CP949"),
        ("utf-8", RUSSIAN, ""),
        ("utf-8-sig", RUSSIAN, ""),
    ],
)
def test_names_are_read_in_the_encoding_of_the_file(
    engine: sa.Engine, import_text: ImportText, codec: str, names: tuple[str, ...], guessed: str
) -> None:
    report = import_text(file_of(names).encode(codec))

    assert names_in(engine) == list(names)
    assert guessed is None or (report.guessed_encoding or "") == guessed


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_unicode_text_of_a_spreadsheet_is_read(
    engine: sa.Engine, import_text: ImportText, codec: str
) -> None:
    report = import_text(file_of(RUSSIAN, delimiter="\t").encode(codec))

    assert (report.created, report.guessed_encoding) == (4, None)
    assert names_in(engine) == list(RUSSIAN)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_encoding_of_a_long_file_is_guessed_from_its_first_names(
    engine: sa.Engine, import_text: ImportText
) -> None:
    lines = "".join(f"plain{number}@example.org;Ann;Ulm\r\n" for number in range(40_000))
    content = "email;name;city\r\n" + lines + file_of(RUSSIAN).partition("\r\n")[2]

    report = import_text(content.encode("cp1251"))

    assert report.created == 40_004
    assert names_in(engine)[-4:] == list(RUSSIAN)


def test_a_file_that_is_utf8_but_for_one_byte_stays_utf8(
    engine: sa.Engine, import_text: ImportText
) -> None:
    report = import_text(file_of(RUSSIAN).encode() + b"last@example.org;Ren\xe9;Rom\r\n")

    assert names_in(engine) == [*RUSSIAN, ""]
    assert (report.created, report.guessed_encoding, report.unreadable_names) == (5, None, 1)


def test_a_name_that_cannot_be_read_is_left_out_and_reported(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,name\na@example.org,Renée\n")

    report = import_text("email,name\na@example.org,Ren�e\nb@example.org,Zo�\n")

    assert names_in(engine) == ["Renée", ""]
    assert (report.unchanged, report.created, report.unreadable_names) == (1, 1, 2)
    assert report.errors_file is not None
    why = "it has characters that cannot be read; correct it here and import this file"
    assert report.errors_file.read_text("utf-8").splitlines()[1:] == [
        f"a@example.org,Ren�e,2,imported without the name: {why}",
        f"b@example.org,Zo�,3,imported without the name: {why}",
    ]
