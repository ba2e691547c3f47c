"""
The times and days in the bodies and parameters of requests and in responses.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema


def _as_utc(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    dt.datetime,
    PlainSerializer(_as_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""
A point in time in a response, in UTC.
"""


def _require_text(value: object) -> object:
    # pydantic would also read a number, as seconds since 1970.
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("write a time such as 2026-03-04T12:00:00Z")
    return value


def _in_utc(value: dt.datetime) -> dt.datetime:
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("it is not a time between the years 1 and 9999 in UTC") from None


GivenMoment = Annotated[AwareDatetime, BeforeValidator(_require_text), AfterValidator(_in_utc)]
"""
A point in time in a request, with its offset from UTC.
"""


def _require_day(value: object) -> object:
    # pydantic would also read a number, and a time at midnight.
    if not isinstance(value, str | dt.date) or len(str(value)) != len("2026-03-04"):
        raise ValueError("write a date such as 2026-03-04")
    return value


GivenDay = Annotated[dt.date, BeforeValidator(_require_day)]
"""
A day in a request.
"""
