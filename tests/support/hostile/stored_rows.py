"""
Bring the database of an installation back to what it was, and say what a request changed in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
Rows = Mapping[str, Mapping[Any, Row]]
# What changes because somebody looks, and how often something was asked for.
_OF_VISITS = frozenset(
    {"staff_session", "draft_visitor", "issue_check", "login_failure", "epoch", "worker"}
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    A row before and after a request: empty if there was none, or is none any more.
    """

    table: str
    old: dict[str, Any]
    new: dict[str, Any]

    def cells(self) -> Iterator[tuple[str, str]]:
        """
        Yield each column whose value is another now, and the value as text.
        """
        if not self.new:
            yield f"{self.table} deleted", str(next(iter(self.old.values())))
        for name, value in self.new.items():
            if name not in self.old or self.old[name] != value:
                yield f"{self.table}.{name}", str(value)


class StoredRows:
    """
    The rows of an SQLite database, as they were when this was made.
    """

    def __init__(self, file: Path) -> None:
        self._live = sqlite3.connect(file, check_same_thread=False)
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        self._live.backup(self._kept)
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        names = {str(name) for (name,) in self._live.execute(query)}
        self._names = sorted(names - _OF_VISITS)
        self.columns = {name: self._columns(name) for name in self._names}
        self.before = self.now()

    def restore(self) -> None:
        """
        Bring back what was there when this was made.
        """
        self._kept.backup(self._live)

    def now(self) -> Rows:
        """
        Return all rows as they are, by the table and the first column.
        """
        return {name: self._rows(name) for name in self._names}

    def changes(self, after: Rows) -> list[Change]:
        """
        Return the rows that *after* has otherwise than they were.
        """
        return [
            Change(table=table, old=self._named(table, old), new=self._named(table, new))
            for table, rows in after.items()
            for key in rows.keys() | self.before[table].keys()
            if (old := self.before[table].get(key)) != (new := rows.get(key))
        ]

    def close(self) -> None:
        self._live.close()
        self._kept.close()

    def _named(self, table: str, row: Row | None) -> dict[str, Any]:
        return {} if row is None else dict(zip(self.columns[table], row, strict=True))

    def _columns(self, table: str) -> tuple[str, ...]:
        return tuple(str(row[1]) for row in self._live.execute(f'PRAGMA table_info("{table}")'))

    def _rows(self, table: str) -> dict[Any, Row]:
        query = f'SELECT rowid, * FROM "{table}"'
        try:
            found = self._live.execute(query)
        except sqlite3.OperationalError:
            # It has no rowid.
            query = f'SELECT NULL, * FROM "{table}"'
            return {row[1:]: row[1:] for row in self._live.execute(query)}
        return {row[0]: row[1:] for row in found}
