"""
Write people to a CSV file that `importer` can read again. Of the consents it has only the last;
`json_lines` keeps the others too.

RFC 4180 with LF, UTF-8, times in ISO 8601 with Z. Cells that a spreadsheet would take for formulas
have an apostrophe before them, which `importer` takes off. A person is one row for all of the lists
about which the row says the same; for other lists there is another row.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import IO, Any

import sqlalchemy as sa

from subscribers.import_export.cells import guard_formula, join_notes
from subscribers.import_export.export.more_values import MoreValues
from subscribers.import_export.export.select_rows import select_rows
from subscribers.import_export.export.suppressions import SuppressionCells
from subscribers.import_export.export.times import shown_time
from subscribers.import_export.export.who import ExportedPeople
from subscribers.import_export.garbage_collection import paused_garbage_collection
from subscribers.import_export.status_words import RowStatus, stored_status

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
    "unsubscribed_at",
    "bounced_at",
    "suppressed_on",
    "suppressions",
    "lists",
    "tags",
    "language",
    "timezone",
    "notes",
)
EVERY_LIST, THIS_LIST = "every list", "this list"
_LISTS = COLUMNS.index("lists")
_ROWS_AT_ONCE = 2_000
Cells = tuple[Any, ...]


def export_csv(
    connection: sa.Connection, out: IO[str], *, who: ExportedPeople, is_raw: bool = False
) -> int:
    """
    Write these people and return their number. Each declared field has a column of its name. If
    *is_raw*, the cells are written as they are stored, for programs that do not know the guard
    against formulas.

    Rows are read and written a few thousand at a time.
    """
    writer = csv.writer(out, lineterminator="\n")
    more, against = MoreValues(connection, who.reach), SuppressionCells(connection, who)
    writer.writerow([*COLUMNS, *more.fields])
    guard = _as_it_is if is_raw else guard_formula
    written = 0
    parts = _parts(connection, who)
    while True:
        with paused_garbage_collection():
            part = next(parts, None)
            if part is None:
                return written
            cells = _cells_of(part, more, against, guard)
            writer.writerows(cells if who.mailing_list else _joined(cells))
            written += len({row.id for row in part})


def _parts(connection: sa.Connection, who: ExportedPeople) -> Iterator[Sequence[sa.Row[Any]]]:
    """
    Yield the rows in parts; those about one person are in the same part.
    """
    found = connection.execute(select_rows(who).execution_options(yield_per=_ROWS_AT_ONCE))
    left: list[sa.Row[Any]] = []
    for part in found.partitions():
        rows = [*left, *part]
        last = rows[-1].id
        end = len(rows)
        while end and rows[end - 1].id == last:
            end -= 1
        left = rows[end:]
        yield rows[:end]
    yield left


def _cells_of(
    part: Sequence[sa.Row[Any]],
    more: MoreValues,
    against: SuppressionCells,
    guard: Callable[[str], str],
) -> Iterator[Cells]:
    numbers = [row.id for row in part]
    tags, notes, values = more.of(numbers)
    suppressions = against.of(part)
    blank = [""] * len(more.fields)
    for row, number in zip(part, numbers, strict=True):
        yield _cells(
            row,
            guard,
            suppressions.get(number),
            tags.get(number),
            notes.get(number),
            values.get(number, blank),
        )


def _cells(
    row: Sequence[Any],
    guard: Callable[[str], str],
    suppressions: str | None,
    tags: Sequence[str] | None,
    notes: Sequence[str] | None,
    values: Sequence[str],
) -> Cells:
    (
        number, email, name, language, timezone, state, since, created_at, reason, consent, source,
        given_at, everywhere, everywhere_since, here, here_since, slug,
    ) = row  # fmt: skip
    suppressed_on = None
    if everywhere:
        reason, since, suppressed_on = everywhere, everywhere_since, EVERY_LIST
    elif here:
        reason, since, suppressed_on = here, here_since, THIS_LIST
    status = stored_status(state, everywhere or here)
    changed_at = shown_time(since)
    return (
        number,
        guard(email),
        name and guard(name),
        status.value,
        reason and guard(reason),
        changed_at,
        shown_time(created_at),
        given_at and shown_time(given_at),
        consent and guard(consent),
        source and guard(source),
        changed_at if status is RowStatus.UNSUBSCRIBED else None,
        changed_at if status is RowStatus.BOUNCED else None,
        suppressed_on,
        suppressions and guard(suppressions),
        slug,
        tags and guard(join_words(tags)),
        language and guard(language),
        timezone,
        notes and guard(join_notes(notes)),
        *map(guard, values),
    )


def join_words(words: Sequence[str]) -> str:
    """
    Join tags or slugs by semicolons; one with a quote is quoted as in CSV.
    """
    joined = ";".join(words)
    if '"' not in joined:
        return joined
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="").writerow(words)
    return out.getvalue()


def _joined(rows: Iterable[Cells]) -> Iterator[Cells]:
    """
    Join rows about one person that differ only in the list.
    """
    for _, theirs in itertools.groupby(rows, key=itemgetter(0)):
        first, *others = theirs
        if not others:
            yield first
            continue
        slugs: dict[Cells, list[str]] = {}
        for cells in (first, *others):
            slugs.setdefault((*cells[:_LISTS], *cells[_LISTS + 1 :]), []).append(cells[_LISTS])
        for cells, of_these in slugs.items():
            yield (*cells[:_LISTS], join_words(of_these), *cells[_LISTS:])


def _as_it_is(cell: str) -> str:
    return cell
