from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import ImportRefused
from subscribers.import_export.cells import clean_name, read_time, split_email_cell
from subscribers.import_export.csv_records import CsvRecord, read_records
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.reading.file_layout import FileLayout
from subscribers.import_export.text_file import MAX_LINE, open_text


def records(text: str) -> list[CsvRecord]:
    return list(read_records(text.splitlines(keepends=True), ","))


def lines_of(path: Path) -> list[str]:
    with open_text(path) as text:
        return list(text.lines())


def layout(text: str) -> FileLayout:
    return detect_layout(text.splitlines(keepends=True))


def test_a_record_knows_its_first_line() -> None:
    assert records('a,b\n\n"x\ny",1\nlast,2\n') == [
        CsvRecord(1, ["a", "b"]),
        CsvRecord(3, ["x\ny", "1"]),
        CsvRecord(5, ["last", "2"]),
    ]


def test_an_unclosed_quote_affects_only_its_own_line() -> None:
    found = records('a,1\n"b,2\nc,3\nd,4\n')

    assert [(record.line, record.cells) for record in found if not record.fault] == [
        (1, ["a", "1"]),
        (3, ["c", "3"]),
        (4, ["d", "4"]),
    ]
    assert [(record.line, record.cells) for record in found if record.fault] == [(2, ['"b,2'])]


def test_an_unclosed_quote_in_a_long_file_is_found_before_its_end() -> None:
    found = records('"b,2\n' + "c@example.org,3\n" * 20_000)

    assert found[0].fault == "a quote in this line is not closed"
    assert len(found) == 20_001


def test_nul_and_over_long_lines_are_reported_with_their_line() -> None:
    found = records("a,1\nb\0,2\n" + "x" * (MAX_LINE + 1) + "\nd,4\n\0\n")

    assert [(record.line, bool(record.fault)) for record in found] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
    ]


def test_a_quote_closed_before_the_end_of_its_cell_is_a_fault() -> None:
    found = records('"a"b,1\nc,5" pipe\n')

    assert [record.fault for record in found] == [
        "a quote is closed before the end of its cell",
        None,
    ]


@given(st.lists(st.text('a",\n\0', max_size=6), max_size=30))
def test_every_line_with_text_is_in_some_record(lines: list[str]) -> None:
    whole = [line.replace("\n", "") + "\n" for line in lines]

    found = list(read_records(whole, ","))

    starts = [record.line for record in found]
    assert starts == sorted(set(starts))
    assert "".join("".join(r.cells) for r in found).count("a") == "".join(whole).count("a")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é@x\n".encode(), "é@x\n"),
        ("é@x\n".encode("utf-8-sig"), "é@x\n"),
        ("é@x\n".encode("utf-16"), "é@x\n"),
        (b"\xfe\xff" + "é@x\n".encode("utf-16-be"), "é@x\n"),
        ("é@x\n".encode("cp1252"), "é@x\n"),
        (b"a\rb\r\nc", "a\nb\nc"),
    ],
)
def test_encodings_and_line_ends_are_found_by_the_bytes(
    tmp_path: Path, content: bytes, text: str
) -> None:
    path = tmp_path / "people.txt"
    path.write_bytes(content)

    assert "".join(lines_of(path)) == text


def test_an_endless_line_is_read_in_pieces_of_limited_size(tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_bytes(b"x" * 5_000_000 + b"\nnext\n")

    assert [len(line) for line in lines_of(path)] == [MAX_LINE + 1, 5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\0\x01\x02" * 50, "not a text file"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    with pytest.raises(ImportRefused, match=words):
        lines_of(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no such file"):
        lines_of(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_rows_of_equal_width(delimiter: str) -> None:
    rows = (["Name", "E-Mail"], ["Lovelace; Ada, x", "ada@example.org"], ["B", "b@example.org"])
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)

    found = layout(text)

    assert (found.delimiter, found.fields) == (delimiter, {"name": (0,), "email": (1,)})


def test_a_column_of_addresses_is_found_under_any_name() -> None:
    found = layout("Deine E-Mail Adresse,Stadt\nada@example.org,Ulm\nbea@example.org,Bonn\n")

    assert found.fields == {"email": (0,)}


def test_a_first_line_with_an_address_is_not_a_header() -> None:
    found = layout("Ada <ada@example.org>\nbea@example.org\n")

    assert (found.has_header, found.header, found.fields) == (False, ("email",), {"email": (0,)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,city\nAda,Ulm\n", "no column contains addresses"),
        ("email,E-Mail\na@example.org,b@example.org\n", "'email' and 'E-Mail' may both"),
        ("x,y\na@example.org,b@example.org\n", "'x' and 'y' may both"),
        ("sep=;\n", "the file has no rows"),
    ],
)
def test_a_file_without_one_column_of_addresses_is_refused(text: str, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        layout(text)


def test_a_state_is_a_status_only_if_its_cells_say_so() -> None:
    kit = layout("email,state\na@example.org,cancelled\n")
    place = layout("email,state\na@example.org,Ohio\n")

    assert [column.place for column in kit.status_columns] == [1]
    assert place.status_columns == ()


def test_an_address_cell_is_reduced_to_the_address() -> None:
    assert split_email_cell("mailto:ada@example.org") == ("", "ada@example.org")
    assert split_email_cell('"Ada L" <ada@example.org> ') == ("Ada L", "ada@example.org")
    assert split_email_cell("ada@example.org") == ("", "ada@example.org")


def test_a_name_is_one_line() -> None:
    assert clean_name(" Multi\nline\x07 ") == "Multi line"
    assert clean_name("O'Hara") == "O'Hara"


def test_only_times_that_are_clear_are_read() -> None:
    ten = dt.datetime(2024, 3, 1, 10, 5, tzinfo=dt.UTC)

    assert read_time("2024-03-01 10:05:00 UTC") == ten
    assert read_time("2024-03-01T12:05:00+02:00") == ten
    assert read_time("2024-03-01T10:05:00Z") == ten
    assert read_time("01.03.2024 10:05") == ten
    assert read_time("31.02.2024") is None
    assert read_time("03/01/2024 10:05") is None
    assert read_time("0001-01-01T00:00:00+10:00") is None
    assert read_time("") is None
