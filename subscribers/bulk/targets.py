"""
Find the people that a bulk act is about: those whom a filter matches, or those in a file.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.import_export.read_file import layout_of, read_batches
from subscribers.import_export.rows import BadRow, RowReader
from subscribers.import_export.text_file import open_text

_p = tables.subscriber


@dataclass(frozen=True, kw_only=True)
class Targets:
    """
    The numbers of the people that an act is about, each once. Of a file, `unknown` counts the
    addresses that are no subscriber's and `invalid` the rows without a valid address.
    """

    numbers: Sequence[int]
    unknown: int = 0
    invalid: int = 0


def targets_in_file(engine: sa.Engine, path: Path) -> Targets:
    """
    Find the people in a file: CSV, TSV, or text with one address per line.

    Raises:
        ImportRefused: the file cannot be read.
    """
    layout = layout_of(path)
    reader, numbers, unknown, invalid = RowReader(layout), array("q"), set[int](), 0
    with open_text(path) as text, engine.connect() as connection:
        for batch in read_batches(text, layout):
            keys = set()
            for record in batch:
                try:
                    keys.add(reader.read(record).address.key)
                except BadRow:
                    invalid += 1
            rows = connection.execute(
                sa.select(_p.c.id, _p.c.email_key).where(_p.c.email_key.in_(keys))
            ).all()
            numbers.extend(row.id for row in rows)
            # A hash in place of each address, since a file may have a million.
            unknown.update(map(hash, keys.difference(row.email_key for row in rows)))
    once = array("q", dict.fromkeys(numbers))
    return Targets(numbers=once, unknown=len(unknown), invalid=invalid)


def keys_of(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
    """
    Return the address keys of the people of those numbers, at most some thousand.
    """
    theirs = sa.select(_p.c.email_key).where(_p.c.id.in_(numbers), _p.c.email_key.is_not(None))
    return list(connection.scalars(theirs))
