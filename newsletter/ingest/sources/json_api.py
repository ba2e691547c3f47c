"""
The JSON response of an API, and the fields in it: a field of the wrong type counts as absent. Used
by `wordpress` and `ghost`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

import orjson

from newsletter.errors import SourceError
from newsletter.ingest.parsing.fields import dates
from newsletter.ingest.sources.feeds.detect import without_lead
from newsletter.isolation.fetcher import Fetched


def read_response(response: Fetched) -> Any:
    """
    Return the JSON value of *response*. Its Content-Type is ignored: challenge pages lie in theirs.

    Raises SourceError when it is no JSON; the line names the host alone, since the rest of an
    address may hold a key.
    """
    document = without_lead(response.body)
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        host = urlsplit(response.url).hostname
        if document.startswith(b"<"):
            raise SourceError(f"{host} answered with a web page, not with JSON") from error
        raise SourceError(f"{host} answered with JSON that broke off or is wrong") from error


def value_in(values: Any, *path: str) -> Any:
    """
    What lies at the end of *path* through nested objects; None when the path ends early.
    """
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def text_in(values: Any, *path: str) -> str | None:
    """
    The text at *path*, None when there is none or only spaces.
    """
    value = value_in(values, *path)
    return value if isinstance(value, str) and value.strip() else None


def list_in(values: Any, *path: str) -> list[Any]:
    """
    The list at *path*, an empty one when there is none.
    """
    value = value_in(values, *path)
    return value if isinstance(value, list) else []


def whole_in(values: Any, *path: str) -> int | None:
    """
    The whole number above 0 at *path*, also one written as text.
    """
    value = value_in(values, *path)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value > 0 else None


def time_in(values: Any, name: str, zone: dt.tzinfo = dt.UTC) -> dt.datetime | None:
    """
    The time called *name*, in UTC; read in *zone* when it has no offset.
    """
    return dates.moment(text_in(values, name) or "", zone)
