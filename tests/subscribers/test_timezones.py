from __future__ import annotations

import zoneinfo

import pytest

from subscribers.errors import UnknownTimezone
from subscribers.validation.timezones import parse_timezone, read_timezone


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("  europe/paris\t", "Europe/Paris"),
        ("AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        ("us/eastern", "US/Eastern"),
    ],
)
def test_a_zone_gets_the_spelling_of_the_database(text: str, name: str) -> None:
    assert read_timezone(text) == name
    assert parse_timezone(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "Paris", "Europe", "+01:00", "CEST", "Europe / Paris", "New York", "../UTC", "localtime",
     "Factory", "GMT+1", "Europe/Paris\0"],
)  # fmt: skip
def test_anything_but_a_name_in_the_database_is_not_a_zone(text: str) -> None:
    assert read_timezone(text) is None


def test_every_zone_of_the_database_is_read_back_and_can_be_opened() -> None:
    names = zoneinfo.available_timezones() - {"localtime", "Factory"}
    assert len(names) > 400
    assert {read_timezone(name.upper()) for name in names} == names
    assert {zoneinfo.ZoneInfo(name).key for name in names} == names


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("Europe/Pari", "time zone 'Europe/Pari' is not known: did you mean Europe/Paris?"),
        (
            "america/new york",
            "time zone 'america/new york' is not known: did you mean America/New_York?",
        ),
        (
            "12345",
            "time zone '12345' is not known: use a name such as Europe/Paris, America/New_York "
            "or UTC",
        ),
    ],
)
def test_the_error_for_an_unknown_zone_names_the_nearest(text: str, refusal: str) -> None:
    with pytest.raises(UnknownTimezone) as refused:
        parse_timezone(text)
    assert str(refused.value) == refusal
