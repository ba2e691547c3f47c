"""
Write hostile texts into every field of an installation that people or others fill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hostile.fields import WRITTEN, Kind
from hostile.vectors import SCRIPT_ADDRESSES
from newsletter.store.database import Database
from newsletter.store.tables import brief
from subscribers.database.tables import metadata

_ADDRESSES = frozenset({"link", "image_url", "url", "src", "address"})
# What can only be certain words, and HTML, which is cleaned before it is stored.
_OTHERS = frozenset(
    ("body_html", "date", "dir", "kind", "lang", "level", "media_type", "published_at", "rule")
)


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """
    What is written: *text* is added to each text, *address* replaces each address.
    """

    text: str
    address: str

    def instead_of(self, value: Any) -> Any:
        """
        Return JSON with the text added to each of its texts.
        """
        if isinstance(value, str):
            return f"{value}{self.text}"
        if is_phrase(value):
            template, values, *others = value
            return [template, self.instead_of(values), *others]
        if isinstance(value, list):
            return [self.instead_of(each) for each in value]
        if isinstance(value, dict):
            return {name: self._named(name, each) for name, each in value.items()}
        return value

    def _named(self, name: str, value: Any) -> Any:
        if name in _ADDRESSES and value:
            return self.address
        return value if name in _OTHERS else self.instead_of(value)


def is_phrase(value: Any) -> bool:
    """
    Return True for a packed phrase: the program wrote it, and others the values in it.
    """
    match value:
        case [str(), dict(), None | str(), None | int()]:
            return True
    return False


def write_vectors(database: Database, vectors: Sequence[str], *, turn: int = 0) -> None:
    """
    Add all the *vectors* to each text that is stored, and put an address that runs a script in the
    place of each address: *turn* decides which.
    """
    address = SCRIPT_ADDRESSES[turn % len(SCRIPT_ADDRESSES)]
    hostile = Hostile(text="".join(vectors), address=address)
    with database.write() as connection:
        for place, kind in WRITTEN.items():
            table, _, column = place.partition(".")
            _write(connection, metadata.tables[table], column, kind, hostile)
        for row in connection.execute(sa.select(brief.c.id, brief.c.fields, brief.c.given)).all():
            values = {"fields": hostile.instead_of(row.fields), "given": row.given}
            if row.given:
                values["given"] = hostile.instead_of(row.given)
            connection.execute(sa.update(brief).where(brief.c.id == row.id).values(values))


def _write(
    connection: sa.Connection, table: sa.Table, name: str, kind: Kind, hostile: Hostile
) -> None:
    keys, column = list(table.primary_key.columns), table.c[name]
    # Where nothing stands, its absence says something: the issue is not paused.
    rows = connection.execute(sa.select(*keys, column).where(column.is_not(None))).all()
    for *values, old in rows:
        new = hostile.address if kind is Kind.ADDRESS else hostile.instead_of(old)
        is_it = [key == value for key, value in zip(keys, values, strict=True)]
        connection.execute(sa.update(table).where(*is_it).values({name: new}))
