"""
Read and write files of suppressions: addresses, domains and hashes, as other products export them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import InvalidAddress
from subscribers.history.model import Origin
from subscribers.import_export.text_file import open_text
from subscribers.suppression.bulk import NewSuppression, suppress_all
from subscribers.suppression.model import RULE_PREFIX
from subscribers.suppression.rules import add_rule, apply_to_known, parse_rule, shown_rule
from subscribers.validation.address import parse_address

_x = tables.suppression
_CHUNK = 2_000
_FIRST_INVALID = 5


@dataclass(frozen=True, kw_only=True)
class SuppressionImport:
    """
    How many lines of a file held an address, a domain or a hash, how many of these are suppressed
    only now, and how many lines held none of them. `first_invalid` has the numbers of the first of
    these lines.
    """

    addresses: int = 0
    domains: int = 0
    hashes: int = 0
    added: int = 0
    invalid: int = 0
    first_invalid: tuple[int, ...] = ()


def import_suppressions(
    engine: sa.Engine,
    path: Path,
    new: NewSuppression,
    *,
    by: Origin,
    now: dt.datetime,
    dry_run: bool = False,
) -> SuppressionImport:
    """
    Suppress what the lines of a file name, some thousand in each transaction. Of a line with
    several columns the first that names something counts; a first line that names nothing is the
    heading.

    Raises:
        ImportRefused: the file cannot be read.
    """
    done = SuppressionImport()
    with open_text(path) as text:
        numbered = enumerate(csv.reader(_cells_of(text.lines())), start=1)
        while chunk := list(itertools.islice(numbered, _CHUNK)):
            done = _import(engine, chunk, new, done, by=by, now=now, dry_run=dry_run)
    if done.hashes and not dry_run:
        with engine.begin() as connection:
            apply_to_known(connection, by=by, now=now)
    return done


def _cells_of(lines: Iterator[str]) -> Iterator[str]:
    """
    Yield the lines with commas between their cells, whatever separates them.
    """
    for line in lines:
        yield line.replace("\0", "").replace(";", ",").replace("\t", ",")


def _import(
    engine: sa.Engine,
    rows: list[tuple[int, list[str]]],
    new: NewSuppression,
    done: SuppressionImport,
    *,
    by: Origin,
    now: dt.datetime,
    dry_run: bool,
) -> SuppressionImport:
    named = [(number, read_suppressed(cells)) for number, cells in rows if any(cells)]
    invalid = [number for number, key in named if key is None and number > 1]
    keys = dict.fromkeys(key for _, key in named if key is not None)
    rules = [key for key in keys if key.startswith(RULE_PREFIX)]
    hashes = [key for key in rules if ":" in key]
    domains = [key for key in rules if ":" not in key]
    addresses = [key for key in keys if not key.startswith(RULE_PREFIX)]
    added = 0
    if not dry_run:
        with engine.begin() as connection:
            added = suppress_all(connection, [*addresses, *hashes], new, by=by, now=now)
            for domain in domains:
                added += add_rule(connection, domain, new, by=by, now=now)
    return replace(
        done,
        addresses=done.addresses + len(addresses),
        domains=done.domains + len(domains),
        hashes=done.hashes + len(hashes),
        added=done.added + added,
        invalid=done.invalid + len(invalid),
        first_invalid=(*done.first_invalid, *invalid)[:_FIRST_INVALID],
    )


def read_suppressed(cells: list[str]) -> str | None:
    """
    Return the key of the first cell that is an address, a domain or a hash; None if none is.
    """
    for cell in cells:
        try:
            if key := parse_rule(cell):
                return key
            return parse_address(cell).key
        except InvalidAddress:
            continue
    return None


def export_suppressions(
    connection: sa.Connection, out: TextIO, *, is_hashed: bool = False
) -> tuple[int, int]:
    """
    Write the suppressions as CSV. With *is_hashed*, write SHA-256 of the addresses in place of
    them, for those who must not mail them either. Return how many were written, and how many were
    left out: erased people, of whom only our own keyed hash is known.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["sha256"] if is_hashed else ["address", "reason", "scope", "since", "expires_at"]
    )
    written = left_out = 0
    query = sa.select(_x).where(_x.c.rule.is_(None)).order_by(_x.c.email_key, _x.c.scope)
    for row in connection.execute(query).yield_per(_CHUNK):
        shown = _shown(row.email_key, is_hashed=is_hashed)
        if shown is None:
            left_out += 1
            continue
        written += 1
        ends = row.expires_at.isoformat() if row.expires_at else ""
        more = [row.reason, row.scope, row.since.isoformat(), ends]
        writer.writerow([shown] if is_hashed else [shown, *more])
    return written, left_out


def _shown(key: str, *, is_hashed: bool) -> str | None:
    """
    Return what an export says for a key: None for a keyed hash, and for a rule that has no hash.
    """
    shown = shown_rule(key)
    is_keyed = key.startswith(RULE_PREFIX) and shown == key and "." not in key
    if is_keyed:
        return None
    if not is_hashed:
        return shown
    if key.startswith(f"{RULE_PREFIX}sha256:"):
        return shown
    return None if key.startswith(RULE_PREFIX) else hashlib.sha256(key.encode()).hexdigest()
