"""
Dates as editors write them; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.ingest.parsing.fields import dates

FIFTH = dt.date(2019, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "March 5, 2019",
        "Mar. 5, 2019",
        "5 March 2019",
        "Tuesday, March 5th, 2019",
        "Friday, March 5, 2019",
        "5 mars 2019",
        "mardi 5 mars 2019",
        "5. März 2019",
        "Dienstag, den 5. März 2019",
        "2019-03-05",
        "05.03.2019",
        "Published: March 5, 2019",
        "March\u00a05, 2019",
    ],
)
def test_a_line_that_is_a_date_is_that_date(text: str) -> None:
    assert dates.whole_date(text, day_first=False) == FIFTH


def test_the_first_of_a_month_is_parsed_in_french() -> None:
    assert dates.whole_date("1er août 2023", day_first=False) == dt.date(2023, 8, 1)


@pytest.mark.parametrize(
    "text",
    ["March 5", "5 mars", "On March 5, 2019, they met.", "31 February 2019", "Smarch 5, 2019", ""],
)
def test_incomplete_dates_and_dates_in_sentences_are_refused(text: str) -> None:
    assert dates.whole_date(text, day_first=False) is None


def test_dates_with_slashes_follow_the_order_of_the_source() -> None:
    assert dates.whole_date("3/5/2019", day_first=False) == FIFTH
    assert dates.whole_date("3/5/2019", day_first=True) == dt.date(2019, 5, 3)


def test_a_time_without_offset_is_in_the_zone_of_the_source() -> None:
    found = dates.moment("2024-01-31T22:00:00", dates.zone("America/New_York"))
    assert found == dt.datetime(2024, 2, 1, 3, 0, tzinfo=dt.UTC)


def test_an_unknown_zone_is_utc() -> None:
    assert dates.zone("Mars/Olympus").key == "UTC"
