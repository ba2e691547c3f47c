"""
Add the epoch of the installation, and let no number of an issue, batch, delivery or subscription be
used twice.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "2026_12_epoch"
down_revision = "2026_12_known_keys"
branch_labels = None
depends_on = None

_NUMBERED = ("issue", "batch", "delivery", "subscription")


def upgrade() -> None:
    op.create_table(
        "epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
    )
    for name in ("created_epoch", "frozen_epoch"):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("issue", column)
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
    # SQLite makes its table of the numbers with the first table that needs it.
    op.execute("CREATE TABLE counting (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    op.execute("DROP TABLE counting")
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
