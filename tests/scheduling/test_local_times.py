"""
People type times as they think of them, and read them in the zone of what they belong to.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.errors import InvalidValue
from newsletter.scheduling.local_times import format_time, parse_time

NOW = dt.datetime(2026, 3, 5, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("+2h", "2026-03-05T14:00Z"),
        ("+ 90m", "2026-03-05T13:30Z"),
        ("2026-03-05T18:00:00-05:00", "2026-03-05T23:00Z"),
        ("2026-03-05T18:00Z", "2026-03-05T18:00Z"),
        ("2026-03-05 18:00", "2026-03-05T17:00Z"),
        ("2026-07-05T18:00", "2026-07-05T16:00Z"),
        # It occurs twice, at 00:30 and at 01:30 UTC.
        ("2026-10-25 02:30", "2026-10-25T00:30Z"),
    ],
)
def test_a_time_is_read_in_the_lists_zone_unless_it_says_its_own(typed: str, instant: str) -> None:
    found = parse_time(typed, now=NOW, timezone="Europe/Oslo")
    assert found == dt.datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("tomorrow", "'tomorrow' is not a valid time: write"),
        ("+2", "'2' is not a valid duration"),
        ("2026-03-05", "'2026-03-05' has no time of day"),
        ("2026-03-29 02:30", "2026-03-29 02:30 is skipped by the clocks in Europe/Oslo"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_time(typed, now=NOW, timezone="Europe/Oslo")
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("timezone", "words"),
    [
        ("UTC", "2026-03-05 12:00 UTC"),
        ("Europe/Oslo", "2026-03-05 13:00 Europe/Oslo (12:00 UTC)"),
        ("Pacific/Auckland", "2026-03-06 01:00 Pacific/Auckland (2026-03-05 12:00 UTC)"),
    ],
)
def test_an_instant_is_shown_in_its_zone_with_utc_beside_it(timezone: str, words: str) -> None:
    assert format_time(NOW, timezone) == words
