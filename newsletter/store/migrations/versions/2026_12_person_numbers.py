"""
Let no number of a person be used twice: the links to people's settings name it and never expire.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "2026_12_person_numbers"
down_revision = "2026_12_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _count_on()


def _count_on() -> None:
    """
    Make SQLite count on from the highest number it ever gave (AUTOINCREMENT), by changing the text
    of the schema, as in https://sqlite.org/lang_altertable.html#otheralter.
    """
    connection = op.get_bind()
    of_table = "type = 'table' AND name = 'subscriber'"
    before = connection.scalar(sa.text(f"SELECT sql FROM sqlite_master WHERE {of_table}"))  # noqa: S608
    new, keys = re.subn(r",\s*CONSTRAINT pk_subscriber PRIMARY KEY \(id\)", "", before)
    column = "id INTEGER NOT NULL"
    new, columns = re.subn(rf"\b{column}(?=,)", f"{column} PRIMARY KEY AUTOINCREMENT", new)
    assert (keys, columns) == (1, 1), before
    op.execute("PRAGMA writable_schema=ON")
    changed = sa.text(f"UPDATE sqlite_master SET sql = :sql WHERE {of_table}")  # noqa: S608
    connection.execute(changed, {"sql": new})
    op.execute("PRAGMA writable_schema=RESET")
