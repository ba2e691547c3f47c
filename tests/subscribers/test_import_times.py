"""
Times in the files of products and of spreadsheets: in the order of day and month that the file
shows, with the names of months, or as seconds.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from people_files import rows_of, source_of


def joined(folder: Path, *cells: str, text: str = "email,subscribed_at\n{}") -> list[str]:
    rows = "".join(f'p{number}@example.org,"{cell}"\n' for number, cell in enumerate(cells))
    found = rows_of(source_of(folder, "people.csv", text.format(rows)))
    return [each.signed_up_at.isoformat()[:16] if each.signed_up_at else "none" for each in found]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2024-03-05T06:07:08Z", "2024-03-05T06:07"),
        ("05.03.2024 06:07", "2024-03-05T06:07"),
        ("Mar 5, 2024", "2024-03-05T00:00"),
        ("March 5, 2024 6:07 pm", "2024-03-05T18:07"),
        ("5 Mar 2024, 06:07", "2024-03-05T06:07"),
        ("Sept. 5, 2024", "2024-09-05T00:00"),
        ("1709618828", "2024-03-05T06:07"),
        ("1709618828123", "2024-03-05T06:07"),
        ("25/03/2024", "2024-03-25T00:00"),
        ("3/25/2024 12:07 AM", "2024-03-25T00:07"),
        ("05/05/2024", "2024-05-05T00:00"),
        ("03/05/2024", "none"),
        ("31/31/2024", "none"),
        ("Foo 5, 2024", "none"),
        ("3/25/2024 13:07 PM", "none"),
        ("25/03/2024 25:00", "none"),
        ("soon", "none"),
    ],
)
def test_a_time_is_read_as_it_can_only_be_meant(tmp_path: Path, cell: str, time: str) -> None:
    assert joined(tmp_path, cell) == [time]


def test_a_date_is_read_in_the_order_that_another_one_of_the_file_shows(tmp_path: Path) -> None:
    assert joined(tmp_path, "03/05/2024 10:00", "13/05/2024 10:00") == [
        "2024-05-03T10:00", "2024-05-13T10:00",
    ]  # fmt: skip
    assert joined(tmp_path, "03/05/2024 1:00 PM", "03/25/2024 1:00 PM") == [
        "2024-03-05T13:00", "2024-03-25T13:00",
    ]  # fmt: skip
    assert joined(tmp_path, "03/05/2024", "13/05/2024", "05/13/2024") == [
        "none", "2024-05-13T00:00", "2024-05-13T00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("25/03/2024", "2024-03-25T00:00"),
        ("Mar 5, 2024", "2024-03-05T00:00"),
        ("1709618828", "2024-03-05T06:07"),
        ("03/05/2024", "none"),
    ],
)
def test_a_time_after_the_first_hundred_lines_is_read_in_every_form(
    tmp_path: Path, cell: str, time: str
) -> None:
    assert joined(tmp_path, *[""] * 150, cell)[-1] == time
    assert joined(tmp_path, *["2024-03-01"] * 150, cell)[-1] == time


def test_a_product_says_the_order_of_a_date_after_the_first_hundred_lines(tmp_path: Path) -> None:
    text = "EMAIL,SMS,BLACKLIST,ADDED_TIME\n{}"
    rows = "".join(f"p{number}@example.org,,No,\n" for number in range(150))
    last = "q@example.org,,No,03-05-2023 10:15\n"

    found = rows_of(source_of(tmp_path, "people.csv", text.format(rows + last)))[-1]

    assert found.signed_up_at is not None
    assert found.signed_up_at.isoformat()[:10] == "2023-05-03"


def test_a_time_of_hubspot_is_in_the_zone_of_its_column(tmp_path: Path) -> None:
    text = "Email,Create Date (GMT+2),Record ID,Lifecycle Stage\n{}"
    assert joined(tmp_path, "03/25/2024 1:30 AM", text=text) == ["2024-03-24T23:30"]
