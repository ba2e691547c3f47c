"""
Cron expressions and the instants they name: clocks that change, days that never come.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import Refused
from newsletter.model.schedule import Slot
from newsletter.scheduling.slots import next_slots, parse_cron, slots_between, wall_times

ZONES = ("America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def between(expression: str, timezone: str, after: str, until: str) -> list[tuple[str, str]]:
    found = slots_between(parse_cron(expression), timezone, utc(after), utc(until))
    return [(slot.wall, f"{slot.due:%m-%dT%H:%MZ}") for slot in found]


def walls(expression: str, after: str, count: int) -> list[str]:
    found = wall_times(parse_cron(expression), dt.datetime.fromisoformat(after))
    return [next(found).isoformat(timespec="minutes") for _ in range(count)]


def test_a_slot_carries_its_wall_time_and_its_instant():
    found = next_slots(parse_cron("0 9 * * *"), "Europe/Paris", utc("2026-07-01T07:00"), 1)
    assert found == [Slot(wall="2026-07-02T09:00", due=utc("2026-07-02T07:00"))]


@pytest.mark.parametrize(
    ("timezone", "after", "until", "expected"),
    [
        ("America/New_York", "2026-03-08T00:00", "2026-03-08T12:00", "03-08T07:30Z"),
        ("Europe/Paris", "2026-03-29T00:00", "2026-03-29T12:00", "03-29T01:30Z"),
        ("Europe/Berlin", "2026-03-29T00:00", "2026-03-29T12:00", "03-29T01:30Z"),
    ],
)
def test_a_time_the_clock_jumps_over_is_due_where_the_jump_puts_it(
    timezone: str, after: str, until: str, expected: str
):
    day = until[:10]
    assert between("30 2 * * *", timezone, after, until) == [(f"{day}T02:30", expected)]


def test_a_jump_of_half_an_hour_moves_a_slot_by_half_an_hour():
    found = between("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-04T12:00")
    assert found == [("2026-10-04T02:15", "10-03T15:45Z")]


@pytest.mark.parametrize(
    ("expression", "timezone", "wall", "due"),
    [
        ("30 1 * * *", "America/New_York", "2026-11-01T01:30", "11-01T05:30Z"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:30", "10-25T00:30Z"),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05T01:45", "04-04T14:45Z"),
    ],
)
def test_a_time_that_comes_twice_fires_the_first_time_only(
    expression: str, timezone: str, wall: str, due: str
):
    day = dt.datetime.fromisoformat(wall)
    after, until = day - dt.timedelta(hours=20), day + dt.timedelta(hours=12)
    assert between(expression, timezone, str(after), str(until)) == [(wall, due)]


def test_every_hour_skips_the_second_of_the_hours_that_come_twice():
    found = between("0 * * * *", "Europe/Paris", "2026-10-24T23:30", "2026-10-25T03:30")
    assert found == [
        ("2026-10-25T02:00", "10-25T00:00Z"),
        ("2026-10-25T03:00", "10-25T02:00Z"),
        ("2026-10-25T04:00", "10-25T03:00Z"),
    ]


def test_every_hour_does_not_fire_twice_at_one_instant_when_the_clock_jumps():
    found = between("30 * * * *", "America/New_York", "2026-03-08T06:00", "2026-03-08T09:00")
    assert found == [
        ("2026-03-08T01:30", "03-08T06:30Z"),
        ("2026-03-08T03:30", "03-08T07:30Z"),
        ("2026-03-08T04:30", "03-08T08:30Z"),
    ]


def test_the_first_end_is_left_out_and_the_last_is_in():
    found = between("0 * * * *", "UTC", "2026-01-01T09:00", "2026-01-01T11:00")
    assert [wall for wall, _ in found] == ["2026-01-01T10:00", "2026-01-01T11:00"]


def test_the_year_ends_between_two_slots():
    assert walls("59 23 31 12 *", "2026-12-31T23:58", 2) == ["2026-12-31T23:59", "2027-12-31T23:59"]
    assert walls("0 0 1 1 *", "2026-12-31T23:59", 1) == ["2027-01-01T00:00"]


def test_the_leap_day_comes_every_fourth_year():
    assert walls("0 9 29 2 *", "2026-01-01", 2) == ["2028-02-29T09:00", "2032-02-29T09:00"]


def test_yearly_slots_are_found_however_far_they_lie_apart():
    found = next_slots(parse_cron("0 9 24 12 *"), "Europe/Paris", utc("2026-01-01"), 7)
    assert [slot.wall[:10] for slot in found] == [f"{year}-12-24" for year in range(2026, 2033)]


def test_days_that_do_not_come_within_five_years_end_the_search():
    # 2100 is no leap year.
    cron = parse_cron("0 9 29 2 *")
    assert next_slots(cron, "Europe/Paris", utc("2096-03-01"), 3) == []
    assert list(wall_times(cron, dt.datetime.fromisoformat("2096-03-01"))) == []


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 9 * * 1", ["05", "12"]),
        ("0 9 * * MON", ["05", "12"]),
        ("0 9 * * 0", ["04", "11"]),
        ("0 9 * * 7", ["04", "11"]),
        ("0 9 * * fri-sun", ["02", "03", "04"]),
        ("0 9 * * 5-7", ["02", "03", "04"]),
        ("0 9 * jan,Mar tue", ["06", "13"]),
        ("0 9 */10 * *", ["01", "11", "21", "31"]),
        ("0 9 1-10/4 * *", ["01", "05", "09"]),
    ],
)
def test_days_are_read_as_crontab_reads_them(expression: str, days: list[str]):
    found = walls(expression, "2026-01-01", len(days))
    assert found == [f"2026-01-{day}T09:00" for day in days]


def test_day_of_month_and_day_of_week_together_mean_either():
    assert walls("0 9 2 * MON", "2026-01-01", 3) == [
        "2026-01-02T09:00",
        "2026-01-05T09:00",
        "2026-01-12T09:00",
    ]


def test_a_day_field_that_starts_with_a_star_narrows_the_other():
    assert walls("0 9 */2 * MON", "2026-01-01", 2) == ["2026-01-05T09:00", "2026-01-19T09:00"]


@pytest.mark.parametrize(
    ("shorthand", "expression"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@weekly", "0 0 * * SUN"),
        ("@Monthly", "0 0 1 * *"),
    ],
)
def test_a_shorthand_is_its_five_fields(shorthand: str, expression: str):
    assert walls(shorthand, "2026-01-01T12:00", 5) == walls(expression, "2026-01-01T12:00", 5)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "has 0 fields, not 5"),
        ("0 9 * *", "has 4 fields, not 5"),
        ("@reboot", "@hourly, @daily, @weekly, @monthly"),
        ("60 9 * * *", "minute '60' is not in 0-59"),
        ("0 24 * * *", "hour '24' is not in 0-23"),
        ("0 9 0 * *", "day of month '0' is not in 1-31"),
        ("0 9 * JANUARY *", "month 'JANUARY' is not in 1-12 or JAN-DEC"),
        ("0 9 * * 8", "day of week '8' is not in 0-7 or SUN-SAT"),
        ("0 22-2 * * *", "hour '22-2' runs backwards"),
        ("*/0 9 * * *", "minute: a step must be a number from 1 on, not '0'"),
        ("5/10 9 * * *", "minute '5/10': a step must follow"),
        ("0 9 L * *", "day of month 'L' is not in 1-31"),
        ("0 9 ? * *", "day of month cannot be '?'"),
        ("0,,5 9 * * *", "minute cannot be ''"),
        ("٣ 9 * * *", "minute cannot be '٣'"),
        ("9" * 5000 + " 9 * * *", "is not in 0-59"),
        ("0 9 31 2 *", "day of month 31 does not exist in month 2"),
        ("0 9 31 FEB,APR,JUN *", "day of month 31 does not exist in month FEB,APR,JUN"),
        ("0 9 30-31 2 */2", "day of month 30-31 does not exist in month 2"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(expression: str, message: str):
    with pytest.raises(Refused) as refused:
        parse_cron(expression)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_impossible_day_of_month_beside_a_day_of_week_still_fires_on_that():
    assert walls("0 9 31 2 MON", "2026-01-01", 1) == ["2026-02-02T09:00"]


@pytest.mark.parametrize(
    ("timezone", "message"),
    [
        ("Europe/Pariss", "did you mean Europe/Paris?"),
        ("new york", "did you mean America/New_York?"),
        ("Europe", "use a name such as Europe/Paris, America/New_York or UTC"),
        ("../../etc/passwd", "use a name such as Europe/Paris, America/New_York or UTC"),
        ("", "use a name such as Europe/Paris, America/New_York or UTC"),
        ("+02:00", "use a name such as Europe/Paris, America/New_York or UTC"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest(timezone: str, message: str):
    with pytest.raises(Refused) as refused:
        next_slots(parse_cron("@daily"), timezone, utc("2026-01-01"), 1)
    assert str(refused.value) == f"time zone {timezone!r} is not known: {message}"


expressions = st.builds(
    "{} {} * * *".format,
    st.sampled_from(["0", "30", "*/15", "15,45", "59"]),
    st.sampled_from(["*", "2", "1-3", "*/6", "0,23"]),
)
moments = st.datetimes(
    dt.datetime.fromisoformat("2010-01-01"),
    dt.datetime.fromisoformat("2035-01-01"),
    timezones=st.just(dt.UTC),
)


@given(expressions, st.sampled_from(ZONES), moments)
def test_slots_rise_strictly_and_no_wall_time_comes_twice(
    expression: str, timezone: str, after: dt.datetime
):
    cron = parse_cron(expression)
    found = slots_between(cron, timezone, after, after + dt.timedelta(days=4))
    dues = [slot.due for slot in found]
    assert dues == sorted(set(dues))
    assert len({slot.wall for slot in found}) == len(found)
    assert all(after < due <= after + dt.timedelta(days=4) for due in dues)


@given(expressions, st.sampled_from(ZONES), moments, st.integers(0, 96))
def test_looking_in_two_steps_finds_what_one_look_finds(
    expression: str, timezone: str, after: dt.datetime, hours: int
):
    cron = parse_cron(expression)
    middle, until = after + dt.timedelta(hours=hours), after + dt.timedelta(hours=96)
    in_two = slots_between(cron, timezone, after, middle)
    in_two += slots_between(cron, timezone, middle, until)
    assert in_two == slots_between(cron, timezone, after, until)


@given(st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]), moments)
def test_a_day_has_its_slot_whatever_the_clock_does(timezone: str, after: dt.datetime):
    until = after + dt.timedelta(days=400)
    found = slots_between(parse_cron("30 2 * * *"), timezone, after, until)
    days = [dt.date.fromisoformat(slot.wall[:10]) for slot in found]
    assert days == [days[0] + dt.timedelta(days=n) for n in range(len(days))]
    # The offset may differ between the ends.
    assert 399 <= len(days) <= 401


def test_a_day_that_a_zone_left_out_has_no_slot_of_its_own():
    # Samoa went from 29 to 31 December 2011.
    found = between("30 2 * * *", "Pacific/Apia", "2011-12-29T00:00", "2012-01-01T00:00")
    assert found == [
        ("2011-12-29T02:30", "12-29T12:30Z"),
        ("2011-12-31T02:30", "12-30T12:30Z"),
        ("2012-01-01T02:30", "12-31T12:30Z"),
    ]
