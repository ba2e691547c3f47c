"""
Find the people that a bulk act is about: those whom a filter matches, or those in a file.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.import_export.read_file import layout_of, read_batches
from subscribers.import_export.rows import BadRow, RowReader
from subscribers.import_export.text_file import open_text
from subscribers.validation.address import Address

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
    numbers, unknown, invalid = array("q"), set[int](), 0
    with engine.connect() as connection:
        for addresses, faults in addresses_in_file(path):
            invalid += faults
            rows = connection.execute(
                sa.select(_p.c.id, _p.c.email_key).where(_p.c.email_key.in_(list(addresses)))
            ).all()
            numbers.extend(row.id for row in rows)
            # A hash in place of each address, since a file may have a million.
            known = {row.email_key for row in rows}
            unknown.update(hash(key) for key in addresses if key not in known)
    once = array("q", dict.fromkeys(numbers))
    return Targets(numbers=once, unknown=len(unknown), invalid=invalid)


def addresses_in_file(path: Path) -> Iterator[tuple[dict[str, Address], int]]:
    """
    Yield the addresses in a file by their keys, in batches of rows, each with the number of its
    rows without a valid address.

    Raises:
        ImportRefused: the file cannot be read.
    """
    layout = layout_of(path)
    reader = RowReader(layout)
    with open_text(path) as text:
        for batch in read_batches(text, layout):
            found, invalid = {}, 0
            for record in batch:
                try:
                    address = reader.read(record).address
                except BadRow:
                    invalid += 1
                else:
                    found[address.key] = address
            yield found, invalid


def keys_of(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
    """
    Return the address keys of the people of those numbers, at most some thousand.
    """
    theirs = sa.select(_p.c.email_key).where(_p.c.id.in_(numbers), _p.c.email_key.is_not(None))
    return list(connection.scalars(theirs))
