"""
Read and write files of suppressions: addresses, domains and hashes, as other products export them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.history.model import Origin
from subscribers.import_export.cells import guard_formula, take_guard_off
from subscribers.import_export.csv_records import CsvRecord, read_records
from subscribers.import_export.text_file import open_text
from subscribers.suppression.bulk import NewSuppression, suppress_each
from subscribers.suppression.model import RULE_PREFIX
from subscribers.suppression.own_file import HEADING, is_own_heading, read_own_row
from subscribers.suppression.read_key import known_reason, read_suppressed, reason_column
from subscribers.suppression.rule_keys import KeyKind, kind_of
from subscribers.suppression.rules import add_rule, apply_to_known, shown_rule

_x = tables.suppression
_CHUNK = 2_000
_FIRST_INVALID = 5
_DOMAINS = frozenset({KeyKind.DOMAIN, KeyKind.SUBDOMAINS})


@dataclass(frozen=True, kw_only=True)
class SuppressionImport:
    """
    How many lines of a file held an address, a domain or a hash, how many of these are suppressed
    only now, and how many lines held none of them. `first_invalid` has the numbers of the first of
    these lines. `unknown_reasons` are the lines with a reason that is not known here.
    """

    addresses: int = 0
    domains: int = 0
    hashes: int = 0
    added: int = 0
    invalid: int = 0
    first_invalid: tuple[int, ...] = ()
    unknown_reasons: int = 0


def import_suppressions(
    engine: sa.Engine,
    path: Path,
    new: NewSuppression,
    *,
    by: Origin,
    now: dt.datetime,
    dry_run: bool = False,
    begin: Callable[[], None] = lambda: None,
) -> SuppressionImport:
    """
    Suppress what the lines of a file name, some thousand in each transaction. A file that
    `export_suppressions` wrote says itself why and for how long. In any other, what is *new* holds
    for all lines, except that a column `reason` counts where it has a reason that is known here; of
    a line with several columns the first that names something counts, and a first line that names
    nothing is the heading. A quote that is not closed spoils its own line only.
    *begin* is called once the file can be read, before anything is written.

    Raises:
        ImportRefused: the file cannot be read.
    """
    done = SuppressionImport()
    with open_text(path) as text:
        lines = text.lines()
        first = next(lines, "")
        whole = itertools.chain([first], lines)
        is_own = is_own_heading(first)
        column = None if is_own else reason_column(first)
        records = read_records(_with_commas(whole, is_own=is_own), ",")
        if not dry_run:
            begin()
        while chunk := list(itertools.islice(records, _CHUNK)):
            numbered = [(record.line, _cells_of(record)) for record in chunk]
            rows = [
                (
                    number,
                    read_own_row(cells, new, now=now)
                    if is_own
                    else _read_row(cells, new, column=column),
                )
                for number, cells in numbered
            ]
            unknown = sum(
                row is not None and _has_unknown_reason(cells, column)
                for (_, row), (_, cells) in zip(rows, numbered, strict=True)
            )
            done = replace(done, unknown_reasons=done.unknown_reasons + unknown)
            done = _import(engine, rows, done, by=by, now=now, dry_run=dry_run)
    if done.hashes and not dry_run:
        with engine.begin() as connection:
            apply_to_known(connection, by=by, now=now)
    return done


def _with_commas(lines: Iterator[str], *, is_own: bool) -> Iterator[str]:
    """
    Yield the lines without NUL and with commas between their cells. In a file that *is_own* they
    are there already, and other separators are text.
    """
    for line in lines:
        text = line.replace("\0", "") or "\n"
        yield text if is_own else text.replace(";", ",").replace("\t", ",")


def _cells_of(record: CsvRecord) -> list[str]:
    """
    Return the cells of a record. Of a line with a misplaced quote they are what is between its
    commas: an address in it is still one that must not be mailed.
    """
    cells = record.cells if not record.fault else record.cells[0].replace('"', "").split(",")
    return [take_guard_off(cell) for cell in cells]


def _import(
    engine: sa.Engine,
    rows: Sequence[tuple[int, tuple[str, NewSuppression] | None]],
    done: SuppressionImport,
    *,
    by: Origin,
    now: dt.datetime,
    dry_run: bool,
) -> SuppressionImport:
    invalid = [number for number, named in rows if named is None and number > 1]
    pairs = [named for _, named in rows if named is not None]
    kinds = Counter(kind_of(key) for key in {key for key, _ in pairs})
    addresses, hashes = kinds[KeyKind.ADDRESS], kinds[KeyKind.HASH]
    valid = [(key, new) for key, new in pairs if new.expires_at is None or new.expires_at > now]
    domains = [each for each in valid if kind_of(each[0]) in _DOMAINS]
    added = 0
    if not dry_run:
        with engine.begin() as connection:
            others = [each for each in valid if kind_of(each[0]) not in _DOMAINS]
            added = suppress_each(connection, others, by=by, now=now)
            for domain, new in domains:
                added += add_rule(connection, domain, new, by=by, now=now)
    return replace(
        done,
        addresses=done.addresses + addresses,
        domains=done.domains + kinds.total() - addresses - hashes,
        hashes=done.hashes + hashes,
        added=done.added + added,
        invalid=done.invalid + len(invalid),
        first_invalid=(*done.first_invalid, *invalid)[:_FIRST_INVALID],
    )


def _read_row(
    cells: list[str], new: NewSuppression, *, column: int | None
) -> tuple[str, NewSuppression] | None:
    key = read_suppressed(cells)
    reason = known_reason(_cell(cells, column))
    return None if key is None else (key, replace(new, reason=reason) if reason else new)


def _has_unknown_reason(cells: list[str], column: int | None) -> bool:
    given = _cell(cells, column)
    return bool(given) and known_reason(given) is None


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def export_suppressions(
    connection: sa.Connection, out: TextIO, *, is_hashed: bool = False
) -> tuple[int, int]:
    """
    Write the suppressions as CSV. With *is_hashed*, write SHA-256 of the addresses in place of
    them, for those who must not mail them either. Return how many were written, and how many were
    left out: erased people, of whom only our own keyed hash is known.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["sha256"] if is_hashed else HEADING)
    written = left_out = 0
    query = sa.select(_x).where(_x.c.rule.is_(None)).order_by(_x.c.email_key, _x.c.scope)
    for row in connection.execute(query).yield_per(_CHUNK):
        shown = _shown(row.email_key, is_hashed=is_hashed)
        if shown is None:
            left_out += 1
            continue
        written += 1
        ends = row.expires_at.isoformat() if row.expires_at else ""
        more = [row.reason, row.scope, row.since.isoformat(), ends, row.note]
        # What begins with @ is a domain here, and no formula has that form.
        first = shown if shown.startswith("@") else guard_formula(shown)
        writer.writerow([first] if is_hashed else [first, *map(guard_formula, more)])
    return written, left_out


def _shown(key: str, *, is_hashed: bool) -> str | None:
    """
    Return what an export says for a key: None for a keyed hash, and for a rule that has no hash.
    """
    kind = kind_of(key)
    if kind is KeyKind.KEYED_HASH:
        return None
    if not is_hashed or key.startswith(f"{RULE_PREFIX}sha256:"):
        return shown_rule(key)
    return hashlib.sha256(key.encode()).hexdigest() if kind is KeyKind.ADDRESS else None
