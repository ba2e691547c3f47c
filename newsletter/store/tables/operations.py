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

sent_alert = sa.Table(
    "sent_alert",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

database_identity = sa.Table(
    "database_identity",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("submitted_count", BigId, nullable=False),
    # Whose secret signs the links in its mails; NULL until somebody sends.
    sa.Column("instance", sa.Text),
)
