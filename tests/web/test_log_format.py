"""
What a line of the log keeps, and what it loses.
"""

from __future__ import annotations

import logging
from typing import Any

import pytest

from newsletter.operations.log_format import RedactingFormatter


def line(message: str, *values: Any) -> str:
    record = logging.LogRecord("newsletter", logging.ERROR, __file__, 1, message, values, None)
    record.created = 0.0
    return RedactingFormatter().format(record)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("no <ada+x@mail.example.org>: refused", "no <…>: refused"),
        ("Key (email_key)=(ada@example.org) exists", "Key (email_key)=(…) exists"),
        ("to 'ö.b@xn--bcher-kva.example',", "to '…',"),
        ("https://h.example/u/AbC-_9?x=1", "https://h.example/u/…?x=1"),
        ("GET /v/%ff%0a broke", "GET /v/… broke"),
        (
            "postgresql+psycopg://u:***@db.org/n is away",
            "postgresql+psycopg://u:***@db.org/n is away",
        ),
        ("batch 7 of issue 3 at 12:30", "batch 7 of issue 3 at 12:30"),
    ],
)
def test_addresses_and_tokens_are_left_out_and_the_rest_stays(said: str, written: str) -> None:
    assert line("%s", said) == f"1970-01-01T00:00:00Z ERROR newsletter: {written}"
