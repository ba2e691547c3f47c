"""
The tables of the running processes: who hands over, what stops them, what the operator was told,
and which database is the original.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.columns import BigId, UtcDateTime
from subscribers.schema import metadata

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("beat_at", UtcDateTime, nullable=False),
)

stop = sa.Table(
    "stop",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

original = sa.Table(
    "original",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("handed", BigId, nullable=False),
)
