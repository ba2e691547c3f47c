"""
The back-off, Retry-After, and the rate limits in headers.
"""

from __future__ import annotations

import datetime as dt
import random

import pytest

from newsletter.model.rate import Backoff, RateHeaders, parse_retry_after, read_rate

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


class Steady(random.Random):
    """
    Returns one number for ever.
    """

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def random(self) -> float:
        return self.value


def test_back_off_doubles_from_five_seconds_to_fifteen_minutes():
    backoff = Backoff(Steady(0.0))
    waits = [backoff.wait(tries).total_seconds() for tries in range(10)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_back_off_adds_up_to_a_quarter():
    backoff = Backoff(Steady(1.0))
    assert [backoff.wait(n).total_seconds() for n in (0, 20)] == [6.25, 1125]


def test_a_thousand_tries_wait_no_longer_than_ten():
    assert Backoff(Steady(0.5)).wait(1000) == Backoff(Steady(0.5)).wait(10)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Wed, 04 Mar 2026 12:00:30 GMT", 30.0),
        ("Wednesday, 04-Mar-26 12:00:30 GMT", 30.0),
        ("Wed Mar  4 12:00:30 2026", 30.0),
        ("Wed, 04 Mar 2026 11:00:00 GMT", 0.0),
        ("Thu, 04 Mar 2027 12:00:00 GMT", 86_400.0),
        ("999999999999", 86_400.0),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date(value: str, seconds: float):
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1e9", "٣", "nan", "inf", "Wed, 99 Mar 2026 12:00:00 GMT", "5 s"]
)
def test_a_wait_that_cannot_be_read_is_none(value: str):
    assert parse_retry_after(value, NOW) is None


BREVO = RateHeaders(
    limit="x-sib-ratelimit-limit",
    remaining="x-sib-ratelimit-remaining",
    reset="x-sib-ratelimit-reset",
    window_s=60.0,
)
SENDGRID = RateHeaders(
    limit="x-ratelimit-limit",
    remaining="x-ratelimit-remaining",
    reset="x-ratelimit-reset",
    reset_is_instant=True,
)


@pytest.mark.parametrize(
    ("form", "headers", "given"),
    [
        (RateHeaders(), {}, (None, None)),
        (
            RateHeaders(),
            {"ratelimit-limit": "5", "ratelimit-remaining": "3", "ratelimit-reset": "1"},
            (5.0, None),
        ),
        (
            RateHeaders(),
            {"ratelimit-limit": "5", "ratelimit-remaining": "0", "ratelimit-reset": "30"},
            (5.0, 30.0),
        ),
        # Within this second: the pace is even anyway.
        (RateHeaders(), {"ratelimit-remaining": "0", "ratelimit-reset": "1"}, (None, None)),
        # Drafts 03 to 06, 07, and 08 to 10.
        (RateHeaders(), {"ratelimit-limit": "100, 100;w=10"}, (100.0, None)),
        (
            RateHeaders(),
            {"ratelimit-limit": "100", "ratelimit-policy": "100;w=10, 1000;w=1000"},
            (1.0, None),
        ),
        (
            RateHeaders(),
            {"ratelimit": "limit=20, remaining=0, reset=7", "ratelimit-policy": "20;w=10"},
            (2.0, 7.0),
        ),
        (
            RateHeaders(),
            {"ratelimit": '"sends";r=0;t=9', "ratelimit-policy": '"sends";q=50;w=10'},
            (5.0, 9.0),
        ),
        (
            BREVO,
            {"x-sib-ratelimit-limit": "120", "x-sib-ratelimit-remaining": "0",
             "x-sib-ratelimit-reset": "12"},
            (2.0, 12.0),
        ),
        (
            SENDGRID,
            {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "0",
             "x-ratelimit-reset": f"{NOW.timestamp() + 20:.0f}"},
            (600.0, 20.0),
        ),
        (RateHeaders(), {"ratelimit-limit": "many", "ratelimit-policy": "5;w=0"}, (None, None)),
        (RateHeaders(), {"ratelimit-limit": "0"}, (None, None)),
    ],
)  # fmt: skip
def test_what_headers_say_of_a_rate_is_read_in_every_form(
    form: RateHeaders, headers: dict[str, str], given: tuple[float | None, float | None]
):
    assert read_rate(headers, form, NOW) == given
