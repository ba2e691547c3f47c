"""
The tables of an installation: the kill switch, sent alerts, and the identity of the database.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

kill_switch = sa.Table(
    "kill_switch",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)
"""What stops everything: a row for each kind of stop that is engaged."""

sent_alert = sa.Table(
    "sent_alert",
    metadata,
    sa.Column(
        "key", sa.Text, primary_key=True, doc="What it was about; empty: the last email of all"
    ),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""The alerts that the operator was sent."""

database_identity = sa.Table(
    "database_identity",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, doc="A random name, the same in every copy"),
    sa.Column(
        "place",
        sa.Text,
        nullable=False,
        doc="A hash of the machine and the path or server it is at",
    ),
    sa.Column(
        "submitted_count",
        BigId,
        nullable=False,
        doc="Rises while batches are submitted; the marker file beside it holds the same",
    ),
    sa.Column(
        "instance",
        sa.Text,
        doc="Of the secret that signs the links in its emails; empty until somebody sends",
    ),
)
"""By which the database knows that it was copied, moved or restored. One row."""
