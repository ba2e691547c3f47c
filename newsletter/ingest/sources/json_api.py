"""
Parse the JSON response of an API and look up fields in it; a field of the wrong type counts as
absent. Used by `wordpress` and `ghost`.
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
from subscribers.text.phrases import phrase


def read_response(response: Fetched) -> Any:
    """
    Return the JSON value of *response*. The Content-Type is ignored, because challenge pages often
    claim a wrong one.

    Raises:
        SourceError: it is not JSON. The message names only the host, since the rest of the URL may
            contain a key.
    """
    document = without_lead(response.body)
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as error:
        host = urlsplit(response.url).hostname
        if document.startswith(b"<"):
            raise SourceError(
                phrase("{host} sent a web page instead of JSON", host=host)
            ) from error
        raise SourceError(phrase("{host} sent incomplete or invalid JSON", host=host)) from error


def value_in(values: Any, *path: str) -> Any:
    """
    Follow *path* through nested objects and return the value at its end; None if a step is missing.
    """
    for name in path:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def text_in(values: Any, *path: str) -> str | None:
    """
    Return the text at *path*; None if there is none or it is blank.
    """
    value = value_in(values, *path)
    return value if isinstance(value, str) and value.strip() else None


def list_in(values: Any, *path: str) -> list[Any]:
    """
    Return the list at *path*; an empty one if there is none.
    """
    value = value_in(values, *path)
    return value if isinstance(value, list) else []


def whole_in(values: Any, *path: str) -> int | None:
    """
    Return the positive integer at *path*, also if it is written as text; else None.
    """
    value = value_in(values, *path)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value > 0 else None


def time_in(values: Any, name: str, zone: dt.tzinfo = dt.UTC) -> dt.datetime | None:
    """
    Return the time in the field *name*, in UTC; a time without an offset is taken to be in *zone*.
    """
    return dates.moment(text_in(values, name) or "", zone)
