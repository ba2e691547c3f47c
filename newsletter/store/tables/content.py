"""
The tables of sources and briefs.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

source = sa.Table(
    "source",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("every_s", sa.Integer, nullable=False),
    sa.Column("first_poll", sa.Text, nullable=False),
    sa.Column("look_back_s", sa.Integer, nullable=False),
    sa.Column("settle_s", sa.Integer, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("secret", sa.Text),
    sa.Column("reading", sa.JSON, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("first_polled_at", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("next_poll_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("is_gone", sa.Boolean, nullable=False, server_default=sa.false()),
)

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Index("ix_poll_source_at", "source_id", "at"),
)

brief = sa.Table(
    "brief",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("source_name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("site_key", sa.Text, unique=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("status_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("cause", sa.Text),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("dated_at", UtcDateTime, nullable=False),
    sa.Column("is_pinned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("given", sa.JSON(none_as_null=True)),
    sa.Column("edited", sa.JSON, nullable=False),
    sa.Index("ix_brief_dated_at", "dated_at"),
)

# One brief may be seen through several sources (a site's feed and its API), under a key of each.
item_key = sa.Table(
    "item_key",
    metadata,
    sa.Column("source_name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("reused_for", sa.Text, primary_key=True, server_default=""),
    sa.Column("fallback_key", sa.Text),
    sa.Column("brief_id", sa.ForeignKey("brief.id", ondelete="CASCADE"), nullable=False),
    sa.Column("is_new", sa.Boolean, nullable=False),
    sa.Index("ix_item_key_fallback_key", "source_name", "fallback_key"),
    sa.Index("ix_item_key_brief", "brief_id"),
)
