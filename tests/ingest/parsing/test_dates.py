"""
Dates as people and programs write them; nothing is guessed. The lists name what kind of software,
site or standard writes each so.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import babel.dates
import pytest

from newsletter.ingest.parsing.fields import dates
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import MediaType, RawItem, ReadingRules

HERE = Path(__file__).parent
FIFTH = dt.date(2019, 3, 5)
LOCALES = (
    "en en_GB de de_AT fr es it pt pt_PT nl pl cs sv da nb nn fi tr ru uk el ro hu ar ar_LB zh "
    "zh_Hant ja ko he fa hi id ca sk sl hr sr bg mk be et lv lt is vi ga gl sq ur bn ta mr ms fil "
    "ka hy az kk af sw"
)


def rows_of(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", rows_of("date_lines.tsv"), ids=lambda row: row[0])
def test_a_line_that_is_a_date_is_that_date(row: list[str]) -> None:
    text, day, language, _ = row
    assert dates.whole_date(text, day_first=language != "en") == dt.date.fromisoformat(day)


@pytest.mark.parametrize("row", rows_of("not_dates.tsv"), ids=lambda row: row[0])
@pytest.mark.parametrize("day_first", [False, True])
def test_a_line_that_is_not_a_whole_date_is_not_read_as_one(
    row: list[str], day_first: bool
) -> None:
    assert dates.whole_date(row[0], day_first=day_first) is None


@pytest.mark.parametrize("locale", LOCALES.split())
def test_a_date_as_babel_writes_it_is_that_date_in_every_month(locale: str) -> None:
    days = [dt.date(2019, month, day) for month in range(1, 13) for day in (1, 5, 22)]
    written = {
        babel.dates.format_date(day, length, locale=locale): day
        for day in days
        for length in ("full", "long", "medium")
    }
    read = {text: dates.whole_date(text, day_first=True) for text in written}
    assert read == written


@pytest.mark.parametrize(
    "text",
    ["March\u00a05, 2019", "\u200f5 مارس 2019", "Friday, March 5, 2019", "（March 5, 2019）"],
)
def test_invisible_marks_brackets_and_a_wrong_weekday_do_no_harm(text: str) -> None:
    assert dates.whole_date(text, day_first=False) == FIFTH


def test_dates_with_slashes_follow_the_order_of_the_source() -> None:
    assert dates.whole_date("3/5/2019", day_first=False) == FIFTH
    assert dates.whole_date("3/5/2019", day_first=True) == dt.date(2019, 5, 3)


@pytest.mark.parametrize(
    "text", ["25/3/2019", "3/25/2019", "Monday 25/3/2019", "25.3.2019", "25-3-2019"]
)
@pytest.mark.parametrize("day_first", [False, True])
def test_a_date_that_can_be_read_in_one_order_only_is_read(text: str, day_first: bool) -> None:
    assert dates.whole_date(text, day_first=day_first) == dt.date(2019, 3, 25)


def test_a_weekday_settles_the_order_of_a_date_with_slashes() -> None:
    # The fifth of March 2019 was a Tuesday, the third of May a Friday.
    assert dates.whole_date("Tuesday, 05/03/2019", day_first=False) == FIFTH
    assert dates.whole_date("Friday, 05/03/2019", day_first=True) == dt.date(2019, 5, 3)
    # On Sundays neither is, but no one puts the month first in French.
    assert dates.whole_date("dim. 05/03/2019", day_first=False) == FIFTH


def test_a_label_in_another_language_than_english_settles_the_order() -> None:
    assert dates.whole_date("Δημοσίευση: 05/03/2019", day_first=False) == FIFTH
    assert dates.whole_date("Published: 03/05/2019", day_first=False) == FIFTH


@pytest.mark.parametrize("locale", LOCALES.split())
@pytest.mark.parametrize("length", ["long", "medium"])
def test_a_time_as_babel_writes_it_is_never_wrong(locale: str, length: str) -> None:
    written = (
        (babel.dates.format_datetime(at, length, locale=locale), at)
        for month in range(1, 13)
        for at in (
            dt.datetime(2019, month, 1, 9, 5, 30, tzinfo=dt.UTC),
            dt.datetime(2019, month, 22, 14, 5, 30, tzinfo=dt.UTC),
            dt.datetime(2019, month, 5, 0, 5, 30, tzinfo=dt.UTC),
        )
    )
    read = {text: (dates.moment(text, dt.UTC, day_first=True), at) for text, at in written}
    assert {text: found for text, found in read.items() if found[0] not in (None, found[1])} == {}


def test_a_time_without_offset_is_in_the_zone_of_the_source() -> None:
    found = dates.moment("2024-01-31T22:00:00", dates.zone("America/New_York"))
    assert found == dt.datetime(2024, 2, 1, 3, 0, tzinfo=dt.UTC)


def test_a_time_in_words_is_read_in_the_order_of_the_source() -> None:
    berlin = dates.zone("Europe/Berlin")
    assert dates.moment("5. März 2019, 14:05 Uhr", berlin) == dt.datetime(
        2019, 3, 5, 13, 5, tzinfo=dt.UTC
    )
    assert dates.moment("03/04/2019", berlin) is None
    assert dates.moment("03/04/2019", dt.UTC, day_first=True) == dt.datetime(
        2019, 4, 3, tzinfo=dt.UTC
    )


def test_every_date_line_is_read_in_the_sandbox_as_here() -> None:
    with Sandbox(("newsletter.ingest.parsing.sandbox_child",)) as sandbox:
        for day_first in (False, True):
            rows = [row for row in rows_of("date_lines.tsv") if (row[2] != "en") is day_first]
            items = [
                RawItem(key="k", content=f"{text}\n\nA\n\nB.", media_type=MediaType.TEXT)
                for text, *_ in rows
            ]
            rules = ReadingRules(day_first=day_first).as_json()
            answers = sandbox.call(
                "newsletter.ingest.parsing.sandbox_child:read_many",
                [item.as_json() for item in items],
                rules,
            )
            assert [answer["brief"]["date"] for answer in answers] == [row[1] for row in rows]


def test_an_unknown_zone_is_utc() -> None:
    assert dates.zone("Mars/Olympus").key == "UTC"


@pytest.mark.parametrize("text", ["9" * 110, "5 " * 55, "March " * 18 + "2019", "(" * 109 + "2019"])
def test_a_line_that_is_made_to_be_slow_is_refused(text: str) -> None:
    assert dates.whole_date(text, day_first=False) is None
    assert dates.moment(text * 1000, dt.UTC) is None
