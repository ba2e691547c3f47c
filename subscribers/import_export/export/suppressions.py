"""
Read the suppressions of many people: where each holds, why, since and until when, and its note.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from subscribers.database import tables
from subscribers.import_export.export.who import ExportedPeople
from subscribers.suppression.model import ALL_LISTS

_p, _x = tables.subscriber, tables.suppression
_COLUMNS = ("scope", "reason", "since", "expires_at", "note")
Groups = dict[Any, list[dict[str, Any]]]
_NONE: Mapping[int, str] = {}


class SuppressionCells:
    """
    Reads the suppressions of people as cells of JSON, unless nobody is suppressed.
    """

    def __init__(self, connection: sa.Connection, who: ExportedPeople) -> None:
        self._connection = connection
        self._who = who
        self._has_any = connection.execute(sa.select(_x.c.id).limit(1)).first() is not None

    def of(self, rows: Sequence[sa.Row[Any]]) -> Mapping[int, str]:
        """
        Return the cells of those people in the rows of `select_rows` who are suppressed anywhere.
        In an export of one list, a row already tells whether its person is.
        """
        if self._has_any and self._who.mailing_list is not None:
            rows = [row for row in rows if row.everywhere_reason or row.here_reason]
        if not self._has_any or not rows:
            return _NONE
        found = suppressions_of(self._connection, [row.id for row in rows], self._who)
        return {
            number: orjson.dumps(theirs, option=orjson.OPT_UTC_Z).decode()
            for number, theirs in found.items()
        }


def suppressions_of(
    connection: sa.Connection, numbers: Sequence[int], who: ExportedPeople
) -> Groups:
    """
    Return the suppressions of people by their numbers; in an export of one list, those that hold
    there. Lists that a person is not on count too.
    """
    against = (
        sa.select(_p.c.id.label("subscriber_id"), *(_x.c[name] for name in _COLUMNS))
        .join_from(_p, _x, _x.c.email_key == _p.c.email_key)
        .where(_p.c.id.in_(numbers))
        .order_by(_x.c.scope)
    )
    if who.mailing_list is not None:
        against = against.where(_x.c.scope.in_([ALL_LISTS, who.mailing_list.slug]))
    return grouped(connection.execute(against).mappings(), "subscriber_id", _COLUMNS)


def grouped(rows: sa.MappingResult, key: str, columns: Sequence[str]) -> Groups:
    """
    Return the *columns* of the rows by the value of *key*.
    """
    found: Groups = {}
    for row in rows:
        found.setdefault(row[key], []).append(_only(row, columns))
    return found


def _only(row: sa.RowMapping, columns: Sequence[str]) -> dict[str, Any]:
    return {column: _shown(row[column]) for column in columns}


def _shown(value: Any) -> Any:
    return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
