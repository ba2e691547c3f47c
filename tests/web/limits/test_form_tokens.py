"""
What the token of a form tells about who sends it.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.web.limits.form_tokens import HONEYPOT, FormTokens, FormVerdict, is_trapped
from subscribers.tokens import KeyRing

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
FORMS = FormTokens(KeyRing(b"a-secret-of-the-tests"))


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (dt.timedelta(seconds=-5), FormVerdict.TOO_FAST),
        (dt.timedelta(seconds=0), FormVerdict.TOO_FAST),
        (dt.timedelta(seconds=2.9), FormVerdict.TOO_FAST),
        (dt.timedelta(seconds=3), FormVerdict.OK),
        (dt.timedelta(hours=24), FormVerdict.OK),
        (dt.timedelta(hours=24, seconds=1), FormVerdict.EXPIRED),
    ],
)
def test_a_form_is_valid_from_three_seconds_to_a_day(
    age: dt.timedelta, verdict: FormVerdict
) -> None:
    assert FORMS.check("join/daily", FORMS.token("join/daily", NOW), NOW + age) is verdict


@pytest.mark.parametrize(("age", "missing"), [(-5, 3), (0, 3), (1, 2)])
def test_a_form_that_was_sent_too_fast_waits_at_most_three_seconds(
    age: int, missing: float
) -> None:
    token = FORMS.token("join/daily", NOW)
    assert FORMS.missing_s("join/daily", token, NOW + dt.timedelta(seconds=age)) == missing


@pytest.mark.parametrize("token", ["x", "test", "A" * 30, "é", "\ud800", "A" * 10_000])
def test_a_token_that_was_not_signed_here_is_forged(token: str) -> None:
    assert FORMS.check("join/daily", token, NOW) is FormVerdict.FORGED


def test_the_token_of_another_form_is_forged() -> None:
    token = FORMS.token("join/weekly", NOW)
    later = NOW + dt.timedelta(minutes=1)
    assert FORMS.check("join/daily", token, later) is FormVerdict.FORGED


def test_a_form_without_a_token_is_on_another_page() -> None:
    assert FORMS.check("join/daily", "", NOW) is FormVerdict.MISSING


def test_a_form_that_was_open_while_the_secret_was_rotated_stays_valid() -> None:
    token = FORMS.token("join/daily", NOW)
    rotated = FormTokens(KeyRing(b"a-new-secret-of-the-tests", [b"a-secret-of-the-tests"]))
    later = NOW + dt.timedelta(minutes=1)
    assert rotated.check("join/daily", token, later) is FormVerdict.OK


def test_only_programs_fill_in_what_people_do_not_see() -> None:
    assert is_trapped({HONEYPOT: "https://buy.example"})
    assert not is_trapped({HONEYPOT: ""})
    assert not is_trapped({})
