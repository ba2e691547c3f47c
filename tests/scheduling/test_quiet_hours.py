"""
Quiet hours end by the wall clock, whatever the clocks do that night; days off are days, spans, or
days of each year.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.model.timing import QuietHours
from newsletter.scheduling.quiet_hours import day_off_on, parse_day_off, parse_quiet, span_from

NIGHT = parse_quiet("22:00-07:00")
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_by_day_one_may_send_at_once_until_the_evening() -> None:
    span = span_from([NIGHT], "America/New_York", utc("2026-03-05T15:00"))
    assert span == (utc("2026-03-05T15:00"), utc("2026-03-06T03:00"))


def test_at_night_one_waits_for_the_morning() -> None:
    span = span_from([NIGHT], "America/New_York", utc("2026-03-05T04:30"))
    assert span == (utc("2026-03-05T12:00"), utc("2026-03-06T03:00"))


def test_the_end_of_quiet_hours_is_not_quiet() -> None:
    assert span_from([NIGHT], "UTC", utc("2026-03-05T07:00"))[0] == utc("2026-03-05T07:00")


def test_the_morning_after_the_clocks_went_forward_is_at_seven_by_the_wall() -> None:
    span = span_from([NIGHT], "America/New_York", utc("2026-03-08T04:00"))
    assert span == (utc("2026-03-08T11:00"), utc("2026-03-09T02:00"))


def test_quiet_hours_within_one_day() -> None:
    noon = parse_quiet("12:00-14:00")
    assert span_from([noon], "UTC", utc("2026-03-05T13:00"))[0] == utc("2026-03-05T14:00")


def test_without_quiet_hours_one_may_always_send() -> None:
    at = utc("2026-03-05T04:30")
    assert span_from([], "UTC", at) == (at, None)


@given(
    at=st.integers(0, 2 * 366 * 24 * 60).map(
        lambda minutes: utc("2025-01-01T00:00") + dt.timedelta(minutes=minutes)
    ),
    zone=st.sampled_from(ZONES),
    quiet=st.sampled_from(["22:00-07:00", "00:00-06:30", "12:00-11:00", "02:15-02:45"]),
)
def test_a_span_is_never_in_quiet_hours_and_never_before_it_was_asked_for(
    at: dt.datetime, zone: str, quiet: str
) -> None:
    hours = parse_quiet(quiet)
    start, end = span_from([hours], zone, at)
    assert end is not None
    assert at <= start < end
    assert end - start <= dt.timedelta(hours=25)
    assert span_from([hours], zone, start)[0] == start
    assert span_from([hours], zone, end)[0] > end


@pytest.mark.parametrize(
    "text", ["", "22:00", "22-7-5", "25:00-07:00", "07:00-07:00", "22:00:00-22:00:30", "a-b"]
)
def test_other_quiet_hours_are_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"write them like 22:00-07:00"):
        parse_quiet(text)


@pytest.mark.parametrize(
    ("rule", "on", "not_on"),
    [
        ("2026-12-25", "2026-12-25", "2027-12-25"),
        ("12-25", "2027-12-25", "2027-12-26"),
        ("2026-12-24..2027-01-02", "2027-01-02", "2027-01-03"),
        ("12-24..01-02", "2030-01-01", "2030-01-03"),
        ("07-01..08-31", "2026-08-01", "2026-09-01"),
        ("02-29", "2028-02-29", "2027-02-28"),
    ],
)
def test_a_day_off_is_a_day_a_span_or_a_day_of_each_year(rule: str, on: str, not_on: str) -> None:
    days_off = (parse_day_off(rule),)
    assert day_off_on(days_off, dt.date.fromisoformat(on)) == rule
    assert day_off_on(days_off, dt.date.fromisoformat(not_on)) is None


@pytest.mark.parametrize(
    "text",
    ["", "christmas", "2026-13-01", "2026-12-24..01-02", "2027-01-02..2026-12-24", "12-24.."],
)
def test_other_days_off_are_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"write a day like 2026-12-25"):
        parse_day_off(text)


@pytest.mark.parametrize(
    "text", ["22:00-07:00", "22:00-01:30", "01:30-05:00", "02:30-06:00", "20:00-02:30"]
)
@pytest.mark.parametrize("evening", ["2026-03-07T20:00", "2026-10-31T20:00"])
def test_what_the_wall_clock_calls_quiet_is_quiet_in_nights_when_it_changes(
    text: str, evening: str
) -> None:
    quiet, first = parse_quiet(text), dt.datetime.fromisoformat(evening).replace(tzinfo=dt.UTC)
    instants = [first + dt.timedelta(minutes=minute) for minute in range(36 * 60)]
    open_in_quiet = [
        at
        for at in instants
        if is_quiet_by_the_wall(quiet, at) and span_from([quiet], "America/New_York", at)[0] == at
    ]
    assert open_in_quiet == []


def is_quiet_by_the_wall(quiet: QuietHours, at: dt.datetime) -> bool:
    wall = at.astimezone(ZoneInfo("America/New_York")).time()
    if quiet.begin < quiet.end:
        return quiet.begin <= wall < quiet.end
    return wall >= quiet.begin or wall < quiet.end
