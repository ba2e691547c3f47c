"""
Let no number of a brief, list, schedule, source, segment, tag, field or webhook be used twice:
other rows, links, events and programs keep the number of one that was removed.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "2026_12_own_numbers"
down_revision = "2026_12_own_sites"
branch_labels = None
depends_on = None

_NUMBERED = (
    "brief",
    "field",
    "mailing_list",
    "outgoing_webhook",
    "schedule",
    "segment",
    "source",
    "tag",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _count_on()


def _count_on() -> None:
    """
    Make SQLite count on from the highest number it ever gave (AUTOINCREMENT).

    The rows stay as they are: only the text of the schema is changed, as in
    https://sqlite.org/lang_altertable.html#otheralter. Rebuilding a table would delete the rows
    that refer to it.
    """
    connection = op.get_bind()
    op.execute("PRAGMA writable_schema=ON")
    for table in _NUMBERED:
        named = {"name": table}
        found = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"
        before = connection.execute(sa.text(found), named).scalar_one()
        changed = "UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"
        connection.execute(sa.text(changed), {**named, "sql": _with_autoincrement(before, table)})
    op.execute("PRAGMA writable_schema=RESET")


def _with_autoincrement(sql: str, table: str) -> str:
    column = "id INTEGER NOT NULL"
    new, keys = re.subn(rf",\s*CONSTRAINT pk_{table} PRIMARY KEY \(id\)", "", sql)
    new, columns = re.subn(rf"\b{column}(?=,)", f"{column} PRIMARY KEY AUTOINCREMENT", new)
    assert (keys, columns) == (1, 1), sql
    return new
