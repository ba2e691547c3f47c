"""
Find out how a database would execute each statement, and which statements scan a large table.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

import newsletter.store.tables  # noqa: F401
from newsletter.store.database import Database
from subscribers.database.tables import metadata

ROOT = Path(__file__).resolve().parent.parent.parent
LARGE = (
    "delivery", "batch", "subscription", "subscriber", "suppression", "exclusion", "consent",
    "ask_run_person",
)  # fmt: skip
# An index over few of a table's rows may be read whole.
SMALL = frozenset(
    index.name
    for table in metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
)
_ALIAS = re.compile(rf"\b({'|'.join(LARGE)}) AS (\w+)")
_BOOK = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass(frozen=True)
class Spoken:
    """
    A statement, one set of its values, and the functions of ours that led to it, innermost first,
    as `newsletter.store.delivery.claims.claim_batch`.
    """

    statement: str
    values: Any
    speakers: tuple[str, ...]


@contextmanager
def recorded(database: Database) -> Iterator[list[Spoken]]:
    """
    Return a list that fills with every statement sent to the database.
    """
    spoken: list[Spoken] = []

    def note(
        _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if statement.lstrip().startswith(_BOOK):
            one = values[0] if many and isinstance(values, list) else values
            spoken.append(Spoken(statement, one, _speakers()))

    event.listen(database.engine, "before_cursor_execute", note)
    yield spoken
    event.remove(database.engine, "before_cursor_execute", note)


def _speakers() -> tuple[str, ...]:
    frame, found = sys._getframe(2), []
    while frame is not None:
        place = Path(frame.f_code.co_filename)
        if any(place.is_relative_to(ROOT / package) for package in ("newsletter", "subscribers")):
            module = ".".join(place.relative_to(ROOT).with_suffix("").parts)
            found.append(f"{module}.{frame.f_code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(found) or ("nobody of ours",)


def speakers_of(module: ModuleType) -> set[str]:
    """
    The functions of *module* that are handed a connection, as speakers are called.
    """
    return {
        f"{module.__name__}.{name}"
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(found).parameters), "") == "connection"
    }


def walks_in(database: Database, spoken: list[Spoken]) -> dict[str, set[str]]:
    """
    Return the large tables that each function scans from end to end, by their rows or by a whole
    index.
    """
    look = _sqlite_walks if database.file else _postgres_walks
    found: dict[str, set[str]] = {}
    with database.read() as connection:
        for one in {(s.statement, s.speakers): s for s in spoken}.values():
            names = {alias: table for table, alias in _ALIAS.findall(one.statement)}
            for walked in look(connection, one):
                table = names.get(walked, walked)
                if table in LARGE:
                    found.setdefault(one.speakers[0], set()).add(table)
    return found


def _sqlite_walks(connection: sa.Connection, one: Spoken) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one.statement}", one.values).all()
    steps = [str(step[-1]) for step in plan]
    return [
        step.split()[1]
        for step in steps
        if step.startswith("SCAN ") and step.split()[-1] not in SMALL
    ]


def _postgres_walks(connection: sa.Connection, one: Spoken) -> list[str]:
    asked = f"EXPLAIN (FORMAT JSON) {one.statement}"
    (found,) = connection.exec_driver_sql(asked, one.values).one()
    plan = found if isinstance(found, list) else json.loads(found)
    return [str(node["Relation Name"]) for node in _nodes(plan[0]["Plan"]) if _walks(node)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _nodes(below)


def _walks(node: dict[str, Any]) -> bool:
    kind = node["Node Type"]
    if kind == "Bitmap Heap Scan":
        indexes = [one for one in _nodes(node) if one["Node Type"] == "Bitmap Index Scan"]
        return any(_is_whole(one) for one in indexes)
    return kind == "Seq Scan" or (kind in ("Index Scan", "Index Only Scan") and _is_whole(node))


def _is_whole(node: dict[str, Any]) -> bool:
    return "Index Cond" not in node and node["Index Name"] not in SMALL
