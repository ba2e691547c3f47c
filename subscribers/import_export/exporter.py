"""
Write a list's people to a CSV file that `importer` can read again without loss.

RFC 4180 with LF, UTF-8, times in ISO 8601 with Z. Cells that a spreadsheet would take for formulas
have an apostrophe before them, which `importer` takes off.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.fields.declare import all_fields
from subscribers.fields.values import values_of_all
from subscribers.import_export.cells import guard_formula
from subscribers.import_export.status_words import stored_status
from subscribers.model import MailingList
from subscribers.suppression.model import ALL_LISTS

COLUMNS = (
    "id",
    "email",
    "name",
    "status",
    "status_reason",
    "status_changed_at",
    "subscribed_at",
    "confirmed_at",
    "consent",
    "optin_source",
    "lists",
    "language",
    "timezone",
)
_ROWS_AT_ONCE = 2_000


def export_csv(
    connection: sa.Connection, out: IO[str], *, mailing_list: MailingList, is_raw: bool = False
) -> int:
    """
    Write everybody who is on the list, was on it, or has not confirmed yet, except erased people.
    Return the number of people. Each declared field has a column of its name. If *is_raw*, the
    cells are written as they are stored, for programs that do not know the guard against formulas.

    Rows are read and written a few thousand at a time.
    """
    writer = csv.writer(out, lineterminator="\n")
    fields = [field.name for field in all_fields(connection)]
    writer.writerow([*COLUMNS, *fields])
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        _select_people(mailing_list)
    )
    written = 0
    for part in rows.partitions():
        values = values_of_all(connection, [row.id for row in part]) if fields else {}
        cells = (
            (*_cells(row, mailing_list.slug), *_values(values.get(row.id, {}), fields))
            for row in part
        )
        writer.writerows(cells if is_raw else map(_guarded, cells))
        written += len(part)
    return written


def _select_people(mailing_list: MailingList) -> sa.Select[Any]:
    p, s, c, x = tables.subscriber, tables.subscription, tables.consent, tables.suppression
    everywhere, here = x.alias("everywhere"), x.alias("here")
    later = c.alias("later")
    latest = (
        sa.select(sa.func.max(later.c.id)).where(later.c.subscription_id == s.c.id)
    ).scalar_subquery()
    columns = (
        p.c.id,
        p.c.email,
        p.c.name,
        p.c.language,
        p.c.timezone,
        s.c.state,
        s.c.since,
        s.c.created_at,
        s.c.ended_reason,
        c.c.text,
        c.c.source,
        c.c.given_at,
        sa.func.coalesce(everywhere.c.reason, here.c.reason).label("suppressed"),
        sa.func.coalesce(everywhere.c.since, here.c.since).label("suppressed_at"),
    )

    def suppresses(table: Any, scope: str) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.email_key == p.c.email_key, table.c.scope == scope)

    return (
        sa.select(*columns)
        .join_from(s, p, p.c.id == s.c.subscriber_id)
        .outerjoin(c, c.c.id == latest)
        .outerjoin(everywhere, suppresses(everywhere, ALL_LISTS))
        .outerjoin(here, suppresses(here, mailing_list.slug))
        .where(s.c.list_id == mailing_list.id, p.c.erased_at.is_(None))
        # The order of the index, which avoids sorting.
        .order_by(s.c.state, s.c.subscriber_id)
    )


def _cells(row: sa.Row[Any], slug: str) -> tuple[Any, ...]:
    reason, since = row.ended_reason, row.since
    if row.suppressed:
        reason, since = row.suppressed, row.suppressed_at
    return (
        row.id,
        row.email,
        row.name,
        stored_status(row.state, row.suppressed).value,
        reason,
        _iso(since),
        _iso(row.created_at),
        _iso(row.given_at),
        row.text,
        row.source,
        slug,
        row.language,
        row.timezone,
    )


def _values(values: Mapping[str, str], fields: Sequence[str]) -> Iterator[str | None]:
    return (values.get(name) for name in fields)


def _guarded(cells: Sequence[Any]) -> list[Any]:
    return [guard_formula(cell) if isinstance(cell, str) else cell for cell in cells]


def _iso(time: dt.datetime | None) -> str:
    return time.isoformat().replace("+00:00", "Z") if time else ""
