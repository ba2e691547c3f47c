"""
Read times for a file without parsing them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa


def as_stored(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """
    Return a column of times as the driver has them: SQLite's as text, PostgreSQL's as times.
    """
    return sa.type_coerce(column, sa.String)


def shown_time(time: dt.datetime | str) -> str:
    """
    Return a time that was read `as_stored` in ISO 8601, with Z.
    """
    if isinstance(time, str):
        return time.replace(" ", "T").removesuffix(".000000") + "Z"
    return time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
