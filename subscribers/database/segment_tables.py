"""
The tables of what staff say of people: tags and notes, and the segments that select by them.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(60), nullable=False, unique=True, doc="In lower case"),
    sqlite_autoincrement=True,
)
"""A word that people can be given."""

subscriber_tag = sa.Table(
    "subscriber_tag",
    metadata,
    sa.Column(
        "subscriber_id",
        BigId,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("tag_id", BigId, sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "tag_id", "subscriber_id"),
)
"""Who has which tag."""

note = sa.Table(
    "note",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "subscriber_id",
        BigId,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False, server_default="", doc="Who wrote it"),
    sa.Column("written_at", UtcDateTime, nullable=False),
)
"""What staff wrote down about a person. Erasure deletes it."""

segment = sa.Table(
    "segment",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(60), nullable=False, unique=True, doc="Its name in commands"),
    sa.Column("rule", sa.Text, nullable=False, doc="Whom it selects, as typed"),
    sa.Column(
        "list_id",
        BigId,
        sa.ForeignKey("mailing_list.id"),
        doc="The list whose people it is about; empty: everybody",
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""A named rule that selects people."""
