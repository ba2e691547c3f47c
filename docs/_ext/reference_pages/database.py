"""
Describe every table out of the metadata: its sentence, and type, key and sentence of each column.

The sentence of a table is the string below it in its module, that of a column its `doc`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sphinx.pycode import ModuleAnalyzer

from subscribers.database.columns import UtcDateTime

MODULES = (
    "subscribers.database.tables",
    "subscribers.database.history_tables",
    "subscribers.database.job_tables",
    "subscribers.database.asking_tables",
    "subscribers.database.request_tables",
    "subscribers.database.preference_tables",
    "subscribers.database.field_tables",
    "subscribers.database.segment_tables",
    "newsletter.store.tables.content",
    "newsletter.store.tables.images",
    "newsletter.store.tables.scheduling",
    "newsletter.store.tables.issues",
    "newsletter.store.tables.notices",
    "newsletter.store.tables.delivery",
    "newsletter.store.tables.flow_control",
    "newsletter.store.tables.events",
    "newsletter.store.tables.outgoing",
    "newsletter.store.tables.signup",
    "newsletter.store.tables.access",
    "newsletter.store.tables.audit",
    "newsletter.store.tables.api",
    "newsletter.store.tables.operations",
)
_TYPES: Sequence[tuple[type[Any], str]] = (
    (UtcDateTime, "time"),
    (sa.Date, "date"),
    (sa.Boolean, "true or false"),
    (sa.JSON, "JSON"),
    (sa.LargeBinary, "bytes"),
    (sa.Integer, "whole number"),
    (sa.Numeric, "number"),
    (sa.String, "text"),
)


def describe_database() -> str:
    """
    Return the Markdown of all tables, people first.
    """
    lines: list[str] = []
    for table, sentence in tables():
        lines += [
            "",
            f"## {table.name}",
            "",
            sentence,
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        ]
        lines += [_row(column) for column in table.columns]
        lines += [""]
        lines += [f"Unique: {', '.join(names)}." for names in _unique(table)]
    return "\n".join(lines)


def tables() -> Iterator[tuple[sa.Table, str]]:
    """
    Yield each table with the sentence below it, empty if there is none.
    """
    for name in MODULES:
        documented = ModuleAnalyzer.for_module(name).find_attr_docs()
        for word, value in vars(importlib.import_module(name)).items():
            if isinstance(value, sa.Table):
                yield value, " ".join(" ".join(documented.get(("", word), [])).split())


def _row(column: sa.Column[object]) -> str:
    remarks = [f"{column.doc}." if column.doc else ""]
    remarks += [f"Refers to `{key.column}`." for key in column.foreign_keys]
    if column.primary_key:
        remarks.append("Primary key.")
    elif column.nullable:
        remarks.append("May be empty.")
    if column.unique:
        remarks.append("Unique.")
    return f"| `{column.name}` | {_type(column)} | {' '.join(filter(None, remarks))} |"


def _type(column: sa.Column[object]) -> str:
    kind = column.type
    return next((word for known, word in _TYPES if isinstance(kind, known)), str(kind))


def _unique(table: sa.Table) -> Iterator[list[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint) and len(constraint.columns) > 1:
            yield [f"`{column.name}`" for column in constraint.columns]
