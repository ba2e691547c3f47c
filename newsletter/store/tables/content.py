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
    sa.Column(
        "kind", sa.Text, nullable=False, doc="folder, feed, wordpress, ghost, page or mailbox"
    ),
    sa.Column("location", sa.Text, nullable=False, doc="The path or address, as typed"),
    sa.Column("every_s", sa.Integer, nullable=False),
    sa.Column(
        "first_poll",
        sa.Text,
        nullable=False,
        doc="What the first poll makes of what it finds: record or new",
    ),
    sa.Column(
        "look_back_s",
        sa.Integer,
        nullable=False,
        doc="An unseen item that is dated longer ago than this is held",
    ),
    sa.Column(
        "settle_s",
        sa.Integer,
        nullable=False,
        doc="How long a brief has to be unchanged before a scheduled run takes it",
    ),
    sa.Column("timezone", sa.Text, nullable=False, doc="The zone of dates that name none"),
    sa.Column(
        "categories",
        sa.JSON,
        nullable=False,
        doc="Only items of these categories are taken; all if empty",
    ),
    sa.Column("secret", sa.Text, doc="Where its key or password is: env:NAME or file:PATH"),
    sa.Column(
        "reading",
        sa.JSON,
        nullable=False,
        doc="How items are read: prefixes, trailers, order of dates, image, full text",
    ),
    sa.Column(
        "state",
        sa.JSON,
        nullable=False,
        doc="What the source remembers between polls, in its own form",
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("first_polled_at", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("next_poll_at", UtcDateTime),
    sa.Column(
        "failures", sa.Integer, nullable=False, server_default="0", doc="Failed polls in a row"
    ),
    sa.Column(
        "is_gone",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="The server said that it is gone for good; it is polled no longer",
    ),
)
"""Where briefs come from, how often it is polled, and how its items are read."""

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column(
        "report",
        sa.JSON,
        nullable=False,
        doc="How many items were recorded, new, changed, unchanged and held, or the error",
    ),
    sa.Index("ix_poll_source_at", "source_id", "at"),
)
"""The report of each poll of a source."""

brief = sa.Table(
    "brief",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "source_name",
        sa.Text,
        nullable=False,
        doc="The source that first saw it; 'by hand' for one that a person added",
    ),
    sa.Column("key", sa.Text, nullable=False, doc="The key of its item at that source"),
    sa.Column(
        "site_key",
        sa.Text,
        unique=True,
        doc="The name of its post at every endpoint of its site",
    ),
    sa.Column(
        "content_hash", sa.Text, nullable=False, doc="Of what was read, to recognise an edit"
    ),
    sa.Column("status", sa.Text, nullable=False, doc="recorded, new, held or used"),
    sa.Column("status_reason", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "cause",
        sa.Text,
        doc="What gave it its status, where a later step depends on it: item_missing or freed",
    ),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False, doc="When its content last changed"),
    sa.Column(
        "dated_at",
        UtcDateTime,
        nullable=False,
        doc="Its own date, but never later than when it was first seen",
    ),
    sa.Column(
        "is_pinned",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="It leads the next issue that takes it",
    ),
    sa.Column(
        "fields",
        sa.JSON,
        nullable=False,
        doc="Its current values: title, body, takeaways, image and so on",
    ),
    sa.Column(
        "given",
        sa.JSON(none_as_null=True),
        doc="The values its source gave, where a person has edited some",
    ),
    sa.Column("edited", sa.JSON, nullable=False, doc="The names of the fields that a person set"),
    sa.Index("ix_brief_dated_at", "dated_at"),
)
"""A brief as it is now, with where it came from and whether an issue may take it."""

item_key = sa.Table(
    "item_key",
    metadata,
    sa.Column("source_name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column(
        "reused_for",
        sa.Text,
        primary_key=True,
        server_default="",
        doc="The address of the brief, where a source uses one key for several",
    ),
    sa.Column(
        "fallback_key",
        sa.Text,
        doc="The key without scheme and host, so that a site that moves to https has no new briefs",
    ),
    sa.Column("brief_id", sa.ForeignKey("brief.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "is_new", sa.Boolean, nullable=False, doc="The brief came after the source was added"
    ),
    sa.Index("ix_item_key_fallback_key", "source_name", "fallback_key"),
    sa.Index("ix_item_key_brief", "brief_id"),
)
"""
The keys by which a source knows a brief. One brief may come through several sources, such as a feed
and an API.
"""
